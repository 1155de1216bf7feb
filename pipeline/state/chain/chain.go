package chain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline"
)

// Head is the end of the chain of records.
type Head struct {
	No     int64 // of the last record; 0: there is none
	SHA256 string
}

// String gives the head as the lake's chain holds it: "17 9f86d0…"; "" for none.
func (h Head) String() string {
	if h.No == 0 {
		return ""
	}
	return strconv.FormatInt(h.No, 10) + " " + h.SHA256
}

// ParseHead reads what String gave.
func ParseHead(text string) (Head, error) {
	no, sum, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(no, 10, 64)
	h := Head{No: n, SHA256: sum}
	if raw, herr := hex.DecodeString(sum); err != nil || herr != nil || len(raw) != sha256.Size || h.String() != text {
		return Head{}, fmt.Errorf("%q is not the head of a chain of records", text)
	}
	return h, nil
}

// Record is one link of the chain.
type Record struct {
	No                                      int64
	At                                      int64 // microseconds since the epoch
	Kind, Table, Key, Content, Prev, SHA256 string
}

// What a record says became of its row.
const (
	Written = "written" // new, or changed
	Removed = "removed"
	Adopted = "adopted" // it was there when the chain began, or a later carat gave it columns
)

// Sum gives the record's hash: over its fields and the hash before, each as its
// length in bytes, a colon, itself and a line end.
func (r Record) Sum() string {
	h := sha256.New()
	for _, field := range []string{strconv.FormatInt(r.No, 10), strconv.FormatInt(r.At, 10), r.Kind, r.Table, r.Key, r.Content, r.Prev} {
		fmt.Fprintf(h, "%d:%s\n", len(field), field)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Row is a row of any table, as text by column; nil for NULL.
type Row map[string]*string

// Content gives a row as a record holds it: JSON, in the order of the columns' names.
func (r Row) Content() string {
	text, err := json.Marshal(r)
	if err != nil {
		return "" // cannot be: these are texts
	}
	return string(text)
}

// RowKey spells a key: itself, or a JSON list of several columns.
func RowKey(key []any) string {
	var parts []string
	for _, k := range key {
		parts = append(parts, fmt.Sprint(k))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return "" // cannot be: these are texts
	}
	return string(text)
}

// Differing tells the columns of a record that a row has otherwise.
func Differing(before, now Row) (what []string) {
	shown := func(text *string) string {
		if text == nil {
			return "nothing"
		}
		return fmt.Sprintf("%q", pipeline.CutText(*text))
	}
	for _, c := range slices.Sorted(maps.Keys(before)) {
		value, there := now[c]
		switch was := before[c]; {
		case !there:
			what = append(what, "column "+c+" is gone")
		case (value == nil) != (was == nil) || value != nil && *value != *was:
			what = append(what, c+" was "+shown(was)+" and is "+shown(value))
		}
	}
	return what
}

// ShownKey gives a row's key for people.
func ShownKey(key string) string {
	var parts []string
	if strings.HasPrefix(key, "[") && json.Unmarshal([]byte(key), &parts) == nil {
		return strings.Join(parts, " ")
	}
	return key
}
