package feed

import (
	"bytes"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"carat/pipeline"
)

// readGiftList reads a recorded price list: an object keyed by gift id, an
// array, or either inside data, gifts or pages, of {"id", "name", "diamondCost"} in
// any of the spellings of giftIDs and giftPrices. The price is in coins. A gift without a name is called by
// its id, since the list has the price and that is what counts. A gift that is
// there twice has no price that could be told, so the second entry is rejected.
func readGiftList(r *report) error {
	data, err := r.cut.rest(MaxGiftListBytes)
	if err != nil {
		return err
	}
	if len(data) > MaxGiftListBytes {
		return r.refuse(0, "a gift list longer than %d MiB", MaxGiftListBytes>>20)
	}
	if !utf8.Valid(data) {
		return notUTF8(r.name, data, 1, r.cut.offset)
	}
	validFrom := r.settings.GiftValidFrom
	if validFrom == 0 {
		validFrom = defaultValidFrom.UnixMicro()
	}
	from := time.UnixMicro(validFrom).UTC().AppendFormat(nil, time.RFC3339Nano)
	scan := jsonScanner{data: data, room: func(n int) []byte { return make([]byte, 0, n) }}
	line, counted := int64(1), 0
	seen := map[string]bool{}
	gift := func(key []byte) error {
		scan.space()
		line += int64(bytes.Count(data[counted:scan.pos], newline))
		counted = scan.pos
		return giftRow(r, &scan, key, from, line, seen)
	}
	switch {
	case wrapsGifts(data):
		err = scan.gifts(0, func() error { return gift(nil) })
	case scan.peek() == '{':
		err = scan.object(gift)
	default:
		err = scan.array(func() error { return gift(nil) })
	}
	if err == nil && scan.peek() != 0 {
		err = errJSON
	}
	if errors.Is(err, errJSON) {
		err = r.refuse(1+int64(bytes.Count(data[:min(scan.pos, len(data))], newline)), "broken JSON").
			WithHint("fetch the list again")
	}
	return err
}

// giftRow makes a row of one entry of the list.
func giftRow(r *report, scan *jsonScanner, key, validFrom []byte, line int64, seen map[string]bool) error {
	if scan.peek() != '{' {
		start := scan.pos
		if err := scan.skip(0); err != nil {
			return err
		}
		return r.out.reject(line, "", pipeline.CodeWrongType, string(scan.data[start:scan.pos]), "an object with id, name and diamondCost")
	}
	var id, name, price jsonValue
	id.text = key
	err := scan.object(func(member []byte) error {
		into := &jsonValue{}
		switch {
		case giftIDs[string(member)]:
			into = &id
		case string(member) == "name", string(member) == "Name", string(member) == "giftName":
			into = &name
		case giftPrices[string(member)]:
			into = &price
		}
		v, err := scan.value()
		*into = v
		return err
	})
	if err != nil {
		return err
	}
	if len(key) > 0 && !bytes.Equal(id.text, key) {
		return r.out.reject(line, "gift_id", pipeline.CodeBadID, string(id.text), "the id that the entry is filed under, "+strconv.Quote(cut80(key)))
	}
	if len(id.text) > 0 && seen[string(id.text)] {
		return r.out.reject(line, "gift_id", pipeline.CodeBadID, string(id.text), "each gift once in the list")
	}
	seen[string(id.text)] = true
	if len(name.text) == 0 {
		name = jsonValue{text: append([]byte("gift "), id.text...)}
	}
	if err := r.out.begin(line); err != nil {
		return err
	}
	r.out.put("gift_id", id.text, id.form)
	r.out.put("valid_from", validFrom, tokenText)
	r.out.put("name", name.text, name.form)
	r.out.put("coins", price.text, price.form)
	return r.out.end()
}
