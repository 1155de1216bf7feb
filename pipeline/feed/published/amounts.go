package published

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// AmountOf reads an amount of a report in millionths.
func AmountOf(text string) (int64, pipeline.Code) {
	v, err := pipeline.ParseAmount([]byte(text))
	return int64(v), codeOfNumber(text, err)
}

// WholeOf reads a count.
func WholeOf(text string) (int64, pipeline.Code) {
	v, err := pipeline.ParseWhole([]byte(text))
	return v, codeOfNumber(text, err)
}

func codeOfNumber(text string, err error) pipeline.Code {
	switch {
	case err == nil:
		return pipeline.CodeOK
	case text == "":
		return pipeline.CodeMissing
	case errors.Is(err, pipeline.ErrTooFine):
		return pipeline.CodeTooPrecise
	case errors.Is(err, pipeline.ErrTooLarge):
		return pipeline.CodeOutOfRange
	}
	return pipeline.CodeNotANumber
}

// Times gives amount x count; false if it has more than 18 digits.
func Times(amount, count int64) (int64, bool) {
	negative := amount < 0 != (count < 0)
	hi, lo := bits.Mul64(uint64(Abs(amount)), uint64(Abs(count)))
	if hi > 0 || lo > pipeline.DecimalMax {
		return 0, false
	}
	if negative {
		return -int64(lo), true
	}
	return int64(lo), true
}

// Abs is of a number of at most 18 digits.
func Abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// Ungroup takes the separators of thousands out of a decimal in which they stand
// where they belong; other texts come back as they are.
func Ungroup(text, separator string) string {
	whole, fraction, point := strings.Cut(text, ".")
	plain := UngroupWhole(whole, separator)
	if point {
		plain += "." + fraction
	}
	return plain
}

// UngroupWhole is ungroup for a whole number, which a point may group.
func UngroupWhole(text, separator string) string {
	groups := strings.Split(strings.TrimPrefix(text, "-"), separator)
	if len(groups) < 2 || len(groups[0]) == 0 || len(groups[0]) > 3 || groups[0][0] == '0' { // 0,500 is half of one, if anything
		return text
	}
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return text
		}
	}
	plain := strings.Join(groups, "")
	if strings.HasPrefix(text, "-") {
		plain = "-" + plain
	}
	return plain
}

// RowIDs makes the ids of lines that have none of their own: a name and the
// hash of what identifies the line, and, where lines of one file share that,
// their number among them. The same report under another name, packed
// otherwise or as part of a larger one, gives the same ids.
type RowIDs struct {
	seen map[[16]byte]int
}

// NewRowIDs begins the ids of a file.
func NewRowIDs() *RowIDs { return &RowIDs{seen: map[[16]byte]int{}} }

// ID makes the id of a line: name and what identifies it.
func (r *RowIDs) ID(name string, parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write(strconv.AppendInt(nil, int64(len(part)), 10))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	key := [16]byte(h.Sum(nil)[:16])
	r.seen[key]++
	id := name + "-" + hex.EncodeToString(key[:])
	if n := r.seen[key]; n > 1 {
		id += "-" + strconv.Itoa(n)
	}
	return id
}

// From lets the next row of an id, as ID gives it to the first, be at least the
// one behind number n.
func (r *RowIDs) From(id string, n int) {
	raw, err := hex.DecodeString(id[strings.LastIndexByte(id, '-')+1:])
	if err != nil || len(raw) != 16 {
		return
	}
	key := [16]byte(raw)
	r.seen[key] = max(r.seen[key], n)
}

// Identity gives the cells of a fixed set of columns that are not empty, each
// with its column's name, in the order of the names. A column is given by its
// spellings, parted by |, of which the first is the name that is hashed: what a
// report calls its columns, in which order, and which others it has, changes no
// id. written are the texts of columns, by those names, that a report may spell in
// several ways.
func Identity(c Columns, cells []string, columns []string, written map[string]string) []string {
	var parts []string
	for _, spellings := range columns {
		name, _, _ := strings.Cut(spellings, "|")
		text, ok := written[name]
		if i := c.Find(spellings); !ok && i >= 0 && i < len(cells) {
			text = strings.TrimSpace(cells[i])
		}
		if text != "" {
			parts = append(parts, name+"\x00"+text)
		}
	}
	slices.Sort(parts)
	return parts
}

// Renamed notes that columns which line ids are made of may have been renamed:
// the header lacks them, and has others that the format doesn't know.
func (r *Report) Renamed(c Columns, line int64, identity []string, others ...string) {
	known := slices.Concat(identity, others)
	var lacks, new []string
	for _, spellings := range identity {
		if name, _, _ := strings.Cut(spellings, "|"); c.Find(spellings) < 0 {
			lacks = append(lacks, name)
		}
	}
	for _, name := range c.Names {
		if folded := FoldName(name); folded != "" && !slices.ContainsFunc(known, func(spellings string) bool {
			return slices.Contains(strings.Split(spellings, "|"), folded)
		}) {
			new = append(new, lex.ColumnName([]byte(name)))
		}
	}
	if len(lacks) > 0 && len(new) > 0 {
		r.Note("%s: the header has %s, which carat doesn't know, and not %s: if that is a new name, lines fetched before under the old one are not recognised as the same",
			lex.Place(r.Name, line), strings.Join(new, ", "), strings.Join(lacks, ", "))
	}
}

func fieldsExpected(want, have int) string {
	return strconv.Itoa(want) + " fields, as the header has; found " + strconv.Itoa(have)
}

// pacific is the zone of the days in Apple's and Google's reports.
const pacific = "America/Los_Angeles"

// Pacific loads it; the zone data are built into the binary.
func Pacific() *time.Location {
	zone, err := time.LoadLocation(pacific)
	if err != nil {
		panic("feed: no time zone data: " + err.Error())
	}
	return zone
}
