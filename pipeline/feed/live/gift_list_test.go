package live_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

func giftText(r pipeline.GiftPrice) string {
	return fmt.Sprintf("%d %s %q %d", r.SourceLine, r.GiftID, r.Name, r.Coins)
}

func TestGiftList(t *testing.T) {
	list := `{
  "5655": {"id": 5655, "name": "Rose", "image": "x", "diamondCost": 1, "properties": {"a": [1]}},
  "5237": {"id": "5237", "name": "", "diamond_count": 222},
  "6369": {"diamondCount": 29999, "name": "Li\u006fn"},
  "7": {"id": 8, "diamondCost": 1},
  "9": {"id": 9, "name": "Free"},
  "10": {"id": 10, "name": "Half", "diamondCost": 0.5},
  "11": [1],
  "5655": {"name": "Rose", "diamondCost": 1}
}`
	out := feedtest.Read[pipeline.GiftPrice](t, "gifts.json", []byte(list), nil)
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	var got []string
	for _, r := range out.Rows {
		got = append(got, giftText(r))
		if r.ValidFrom != feedtest.Micros("2000-01-01T00:00:00Z") || r.ValidTo != nil || r.AccountingMonth != "2000-01" {
			t.Errorf("%+v", r)
		}
	}
	if want := []string{`2 5655 "Rose" 1`, `3 5237 "gift 5237" 222`, `4 6369 "Lion" 29999`}; !slices.Equal(got, want) {
		t.Errorf("rows %q", got)
	}
	wantRejects := []string{
		`gifts.json:5 gift_id bad_id "8": expected the id that the entry is filed under, "7"`,
		`gifts.json:6 coins missing "": expected a whole number, at least 0`,
		`gifts.json:7 coins not_a_number "0.5": expected a whole number, at least 0`,
		`gifts.json:8  wrong_type "[1]": expected an object with id, name and diamondCost`,
		`gifts.json:9 gift_id bad_id "5655": expected each gift once in the list`,
	}
	if !slices.Equal(feedtest.Texts(out.Rejects), wantRejects) {
		t.Errorf("rejects %q", feedtest.Texts(out.Rejects))
	}
	dated := feedtest.Read[pipeline.GiftPrice](t, "gifts.json", []byte(`[{"id": 1, "name": "a", "diamondCost": 3}]`), func(o *feed.Options) {
		o.GiftValidFrom = feedtest.Micros("2026-05-01T00:00:00.5Z")
	})
	if dated.Err != nil || dated.Rows[0].ValidFrom != feedtest.Micros("2026-05-01T00:00:00.5Z") || dated.Rows[0].AccountingMonth != "2026-05" {
		t.Errorf("%+v", dated)
	}
	broken := feedtest.Read[pipeline.GiftPrice](t, "gifts.json", []byte("{\n\"1\": {\"id\": 1, \"diamondCost\": 1},\n\"2\": {"), nil)
	if broken.Err == nil || broken.Err.Error() != "read gifts.json:3: broken JSON; fetch the list again" {
		t.Errorf("%v", broken.Err)
	}
}

func TestGiftListSample(t *testing.T) {
	path := filepath.Join(feedtest.SamplesFolder(t), "tiktok-gifts", "GiftsGenerator", "gifts.json")
	out := feedtest.ReadPath[pipeline.GiftPrice](t, path, nil)
	if out.Err != nil || len(out.Rejects) != 0 || len(out.Rows) != 931 {
		t.Fatalf("%d rows, %d rejects, %v", len(out.Rows), len(out.Rejects), out.Err)
	}
	prices := map[string]string{}
	for _, r := range out.Rows {
		prices[r.GiftID] = fmt.Sprintf("%s %d", r.Name, r.Coins)
	}
	for id, want := range map[string]string{"5269": "TikTok 1", "37": "Panda 5", "5237": "gift 5237 222", "5655": "Rose 1"} {
		if prices[id] != want {
			t.Errorf("gift %s is %q, want %q", id, prices[id], want)
		}
	}
}

func FuzzGiftList(f *testing.F) {
	feedtest.AddSamples(f, "tiktok-gifts/GiftsGenerator/*.json")
	f.Add([]byte(`"2":{"id":2,"name":"a","diamondCost":3}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		feedtest.CheckIdentity[pipeline.GiftPrice](t, "gifts.json", append([]byte(`{"1":{"id":1,"diamondCost":3},`), content...))
	})
}

func TestGiftListSpellings(t *testing.T) {
	want := []string{`1 5655 "Rose" 1`, `1 6369 "Lion" 29999`}
	for _, text := range []string{
		`{"data":{"gifts":[{"id":5655,"name":"Rose","diamond_count":1,"image":{"url":"x"}},{"id":6369,"name":"Lion","diamond_count":29999}],"next":null},"status_code":0}`,
		`{"extra":{"now":1},"data":{"pages":[{"page_name":"a","gifts":[{"id":5655,"name":"Rose","diamond_count":1}]},{"gifts":[{"id":6369,"name":"Lion","diamond_count":29999}]}]}}`,
		`[{"giftId":5655,"giftName":"Rose","diamondCount":1},{"giftId":"6369","giftName":"Lion","diamondCount":29999}]`,
		`{"Gifts":[{"ID":5655,"Name":"Rose","DiamondCount":1},{"ID":6369,"Name":"Lion","DiamondCount":29999}]}`,
		`{"gifts":[{"gift_id":5655,"name":"Rose","diamond_cost":1},{"gift_id":6369,"name":"Lion","diamond_cost":29999}]}`,
		`{"5655":{"id":5655,"name":"Rose","diamondCost":1},"6369":{"id":6369,"name":"Lion","diamondCost":29999}}`,
	} {
		out := feedtest.Read[pipeline.GiftPrice](t, "gifts.json", []byte(text), nil)
		var got []string
		for _, r := range out.Rows {
			got = append(got, giftText(r))
		}
		if out.Err != nil || !slices.Equal(got, want) || out.Report.Format.Name != "gift-list" {
			t.Errorf("%s\n%v %s %q", text, out.Err, out.Report.Format, got)
		}
	}
}
