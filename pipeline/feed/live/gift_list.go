package live

import (
	"bytes"
	"errors"
	"strconv"
	"time"
	"unicode/utf8"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// readGiftList reads a recorded price list: an object keyed by gift id, an
// array, or either inside data, gifts or pages, of {"id", "name", "diamondCost"} in
// any of the spellings of giftIDs and giftPrices. The price is in coins. A gift without a name is called by
// its id, since the list has the price and that is what counts. A gift that is
// there twice has no price that could be told, so the second entry is rejected.
func readGiftList(r *published.Report) error {
	data, err := r.Cut.Rest(MaxGiftListBytes)
	if err != nil {
		return err
	}
	if len(data) > MaxGiftListBytes {
		return r.Refuse(0, "a gift list longer than %d MiB", MaxGiftListBytes>>20)
	}
	if !utf8.Valid(data) {
		return lex.NotUTF8(r.Name, data, 1, r.Cut.Offset)
	}
	validFrom := r.Settings.GiftValidFrom
	if validFrom == 0 {
		validFrom = defaultValidFrom.UnixMicro()
	}
	from := time.UnixMicro(validFrom).UTC().AppendFormat(nil, time.RFC3339Nano)
	scan := lex.JSON{Data: data, Room: func(n int) []byte { return make([]byte, 0, n) }}
	line, counted := int64(1), 0
	seen := map[string]bool{}
	gift := func(key []byte) error {
		scan.Space()
		line += int64(bytes.Count(data[counted:scan.Pos], lex.Newline))
		counted = scan.Pos
		return giftRow(r, &scan, key, from, line, seen)
	}
	switch {
	case wrapsGifts(data):
		err = gifts(&scan, 0, func() error { return gift(nil) })
	case scan.Peek() == '{':
		err = scan.Object(gift)
	default:
		err = scan.Array(func() error { return gift(nil) })
	}
	if err == nil && scan.Peek() != 0 {
		err = lex.ErrJSON
	}
	if errors.Is(err, lex.ErrJSON) {
		err = r.Refuse(1+int64(bytes.Count(data[:min(scan.Pos, len(data))], lex.Newline)), "broken JSON").
			WithHint("fetch the list again")
	}
	return err
}

// giftRow makes a row of one entry of the list.
func giftRow(r *published.Report, scan *lex.JSON, key, validFrom []byte, line int64, seen map[string]bool) error {
	if scan.Peek() != '{' {
		start := scan.Pos
		if err := scan.Skip(0); err != nil {
			return err
		}
		return r.Out.Reject(line, "", pipeline.CodeWrongType, string(scan.Data[start:scan.Pos]), "an object with id, name and diamondCost")
	}
	var id, name, price lex.Value
	id.Text = key
	err := scan.Object(func(member []byte) error {
		into := &lex.Value{}
		switch {
		case giftIDs[string(member)]:
			into = &id
		case string(member) == "name", string(member) == "Name", string(member) == "giftName":
			into = &name
		case giftPrices[string(member)]:
			into = &price
		}
		v, err := scan.Value()
		*into = v
		return err
	})
	if err != nil {
		return err
	}
	if len(key) > 0 && !bytes.Equal(id.Text, key) {
		return r.Out.Reject(line, "gift_id", pipeline.CodeBadID, string(id.Text), "the id that the entry is filed under, "+strconv.Quote(lex.Cut80(key)))
	}
	if len(id.Text) > 0 && seen[string(id.Text)] {
		return r.Out.Reject(line, "gift_id", pipeline.CodeBadID, string(id.Text), "each gift once in the list")
	}
	seen[string(id.Text)] = true
	if len(name.Text) == 0 {
		name = lex.Value{Text: append([]byte("gift "), id.Text...)}
	}
	if err := r.Out.Begin(line); err != nil {
		return err
	}
	r.Out.Put("gift_id", id.Text, id.Form)
	r.Out.Put("valid_from", validFrom, lex.TokenText)
	r.Out.Put("name", name.Text, name.Form)
	r.Out.Put("coins", price.Text, price.Form)
	return r.Out.End()
}

// MaxGiftListBytes bounds a gift price list, which is read whole.
const MaxGiftListBytes = 64 << 20

// DefaultValidFrom is valid_from of a price list that bears no date: always.
var defaultValidFrom = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
