package feed

import "bytes"

// sniffLines bounds how many lines are looked at for a gift: a recording may
// begin with what viewers wrote.
const sniffLines = 200

func liveAdapters() []adapter {
	return []adapter{
		{name: "gift-list", feeds: []string{"gift_catalog"}, sniff: sniffGiftList, read: readGiftList, lines: true},
		{name: "tiktok-live", feeds: []string{"gift_events"}, sniff: sniffLive, read: readLive, lines: true},
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
	if !bytes.HasPrefix(text, []byte("{")) {
		return false
	}
	keys, gift := objectKeys(text)
	if gift || keys["event_id"] || wrapsGifts(text) {
		return false
	}
	return liveKeys(keys) || (feed == "" || feed == "gift_events") && liveLater(text)
}

// objectKeys gives the keys of the object that a text begins with, as far as
// the text goes, and whether it is a list of gifts by their ids.
func objectKeys(head []byte) (keys map[string]bool, gift bool) {
	keys = map[string]bool{}
	first := true
	s := jsonScanner{data: head, room: func(n int) []byte { return make([]byte, 0, n) }}
	_ = s.object(func(key []byte) error { // a cut or broken head is judged by what was seen
		keys[string(key)] = true
		if first && isDigits(key) && s.peek() == '{' {
			gift = looksLikeGift(s.data[s.pos:])
		}
		first = false
		if gift || len(keys) > maxColumns {
			return errEnough
		}
		return s.skip(0)
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
		_, rest, more := bytes.Cut(head, newline)
		if !more {
			return false
		}
		if head = rest; liveKeys(topKeys(head)) {
			return true
		}
	}
	return false
}

// topKeys gives the keys of the object that a text begins with, as far as the
// text goes.
func topKeys(text []byte) map[string]bool {
	keys := map[string]bool{}
	s := jsonScanner{data: text, room: func(n int) []byte { return make([]byte, 0, n) }}
	_ = s.object(func(key []byte) error { // a cut text is judged by what was seen
		if keys[string(key)] = true; len(keys) > maxColumns {
			return errEnough
		}
		return s.skip(0)
	})
	return keys
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
	for key := range topKeys(text) {
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
	s := jsonScanner{data: text, room: func(n int) []byte { return make([]byte, 0, n) }}
	_ = s.gifts(0, func() error {
		found = looksLikeGift(s.data[s.pos:])
		return errEnough
	})
	return found
}

// gifts calls entry for each element of the lists inside the wraps; entry must
// read or skip it. What is in no wrap is passed over.
func (s *jsonScanner) gifts(depth int, entry func() error) error {
	if depth > 4 {
		return s.skip(depth)
	}
	if s.peek() == '[' {
		return s.array(func() error {
			if s.peek() == '{' && !looksLikeGift(s.data[s.pos:]) && wrapped(s.data[s.pos:]) {
				return s.gifts(depth+1, entry)
			}
			return entry()
		})
	}
	return s.object(func(key []byte) error {
		if next := s.peek(); giftWraps[string(key)] && (next == '{' || next == '[') {
			return s.gifts(depth+1, entry)
		}
		return s.skip(depth)
	})
}

// wrapped says whether an object has one of the wraps among its keys.
func wrapped(text []byte) bool {
	for key := range topKeys(text) {
		if giftWraps[key] {
			return true
		}
	}
	return false
}
