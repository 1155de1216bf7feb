package feed

import (
	"bytes"
	"errors"
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

// Both layouts of TikTok-Live-Connector: the flat one of version 1, and the
// data of a message of version 2. Numbers inside monitorExtra lost precision
// and are never read.
func frameSpellings() map[string]spelling {
	paths := map[string]spelling{}
	for field, names := range map[frameField][]string{
		frameSender:   {"userId", "user.userId", "user.id"},
		frameReceiver: {"receiverUserId", "toUser.userId", "toUser.id", "toUserId", "userGiftReciever.userId"},
		frameGift:     {"giftId", "giftDetails.id", "gift.gift_id", "gift.id"},
		frameGiftType: {"giftType", "giftDetails.giftType", "gift.gift_type"},
		frameCombo:    {"giftDetails.combo"},
		framePrice:    {"diamondCount", "giftDetails.diamondCount", "extendedGiftInfo.diamond_count"},
		frameCount:    {"repeatCount", "gift.repeat_count"},
		frameEnd:      {"repeatEnd", "gift.repeat_end"},
		frameGroup:    {"groupId"},
		frameMessage:  {"msgId", "common.msgId"},
		frameRoom:     {"roomId", "common.roomId"},
		frameTime:     {"createTime", "common.createTime", "timestamp"},
	} {
		for i, name := range names {
			paths[name] = spelling{field, uint8(i + 1)}
		}
	}
	return paths
}

// frame is one gift message.
type frame struct {
	values [frameFields]jsonValue
	rank   [frameFields]uint8
	line   int64
}

func (f *frame) text(field frameField) []byte { return f.values[field].text }

// frameReader finds the gift messages of a recording's lines.
type frameReader struct {
	spellings map[string]spelling
	groups    map[string]bool // objects that hold some of the fields
	path      []byte
}

func newFrameReader() *frameReader {
	r := &frameReader{spellings: frameSpellings(), groups: map[string]bool{}}
	for path := range r.spellings {
		if group, _, nested := bytes.Cut([]byte(path), []byte{'.'}); nested {
			r.groups[string(group)] = true
		}
	}
	return r
}

const giftMessage = "WebcastGiftMessage"

// read calls take for each gift message of the line's object. An error other
// than take's is errJSON. messages counts those of any type.
func (r *frameReader) read(s *jsonScanner, line int64, messages *int64, take func(*frame) error) error {
	whole := s.pos
	flat, envelope := true, jsonValue{}
	var spans []int // of the messages in data
	err := s.object(func(key []byte) error {
		switch string(key) {
		case "messages":
			flat = false
			return s.array(func() error {
				s.space()
				spans = append(spans, s.pos)
				return s.skip(0)
			})
		case "timestamp":
			v, err := s.value()
			envelope = v
			return err
		case "data":
			if s.peek() == '{' { // one message by itself: {"type", "data"}
				flat = false
				spans = append(spans, whole)
			}
		}
		return s.skip(0)
	})
	if err == nil && s.peek() != 0 {
		err = errJSON
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
		one := jsonScanner{data: s.data, pos: start, room: s.room}
		var isGift bool
		if flat {
			err = r.fields(&one, f, "")
			isGift = f.rank[frameGift] > 0 || f.rank[frameCount] > 0
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
func (r *frameReader) message(s *jsonScanner, f *frame) (isGift bool, err error) {
	data := -1
	if s.peek() != '{' {
		return false, s.skip(0)
	}
	err = s.object(func(key []byte) error {
		switch string(key) {
		case "type":
			v, err := s.value()
			isGift = string(v.text) == giftMessage || string(v.text) == "gift"
			return err
		case "data":
			s.space()
			data = s.pos
		}
		return s.skip(0)
	})
	if err != nil || !isGift || data < 0 {
		return isGift && data >= 0, err
	}
	s.pos = data
	if s.peek() != '{' {
		return true, nil // a frame without fields is rejected for what it lacks
	}
	return true, r.fields(s, f, "")
}

// fields reads the values of an object, and of the groups inside it.
func (r *frameReader) fields(s *jsonScanner, f *frame, group string) error {
	return s.object(func(key []byte) error {
		if group == "" && s.peek() == '{' && r.groups[string(key)] {
			return r.fields(s, f, string(key)+".")
		}
		r.path = append(append(r.path[:0], group...), key...)
		where, known := r.spellings[string(r.path)]
		if !known {
			return s.skip(0)
		}
		v, err := s.value()
		if err != nil {
			return err
		}
		if old := f.rank[where.field]; !empty(v.text) && (old == 0 || where.rank < old) {
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
