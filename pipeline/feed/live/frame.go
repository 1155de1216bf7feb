package live

import (
	"errors"

	"carat/pipeline/feed/lex"
)

// frameField is a value of a gift message that carat needs. Its spellings
// differ between versions of the connector.
type frameField uint8

const (
	frameSender frameField = iota
	frameReceiver
	frameGift
	frameGiftType
	frameCombo
	framePrice
	frameCount
	frameEnd
	frameGroup
	frameMessage
	frameRoom
	frameTime
	frameFields
)

// spelling is where a field may stand; the first that is there counts.
type spelling struct {
	field frameField
	rank  uint8 // 1 is tried first
}

// The layouts of the recorders: TikTok-Live-Connector, the flat one of version 1
// and the data of a message of version 2; TikTokLive (Python), whose fields are
// those of the message in camelCase or snake_case, and nested in gift before
// version 5; gotiktoklive, in Go's spelling. Numbers inside monitorExtra lost
// precision and are never read. Who received a gift, the host or a guest, stands
// in one of many places, which generations of the messages fill differently.
func frameSpellings() map[string]spelling {
	paths := map[string]spelling{}
	for field, names := range map[frameField][]string{
		frameSender: {"userId", "user.userId", "user.id", "user.idStr", "user.user_id", "user.id_str", "fromUser.id", "from_user.id", "User.ID"},
		frameReceiver: {"receiverUserId", "toUser.userId", "toUser.id", "toUserId", "userGiftReciever.userId", "to_user.user_id", "to_user.id",
			"to_user_id", "user_gift_reciever.user_id", "ToUserID", "receiver_user_id", "toUser.idStr", "toUser.user_id", "toUser.id_str", "to_user.id_str", "ToUser.ID",
			"userGiftReciever.user_id", "giftExtra.toUserId", "giftExtra.to_user_id", "gift_extra.to_user_id", "monitorInfo.toUserId", "monitorInfo.to_user_id",
			"monitor_info.to_user_id", "toMemberIdInt", "to_member_id_int", "toMemberId", "to_member_id"},
		frameGift: {"giftId", "giftDetails.id", "gift.gift_id", "gift.id", "gift_id", "gift_details.id", "gift.giftId", "mGift.id", "m_gift.id"},
		frameGiftType: {"giftType", "giftDetails.giftType", "gift.gift_type", "gift.type", "gift_type", "gift_details.gift_type", "gift.giftType",
			"mGift.type", "m_gift.type", "Type"},
		frameCombo: {"giftDetails.combo", "gift.combo", "gift_details.combo", "mGift.combo", "m_gift.combo"},
		framePrice: {"diamondCount", "giftDetails.diamondCount", "extendedGiftInfo.diamond_count", "gift.diamondCount", "gift.diamond_count",
			"gift_details.diamond_count", "mGift.diamondCount", "m_gift.diamond_count", "gift.extended_gift.diamond_count", "gift.extendedGift.diamondCount", "Diamonds"},
		frameCount:   {"repeatCount", "gift.repeat_count", "repeat_count", "gift.repeatCount", "RepeatCount"},
		frameEnd:     {"repeatEnd", "gift.repeat_end", "repeat_end", "gift.repeatEnd", "RepeatEnd"},
		frameGroup:   {"groupId", "group_id", "GroupID"},
		frameMessage: {"msgId", "common.msgId", "common.msg_id", "MessageID"},
		frameRoom:    {"roomId", "common.roomId", "common.room_id", "room_id", "RoomID"},
		frameTime:    {"createTime", "common.createTime", "common.create_time", "create_time", "timestamp", "Timestamp"},
	} {
		for i, name := range names {
			paths[name] = spelling{field, uint8(i + 1)}
		}
	}
	// ID alone is a gift's only beside a count: others of its events have one too.
	paths["ID"] = spelling{frameGift, bareID}
	return paths
}

// bareID is the rank of a gift's id that is called ID.
const bareID = 100

// frame is one gift message.
type frame struct {
	values [frameFields]lex.Value
	rank   [frameFields]uint8
	line   int64
}

func (f *frame) text(field frameField) []byte { return f.values[field].Text }

// frameReader finds the gift messages of a recording's lines.
type frameReader struct {
	spellings map[string]spelling
	groups    map[string]bool // objects that hold some of the fields
	path      []byte
}

func newFrameReader() *frameReader {
	r := &frameReader{spellings: frameSpellings(), groups: map[string]bool{}}
	for path := range r.spellings {
		for i, b := range []byte(path) {
			if b == '.' {
				r.groups[path[:i]] = true
			}
		}
	}
	return r
}

// giftMessages are what the recorders call a gift message.
var giftMessages = map[string]bool{"WebcastGiftMessage": true, "gift": true, "GiftEvent": true, "GiftMessage": true}

// read calls take for each gift message of the line's object. An error other
// than take's is errJSON. messages counts those of any type.
func (r *frameReader) read(s *lex.JSON, line int64, messages *int64, take func(*frame) error) error {
	whole := s.Pos
	flat, envelope := true, lex.Value{}
	var spans []int // of the messages in data
	err := s.Object(func(key []byte) error {
		switch string(key) {
		case "messages":
			flat = false
			return s.Array(func() error {
				s.Space()
				spans = append(spans, s.Pos)
				return s.Skip(0)
			})
		case "timestamp":
			v, err := s.Value()
			envelope = v
			return err
		case "data":
			if s.Peek() == '{' { // one message by itself: {"type" or "event", "data"}
				flat = false
				spans = append(spans, whole)
			}
		}
		return s.Skip(0)
	})
	if err == nil && s.Peek() != 0 {
		err = lex.ErrJSON
	}
	if err != nil {
		return err
	}
	if flat {
		spans = append(spans, whole)
	}
	for _, start := range spans {
		*messages++
		f := &frame{line: line}
		one := lex.JSON{Data: s.Data, Pos: start, Room: s.Room}
		var isGift bool
		if flat {
			err = r.fields(&one, f, "")
			isGift = f.rank[frameGift] > 0 && f.rank[frameGift] != bareID || f.rank[frameCount] > 0
		} else {
			isGift, err = r.message(&one, f)
		}
		if err != nil {
			return err
		}
		if !isGift {
			continue
		}
		if empty(f.text(frameTime)) {
			f.values[frameTime] = envelope
		}
		if err := take(f); err != nil {
			return err
		}
	}
	return nil
}

// message reads {"type", "data"}; messages that are not about gifts are passed.
func (r *frameReader) message(s *lex.JSON, f *frame) (isGift bool, err error) {
	data := -1
	if s.Peek() != '{' {
		return false, s.Skip(0)
	}
	err = s.Object(func(key []byte) error {
		switch string(key) {
		case "type", "event", "method":
			v, err := s.Value()
			isGift = isGift || giftMessages[string(v.Text)]
			return err
		case "data":
			s.Space()
			data = s.Pos
		}
		return s.Skip(0)
	})
	if err != nil || !isGift || data < 0 {
		return isGift && data >= 0, err
	}
	s.Pos = data
	if s.Peek() != '{' {
		return true, nil // a frame without fields is rejected for what it lacks
	}
	return true, r.fields(s, f, "")
}

// fields reads the values of an object, and of the groups inside it.
func (r *frameReader) fields(s *lex.JSON, f *frame, group string) error {
	return s.Object(func(key []byte) error {
		r.path = append(append(r.path[:0], group...), key...)
		if s.Peek() == '{' && r.groups[string(r.path)] {
			return r.fields(s, f, string(r.path)+".")
		}
		where, known := r.spellings[string(r.path)]
		if !known {
			return s.Skip(0)
		}
		v, err := s.Value()
		if err != nil {
			return err
		}
		if old := f.rank[where.field]; !empty(v.Text) && (old == 0 || where.rank < old) {
			f.values[where.field], f.rank[where.field] = v, where.rank
		}
		return nil
	})
}

// empty says whether an id or a time is absent: the messages write 0 for it.
func empty(text []byte) bool { return len(text) == 0 || string(text) == "0" }

// isEnd says whether the frame is the last of its streak.
func (f *frame) isEnd() bool {
	end := f.text(frameEnd)
	return string(end) == "1" || string(end) == "true"
}

var errNoGiftType = errors.New("no gift type")

// isStreakable says whether the gift is one that is sent in streaks.
func (f *frame) isStreakable() (bool, error) {
	if t := f.text(frameGiftType); len(t) > 0 {
		return string(t) == "1", nil
	}
	if c := f.text(frameCombo); len(c) > 0 {
		return string(c) == "true" || string(c) == "1", nil
	}
	return false, errNoGiftType
}
