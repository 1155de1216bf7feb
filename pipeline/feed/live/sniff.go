package live

import (
	"bytes"

	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// sniffLines bounds how many lines are looked at for a gift: a recording may
// begin with what viewers wrote.
const sniffLines = 200

// Formats gives the formats of price lists of gifts and of recordings of live
// gifts, in the order in which they are asked.
func Formats() []published.Format {
	return []published.Format{
		{Name: "gift-list", Feeds: []string{"gift_catalog"}, Sniff: sniffGiftList, Read: readGiftList, Lines: true},
		{Name: "tiktok-live", Feeds: []string{"gift_events"}, Sniff: sniffLive, Read: readLive, Lines: true, Elements: true},
	}
}

// sniffGiftList tells a price list by its first gift, or by the lists inside
// the wraps.
func sniffGiftList(head []byte, _ string) bool {
	text := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("[")):
		return looksLikeGift(text[1:]) || wrapsGifts(text)
	case bytes.HasPrefix(text, []byte("{")):
		keys, gift := objectKeys(text)
		return gift || !keys["event_id"] && wrapsGifts(text)
	}
	return false
}

// sniffLive tells a recording by the keys of its first object, or, where gift
// events may be expected, of a later line.
func sniffLive(head []byte, feed string) bool {
	text := bytes.TrimLeft(head, " \t\r\n")
	expected := feed == "" || feed == "gift_events"
	if lex.IsArray(text) {
		return liveElement(text, expected)
	}
	if !bytes.HasPrefix(text, []byte("{")) {
		return false
	}
	keys, gift := objectKeys(text)
	if gift || keys["event_id"] || wrapsGifts(text) {
		return false
	}
	return liveKeys(keys) || expected && liveLater(text)
}

// liveElement says whether the first element of an array is a recorded message,
// or, where gift events may be expected, a later one.
func liveElement(text []byte, expected bool) bool {
	live, n := false, 0
	s := lex.JSON{Data: text, Room: func(n int) []byte { return make([]byte, 0, n) }}
	_ = s.Array(func() error { // a cut head is judged by what was seen
		s.Space()
		keys := lex.TopKeys(s.Data[s.Pos:])
		live, n = !keys["event_id"] && liveKeys(keys), n+1
		if live || keys["event_id"] || !expected || n == sniffLines {
			return lex.ErrEnough
		}
		return s.Skip(0)
	})
	return live
}

// objectKeys gives the keys of the object that a text begins with, as far as
// the text goes, and whether it is a list of gifts by their ids.
func objectKeys(head []byte) (keys map[string]bool, gift bool) {
	keys = map[string]bool{}
	first := true
	s := lex.JSON{Data: head, Room: func(n int) []byte { return make([]byte, 0, n) }}
	_ = s.Object(func(key []byte) error { // a cut or broken head is judged by what was seen
		keys[string(key)] = true
		if first && isDigits(key) && s.Peek() == '{' {
			gift = looksLikeGift(s.Data[s.Pos:])
		}
		first = false
		if gift || len(keys) > lex.MaxColumns {
			return lex.ErrEnough
		}
		return s.Skip(0)
	})
	return keys, gift
}

func isDigits(text []byte) bool {
	for _, b := range text {
		if b-'0' > 9 {
			return false
		}
	}
	return len(text) > 0
}

// liveKeys says whether an object's keys are those of a recorded message.
func liveKeys(keys map[string]bool) bool {
	switch {
	case keys["event_id"]: // carat's own columns
		return false
	case keys["messages"], keys["giftId"], keys["giftDetails"], keys["repeatEnd"], keys["repeat_end"]:
		return true
	case keys["data"] && (keys["type"] || keys["event"] || keys["method"]):
		return true
	}
	return keys["gift_id"] && keys["repeat_count"] || keys["RepeatCount"] && keys["Diamonds"]
}

// liveLater says whether a later line of the head is a recorded message.
func liveLater(head []byte) bool {
	for range sniffLines {
		_, rest, more := bytes.Cut(head, lex.Newline)
		if !more {
			return false
		}
		if head = rest; liveKeys(lex.TopKeys(head)) {
			return true
		}
	}
	return false
}

// giftWraps are the keys under which publishers put a list of gifts.
var giftWraps = map[string]bool{"data": true, "gifts": true, "Gifts": true, "giftList": true, "gift_list": true, "pages": true, "gifts_info": true, "giftsInfo": true}

// giftIDs and giftPrices are the spellings of what an entry of a list needs.
var (
	giftIDs    = map[string]bool{"id": true, "gift_id": true, "giftId": true, "ID": true}
	giftPrices = map[string]bool{"diamondCost": true, "diamond_count": true, "diamondCount": true, "diamond_cost": true, "DiamondCount": true, "Diamonds": true}
)

// looksLikeGift says whether an object has an id and a price, and is no message
// about a gift that was sent.
func looksLikeGift(text []byte) bool {
	id, price := false, false
	for key := range lex.TopKeys(text) {
		if key == "repeatCount" || key == "repeat_count" || key == "RepeatCount" {
			return false
		}
		id, price = id || giftIDs[key], price || giftPrices[key]
	}
	return id && price
}

// wrapsGifts says whether a text is an object around a list of gifts.
func wrapsGifts(text []byte) bool {
	found := false
	s := lex.JSON{Data: text, Room: func(n int) []byte { return make([]byte, 0, n) }}
	_ = gifts(&s, 0, func() error {
		found = looksLikeGift(s.Data[s.Pos:])
		return lex.ErrEnough
	})
	return found
}

// gifts calls entry for each element of the lists inside the wraps; entry must
// read or skip it. What is in no wrap is passed over.
func gifts(s *lex.JSON, depth int, entry func() error) error {
	if depth > 4 {
		return s.Skip(depth)
	}
	if s.Peek() == '[' {
		return s.Array(func() error {
			if s.Peek() == '{' && !looksLikeGift(s.Data[s.Pos:]) && wrapped(s.Data[s.Pos:]) {
				return gifts(s, depth+1, entry)
			}
			return entry()
		})
	}
	return s.Object(func(key []byte) error {
		if next := s.Peek(); giftWraps[string(key)] && (next == '{' || next == '[') {
			return gifts(s, depth+1, entry)
		}
		return s.Skip(depth)
	})
}

// wrapped says whether an object has one of the wraps among its keys.
func wrapped(text []byte) bool {
	for key := range lex.TopKeys(text) {
		if giftWraps[key] {
			return true
		}
	}
	return false
}
