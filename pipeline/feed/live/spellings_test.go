package live_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// The same two gifts in every recorder's spelling: a streak of three Roses to
// creator 9 that arrives in three frames, and a Galaxy that comes at once.
var liveSpellings = map[string][]string{
	"TikTokLive, camel case": {
		`{"common":{"method":"WebcastChatMessage","msgId":"1"},"user":{"id":"7"},"content":"hi"}`,
		`{"common":{"msgId":"11","roomId":"55","createTime":"1790000000000"},"giftId":5655,"repeatCount":1,"comboCount":1,"groupCount":1,"user":{"id":"7","idStr":"7"},"toUser":{"id":"9"},"groupId":"77","gift":{"id":"5655","name":"Rose","type":1,"combo":true,"diamondCount":1}}`,
		`{"common":{"msgId":"12","roomId":"55","createTime":"1790000001000"},"giftId":5655,"repeatCount":3,"comboCount":3,"groupCount":1,"user":{"id":"7"},"toUser":{"id":"9"},"groupId":"77","gift":{"id":"5655","name":"Rose","type":1,"combo":true,"diamondCount":1}}`,
		`{"common":{"msgId":"13","roomId":"55","createTime":"1790000002000"},"giftId":5655,"repeatCount":3,"repeatEnd":1,"user":{"id":"7"},"toUser":{"id":"9"},"groupId":"77","gift":{"id":"5655","name":"Rose","type":1,"combo":true,"diamondCount":1}}`,
		`{"common":{"msgId":"14","roomId":"55","createTime":"1790000003000"},"giftId":11046,"repeatCount":1,"user":{"id":"7"},"toUser":{"id":"9"},"gift":{"id":"11046","name":"Galaxy","type":2,"diamondCount":1000}}`,
	},
	"TikTokLive, snake case": {
		`{"common":{"msg_id":12,"room_id":55,"create_time":1790000001000},"gift_id":5655,"repeat_count":3,"combo_count":3,"repeat_end":0,"user":{"id":7},"to_user":{"id":9},"group_id":77,"order_id":"","send_type":1,"gift":{"id":5655,"type":1,"diamond_count":1}}`,
		`{"common":{"msg_id":13,"room_id":55,"create_time":1790000002000},"gift_id":5655,"repeat_count":3,"repeat_end":1,"user":{"id":7},"to_user":{"id":9},"group_id":77,"gift":{"id":5655,"type":1,"diamond_count":1}}`,
		`{"common":{"msg_id":14,"room_id":55,"create_time":1790000003000},"gift_id":11046,"repeat_count":1,"repeat_end":0,"user":{"id":7},"to_user":{"id":9},"m_gift":{"id":11046,"type":2,"diamond_count":1000}}`,
	},
	"TikTokLive before version 5": {
		`{"user":{"user_id":7},"to_user":{"user_id":9},"group_id":77,"common":{"msg_id":12,"room_id":55,"create_time":1790000001000},"gift":{"gift_id":5655,"gift_type":1,"repeat_count":2,"repeat_end":0,"extended_gift":{"name":"Rose","diamond_count":1}},"repeat_end":0}`,
		`{"user":{"user_id":7},"to_user":{"user_id":9},"group_id":77,"common":{"msg_id":13,"room_id":55,"create_time":1790000002000},"gift":{"gift_id":5655,"gift_type":1,"repeat_count":3,"repeat_end":1,"extended_gift":{"name":"Rose","diamond_count":1}},"repeat_end":1}`,
		`{"user":{"user_id":7},"to_user":{"user_id":9},"common":{"msg_id":14,"room_id":55,"create_time":1790000003000},"gift":{"gift_id":11046,"gift_type":2,"repeat_count":1,"extended_gift":{"diamond_count":1000}},"repeat_end":0}`,
	},
	"gotiktoklive": {
		`{"MessageID":10,"Timestamp":1790000000000,"Comment":"hi","User":{"ID":7,"Username":"u"}}`,
		`{"MessageID":99,"Timestamp":1790000000000,"ID":4,"Title":"an intro, which has an ID too","User":{"ID":7}}`,
		`{"MessageID":11,"Timestamp":1790000000000,"ID":5655,"Name":"Rose","Describe":"sent Rose","Diamonds":1,"RepeatCount":1,"RepeatEnd":false,"Type":1,"ToUserID":9,"GroupID":77,"RoomID":55,"User":{"ID":7,"Username":"u"}}`,
		`{"MessageID":12,"Timestamp":1790000001000,"ID":5655,"Name":"Rose","Diamonds":1,"RepeatCount":3,"RepeatEnd":false,"Type":1,"ToUserID":9,"GroupID":77,"RoomID":55,"User":{"ID":7}}`,
		`{"MessageID":13,"Timestamp":1790000002000,"ID":5655,"Name":"Rose","Diamonds":1,"RepeatCount":3,"RepeatEnd":true,"Type":1,"ToUserID":9,"GroupID":77,"RoomID":55,"User":{"ID":7}}`,
		`{"MessageID":14,"Timestamp":1790000003000,"ID":11046,"Name":"Galaxy","Diamonds":1000,"RepeatCount":1,"RepeatEnd":false,"Type":2,"ToUserID":9,"RoomID":55,"User":{"ID":7}}`,
	},
	"wrapped by a recorder": {
		`{"event":"chat","data":{"comment":"hi"}}`,
		`{"event":"gift","data":{"giftId":5655,"repeatCount":3,"repeatEnd":true,"groupId":"77","userId":"7","msgId":"13","roomId":"55","createTime":"1790000002000","giftType":1,"diamondCount":1,"receiverUserId":"9"}}`,
		`{"event":"gift","data":{"giftId":11046,"repeatCount":1,"userId":"7","msgId":"14","roomId":"55","createTime":"1790000003000","giftType":2,"diamondCount":1000,"receiverUserId":"9"}}`,
	},
}

func TestLiveSpellings(t *testing.T) {
	want := []string{"live-7-5655-77-9 7>9 5655@55 x3=3 live 1790000002", "live-14 7>9 11046@55 x1=1000 live 1790000003"}
	for name, lines := range liveSpellings {
		// Found by content, without a feed's name.
		out := feedtest.Read[pipeline.GiftEvent](t, "recording.jsonl", []byte(strings.Join(lines, "\n")), nil)
		var got []string
		for _, r := range out.Rows {
			_, text, _ := strings.Cut(liveText(r), " ")
			got = append(got, text+" "+pipeline.Amount(r.SentAt).String())
		}
		if out.Err != nil || out.Report.Format.Name != "tiktok-live" || !slices.Equal(got, want) || len(out.Rejects) != 0 || out.Report.Live.Streaks != 1 || out.Report.Live.Inferred != 0 {
			t.Errorf("%s: %v %s\n got %q\nwant %q\nrejects %q", name, out.Err, out.Report.Format, got, want, feedtest.Texts(out.Rejects))
		}
		path := filepath.Join(t.TempDir(), "recording")
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		if format, err := feed.Recognise(path, ""); err != nil || format.Name != "tiktok-live" || format.Feed != "gift_events" {
			t.Errorf("%s is %s, gives %s: %v", name, format, format.Feed, err)
		}
	}
}
