package live_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// giftTo is a gift of viewer 7 whose message says its receiver in a place.
func giftTo(message int, place string) string {
	return fmt.Sprintf(`{"type":"WebcastGiftMessage","data":{"common":{"msgId":"%d","roomId":"55","createTime":"179000000%04d"},"giftId":8913,"repeatCount":2,"user":{"userId":"7"},`+
		`"giftDetails":{"id":"8913","giftType":2,"diamondCount":30}%s}}`, message, message, place)
}

// A gift is its receiver's, the host's or a guest's, wherever the message says
// who that is; the host of the recording receives only what names nobody.
func TestLiveReceivers(t *testing.T) {
	named := []string{
		`,"giftExtra":{"anchorId":"501","toUserId":"602"}`, `,"gift_extra":{"anchor_id":"501","to_user_id":"602"}`,
		`,"monitorInfo":{"anchorId":"501","toUserId":"602"}`, `,"monitor_info":{"to_user_id":"602"}`,
		`,"toMemberIdInt":"602"`, `,"to_member_id_int":602`, `,"toMemberId":"602"`, `,"toUserId":"602"`,
		`,"toUser":{"userId":"602","nickname":"guest"}`, `,"toUser":{"idStr":"602"}`, `,"to_user":{"id":602}`, `,"receiverUserId":"602"`,
		`,"userGiftReciever":{"userId":"602"}`,
		`,"toUser":{"userId":"0"},"toMemberIdInt":"0","giftExtra":{"toUserId":"602"}`, // 0 names nobody
		`,"giftExtra":{"toUserId":"602"},"monitorExtra":{"to_user_id":602000000000000000}`,
	}
	unnamed := []string{"", `,"toUser":{"userId":"0"}`, `,"giftExtra":{"anchorId":"501","toUserId":"0"},"toMemberIdInt":"0"`, `,"monitorExtra":{"to_user_id":602}`}
	var lines []string
	for i, place := range append(slices.Clone(named), unnamed...) {
		lines = append(lines, giftTo(i+1, place))
	}
	read := func(host string) feedtest.Outcome[pipeline.GiftEvent] {
		return feedtest.Read[pipeline.GiftEvent](t, "room.ndjson", []byte(strings.Join(lines, "\n")), func(o *feed.Options) { o.LiveCreator = host })
	}
	out := read("501")
	if out.Err != nil || len(out.Rejects) != 0 || len(out.Rows) != len(lines) {
		t.Fatal(out.Err, feedtest.Texts(out.Rejects))
	}
	for i, r := range out.Rows {
		want := "602"
		if i >= len(named) {
			want = "501"
		}
		if r.CreatorID != want || r.Coins != 60 {
			t.Errorf("%s: %d coins to %s, want 60 to %s", lines[i], r.Coins, r.CreatorID, want)
		}
	}
	// Without a host, what names its receiver is read all the same.
	out = read("")
	if out.Err != nil || len(out.Rows) != len(named) || len(out.Rejects) != len(unnamed) {
		t.Errorf("without a host: %v, %d rows, %q", out.Err, len(out.Rows), feedtest.Texts(out.Rejects))
	}
}

// A recording that was kept as a JSON array is that of its elements, however it
// is laid out.
func TestLiveArray(t *testing.T) {
	lines := []string{frameV1("1", "7", 0, 1, "false"), frameV1("1", "7", 1, 4, "false"), giftTo(9, `,"toUserId":"602"`), frameV1("1", "7", 2, 4, "true")}
	want := []string{"live-9 7>602 8913@55 x2=60 live", "live-1-5655-7-9 1>9 5655@room x4=4 live"}
	spread := strings.NewReplacer("{", "{\n  ", ",\"", ",\n  \"", "}", "\n}")
	for name, text := range map[string]string{
		"on lines":      "[\n" + strings.Join(lines, ",\n") + "\n]\n",
		"without lines": "[" + strings.Join(lines, ",") + "]",
		"spread":        "[\n" + spread.Replace(strings.Join(lines, ",\n")) + "\n]",
		"behind talk":   `[{"type":"WebcastChatMessage","comment":"hi, [you]"},` + strings.Join(lines, ",") + "]",
		"of envelopes":  "[" + envelope(lines[2]) + "," + lines[0] + "," + lines[1] + "," + lines[3] + "]",
	} {
		for _, name2 := range []string{"room.json", "gift_events-room.json"} {
			out := feedtest.Read[pipeline.GiftEvent](t, name2, []byte(text), func(o *feed.Options) { o.LiveStream, o.BlockBytes = "room", 64 })
			var got []string
			for _, r := range out.Rows {
				_, row, _ := strings.Cut(liveText(r), " ")
				got = append(got, row)
			}
			if out.Err != nil || out.Report.Format.Name != "tiktok-live" || len(out.Rejects) != 0 || !slices.Equal(got, want) {
				t.Errorf("%s: %v %s %q\n got %q\nwant %q", name, out.Err, out.Report.Format, feedtest.Texts(out.Rejects), got, want)
			}
		}
	}
	packed := feedtest.Read[pipeline.GiftEvent](t, "room.json.gz", feedtest.Gzipped(t, "["+strings.Join(lines, ",\n")+"]"), nil)
	if packed.Err != nil || len(packed.Rows) != 2 || packed.Rows[1].SourceLine != 4 {
		t.Errorf("packed: %v %+v", packed.Err, packed.Rows)
	}
	cut := feedtest.Read[pipeline.GiftEvent](t, "room.json", []byte("["+strings.Join(lines, ",\n")), nil)
	if want := "read room.json:4: a JSON array that ends in the middle; fetch the file again"; cut.Err == nil || cut.Err.Error() != want {
		t.Errorf("cut: %v", cut.Err)
	}
}

// The published inputs of both.
func TestLiveCases(t *testing.T) {
	for _, host := range []string{"77", ""} {
		guest := feedtest.ReadPath[pipeline.GiftEvent](t, feedtest.CaseFile(t, "04-live-gift-to-guest/C2-live-v2.ndjson"), func(o *feed.Options) { o.LiveCreator = host })
		if guest.Err != nil || len(guest.Rows) != 2 || guest.Rows[0].CreatorID != "77" || guest.Rows[1].CreatorID != "88" || guest.Rows[1].Coins != 500 {
			t.Errorf("04: %v %+v", guest.Err, guest.Rows)
		}
	}
	array := feedtest.ReadPath[pipeline.GiftEvent](t, feedtest.CaseFile(t, "27-live-array/65-live-array.json"), nil)
	if array.Err != nil || len(array.Rows) != 1 || array.Rows[0].Coins != 1 {
		t.Errorf("27: %v %+v", array.Err, array.Rows)
	}
}
