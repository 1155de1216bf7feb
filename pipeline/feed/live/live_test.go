package live_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
	"carat/pipeline/feed/published"
)

// liveV1 is the documented event of the connector's first version, as JSON.
const liveV1 = `{"giftId":5953,"repeatCount":1,"repeatEnd":true,"groupId":"1661887131074","monitorExtra":{"anchor_id":7087613897129494000,` +
	`"to_user_id":7087613897129494000},"userId":"6813181309701719620","uniqueId":"zerodytester","userDetails":{"createTime":"0"},` +
	`"msgId":"7137749190944230150","createTime":"1661887134397","gift":{"gift_id":5953,"repeat_count":1,"repeat_end":1,"gift_type":1},` +
	`"giftType":1,"diamondCount":25,"giftName":"Nevalyashka doll","timestamp":1661887134397,"extendedGiftInfo":{},"receiverUserId":"7087613897129493510"}`

// frameV1 is a flat frame of sender u, gift 5655 and group g at second s.
func frameV1(u, g string, s, count int, end string) string {
	return fmt.Sprintf(`{"giftId":5655,"repeatCount":%d,"repeatEnd":%s,"groupId":"%s","userId":"%s","msgId":"m%s%s%d","createTime":"%d","giftType":1,"diamondCount":1,"receiverUserId":"9"}`,
		count, end, g, u, u, g, s, 1790000000000+s*1000)
}

// frameV2 is the same in an envelope of version 2, with ids as numbers.
func frameV2(u, g string, s, count, end, kind int) string {
	return fmt.Sprintf(`{"type":"WebcastGiftMessage","data":{"repeatCount":%d,"repeatEnd":%d,"comboCount":%d,"groupId":"%s","user":{"userId":%s},"toUser":{"userId":"0"},`+
		`"giftDetails":{"id":"5655","giftName":"Rose","giftType":%d,"diamondCount":5,"combo":true},"common":{"msgId":"%s%d","roomId":7137728632142843001,"createTime":"%d"}}}`,
		count, end, count, g, u, kind, u, s, 1790000000000+s*1000)
}

func envelope(messages ...string) string {
	return `{"messages":[{"type":"WebcastChatMessage","data":{"comment":"hi"}},` + strings.Join(messages, ",") + `],"timestamp":1790000000999}`
}

func liveText(r pipeline.GiftEvent) string {
	return fmt.Sprintf("%d %s %s>%s %s@%s x%d=%d %s", r.SourceLine, r.EventID, r.ViewerID, r.CreatorID, r.GiftID, r.StreamID, r.Quantity, r.Coins, r.Capture)
}

func TestLive(t *testing.T) {
	for name, c := range map[string]struct {
		lines   []string
		want    []string
		rejects []string
		counts  published.LiveCounts
	}{
		"documented": {[]string{liveV1}, []string{"1 live-6813181309701719620-5953-1661887131074-7087613897129493510 6813181309701719620>7087613897129493510 5953@room x1=25 live"}, nil,
			published.LiveCounts{Messages: 1, Frames: 1, Repeated: 0, Streaks: 1, Inferred: 0}},
		"a streak is counted once by its final state": {
			[]string{frameV1("1", "7", 0, 1, "false"), frameV1("1", "7", 1, 2, "false"), frameV1("1", "7", 2, 3, "false"), frameV1("1", "7", 3, 3, "true")},
			[]string{"4 live-1-5655-7-9 1>9 5655@room x3=3 live"}, nil, published.LiveCounts{Messages: 4, Frames: 4, Repeated: 0, Streaks: 1, Inferred: 0}},
		"a single gift arrives twice": {
			[]string{frameV1("1", "7", 0, 1, "0"), frameV1("1", "7", 0, 1, "1")},
			[]string{"2 live-1-5655-7-9 1>9 5655@room x1=1 live"}, nil, published.LiveCounts{Messages: 2, Frames: 2, Repeated: 0, Streaks: 1, Inferred: 0}},
		"streaks of one sender are kept apart": {
			[]string{frameV1("1", "7", 0, 5, "false"), frameV1("1", "8", 1, 1, "true"), frameV1("2", "7", 1, 4, "true"), frameV1("1", "7", 2, 6, "true")},
			[]string{"2 live-1-5655-8-9 1>9 5655@room x1=1 live", "3 live-2-5655-7-9 2>9 5655@room x4=4 live", "4 live-1-5655-7-9 1>9 5655@room x6=6 live"}, nil, published.LiveCounts{Messages: 4, Frames: 4, Repeated: 0, Streaks: 3, Inferred: 0}},
		"repeated frames are ignored": {
			[]string{frameV1("1", "7", 0, 1, "false"), frameV1("1", "7", 0, 1, "false"), frameV1("1", "7", 1, 2, "true"), frameV1("1", "7", 1, 2, "true"), frameV1("1", "7", 0, 1, "false")},
			[]string{"3 live-1-5655-7-9 1>9 5655@room x2=2 live"}, nil, published.LiveCounts{Messages: 5, Frames: 5, Repeated: 3, Streaks: 1, Inferred: 0}},
		"a lost end is inferred": {
			[]string{frameV1("1", "7", 0, 1, "false"), frameV1("1", "7", 1, 4, "false"), frameV1("2", "7", 2, 1, "false")},
			[]string{"2 live-1-5655-7-9 1>9 5655@room x4=4 live_inferred", "3 live-2-5655-7-9 2>9 5655@room x1=1 live_inferred"}, nil, published.LiveCounts{Messages: 3, Frames: 3, Repeated: 0, Streaks: 2, Inferred: 2}},
		"silence settles, the late end changes nothing": {
			[]string{frameV1("1", "7", 0, 4, "false"), frameV1("2", "7", 100, 1, "false"), frameV1("1", "7", 101, 4, "true"), frameV1("2", "7", 102, 2, "true")},
			[]string{"1 live-1-5655-7-9 1>9 5655@room x4=4 live_inferred", "4 live-2-5655-7-9 2>9 5655@room x2=2 live"}, nil, published.LiveCounts{Messages: 4, Frames: 4, Repeated: 1, Streaks: 2, Inferred: 1}},
		"frames out of order": {
			[]string{frameV1("1", "7", 2, 3, "false"), frameV1("1", "7", 1, 2, "false"), frameV1("1", "7", 3, 1, "true")},
			[]string{"1 live-1-5655-7-9 1>9 5655@room x3=3 live"}, nil, published.LiveCounts{Messages: 3, Frames: 3, Repeated: 0, Streaks: 1, Inferred: 0}},
		"version 2, several messages on a line, other types count at once": {
			[]string{envelope(frameV2("12345678901234567891", "7", 0, 2, 0, 1), frameV2("2", "0", 1, 3, 0, 2)), envelope(frameV2("12345678901234567891", "7", 2, 10, 1, 1), frameV2("2", "0", 1, 3, 0, 2)),
				`{"type":"WebcastGiftMessage","data":` + strings.TrimSuffix(strings.TrimPrefix(frameV2("3", "0", 4, 1, 1, 4), `{"type":"WebcastGiftMessage","data":`), "}") + "}"},
			[]string{"1 live-21 2>host 5655@7137728632142843001 x3=15 live", "2 live-12345678901234567891-5655-7-host 12345678901234567891>host 5655@7137728632142843001 x10=50 live",
				"3 live-34 3>host 5655@7137728632142843001 x1=5 live"}, nil, published.LiveCounts{Messages: 7, Frames: 5, Repeated: 1, Streaks: 1, Inferred: 0}},
		"what can't be counted is rejected": {
			[]string{`{"giftId":1`, strings.Replace(frameV1("1", "7", 0, 1, "true"), `"repeatCount":1`, `"repeatCount":1.5`, 1), strings.Replace(frameV1("1", "7", 0, 1, "true"), `"giftType":1,`, "", 1),
				strings.Replace(frameV1("1", "7", 0, 1, "true"), `"diamondCount":1`, `"x":1`, 1), strings.Replace(frameV1("1", "8", 0, 1, "true"), `"createTime":"1790000000000"`, `"createTime":"1790000000"`, 1),
				strings.Replace(frameV1("1", "9", 0, 1, "true"), `"userId":"1"`, `"userId":"0"`, 1), strings.Replace(frameV1("1", "9", 0, 999, "true"), `"diamondCount":1`, `"diamondCount":999999999999999999`, 1),
				strings.Replace(frameV1("1", "6", 0, 1, "true"), `"userId":"1"`, `"userId":1e3`, 1)},
			nil, []string{
				`room.ndjson:1  bad_json "{\"giftId\":1": expected one JSON object on the line`,
				`room.ndjson:2 quantity not_a_number "1.5": expected repeatCount, a whole number, at least 1`,
				`room.ndjson:3  missing "": expected giftType`,
				`room.ndjson:4 coins missing "": expected a whole number, at least 0`,
				`room.ndjson:5 sent_at out_of_range "1790000000": expected milliseconds of a time from 2000 to 2099`,
				`room.ndjson:6 viewer_id missing "": expected the sender's userId`,
				`room.ndjson:7 coins out_of_range "999999999999999999 x 999": expected a whole number, at least 0`,
				`room.ndjson:8 viewer_id bad_id "1e3": expected an id of 1 to 128 bytes without control characters`,
			}, published.LiveCounts{Messages: 7, Frames: 7, Repeated: 0, Streaks: 3, Inferred: 0}},
	} {
		for _, size := range []int{1, 300, 0} {
			out := feedtest.Read[pipeline.GiftEvent](t, "room.ndjson", []byte(strings.Join(c.lines, "\n")), func(o *feed.Options) {
				o.BlockBytes, o.LiveCreator = size, "host"
				if strings.HasPrefix(name, "silence") {
					o.LiveSilence = 30 * time.Second
				}
			})
			if out.Err != nil {
				t.Errorf("%s: %v", name, out.Err)
				continue
			}
			var got []string
			for _, r := range out.Rows {
				got = append(got, liveText(r))
				if r.Diamonds != 0 || r.Kind != "gift" || r.SentAt%1000 != 0 {
					t.Errorf("%s: %+v", name, r)
				}
			}
			if !slices.Equal(got, c.want) || !slices.Equal(feedtest.Texts(out.Rejects), c.rejects) {
				t.Errorf("%s, blocks of %d:\n got %q\nwant %q\nrejects %q\n   want %q", name, size, got, c.want, feedtest.Texts(out.Rejects), c.rejects)
			}
			if *out.Report.Live != c.counts {
				t.Errorf("%s: counts %+v, want %+v", name, *out.Report.Live, c.counts)
			}
		}
	}
}

// A recording that was made again, or cut elsewhere, gives the same events.
func TestLiveIdsAreStable(t *testing.T) {
	whole := []string{frameV1("1", "7", 0, 1, "false"), frameV1("1", "7", 1, 2, "false"), frameV1("1", "7", 2, 2, "true")}
	a := feedtest.Read[pipeline.GiftEvent](t, "room.ndjson", []byte(strings.Join(whole, "\n")), nil)
	b := feedtest.Read[pipeline.GiftEvent](t, "room.ndjson", []byte(whole[2]), nil)
	if len(a.Rows) != 1 || len(b.Rows) != 1 {
		t.Fatal(a, b)
	}
	a.Rows[0].SourceLine = b.Rows[0].SourceLine
	if a.Rows[0] != b.Rows[0] {
		t.Errorf("%+v\n%+v", a.Rows[0], b.Rows[0])
	}
}

// The fields that the live reader looks for are those of the documented event.
func TestLiveFieldsAreDocumented(t *testing.T) {
	path := filepath.Join(feedtest.SamplesFolder(t), "tiktok-gifts", "TikTok-Live-Connector", "README-gift-event.json5")
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

func FuzzLive(f *testing.F) {
	feedtest.AddSamples(f, "tiktok-gifts/TikTok-Live-Connector/*")
	f.Add([]byte(liveV1 + "," + frameV1("1", "7", 0, 1, "false") + "\n]"))
	f.Add([]byte(liveV1 + "\n" + frameV1("1", "7", 0, 1, "false") + "\n" + envelope(frameV2("2", "0", 1, 3, 0, 2), frameV2("1", "7", 2, 2, 1, 1))))
	f.Fuzz(func(t *testing.T, content []byte) {
		feedtest.CheckIdentity[pipeline.GiftEvent](t, "gift_events.ndjson", append([]byte("{\"messages\":[]}\n"), content...))
		feedtest.CheckIdentity[pipeline.GiftEvent](t, "gift_events.json", append([]byte("[{\"messages\":[]},"), content...))
	})
}
