package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline"
)

// amountOf reads an amount of a report in millionths.
func amountOf(text string) (int64, pipeline.Code) {
	v, err := pipeline.ParseAmount([]byte(text))
	return int64(v), codeOfNumber(text, err)
}

// wholeOf reads a count.
func wholeOf(text string) (int64, pipeline.Code) {
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

// times gives amount x count; false if it has more than 18 digits.
func times(amount, count int64) (int64, bool) {
	negative := amount < 0 != (count < 0)
	hi, lo := bits.Mul64(uint64(abs(amount)), uint64(abs(count)))
	if hi > 0 || lo > pipeline.DecimalMax {
		return 0, false
	}
	if negative {
		return -int64(lo), true
	}
	return int64(lo), true
}

// abs is of a number of at most 18 digits.
func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// ungroup takes the separators of thousands out of a decimal in which they stand
// where they belong; other texts come back as they are.
func ungroup(text, separator string) string {
	whole, fraction, point := strings.Cut(text, ".")
	plain := ungroupWhole(whole, separator)
	if point {
		plain += "." + fraction
	}
	return plain
}

// ungroupWhole is ungroup for a whole number, which a point may group.
func ungroupWhole(text, separator string) string {
	groups := strings.Split(strings.TrimPrefix(text, "-"), separator)
	if len(groups) < 2 || len(groups[0]) == 0 || len(groups[0]) > 3 {
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

// rowIDs makes the ids of lines that have none of their own: a name and the
// hash of what identifies the line, and, where lines of one file share that,
// their number among them. The same report under another name, packed
// otherwise or as part of a larger one, gives the same ids.
type rowIDs struct {
	seen map[[16]byte]int
}

func newRowIDs() *rowIDs { return &rowIDs{seen: map[[16]byte]int{}} }

func (r *rowIDs) id(name string, parts ...string) string {
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

// identity gives the cells that are not empty, each with its column's name, in
// the order of the names, without those of some columns.
func identity(c columns, cells []string, without ...string) []string {
	var parts []string
	for i, name := range c.names {
		name = foldName(name)
		if i < len(cells) && strings.TrimSpace(cells[i]) != "" && !slices.Contains(without, name) {
			parts = append(parts, name+"\x00"+strings.TrimSpace(cells[i]))
		}
	}
	slices.Sort(parts)
	return parts
}

func fieldsExpected(want, have int) string {
	return strconv.Itoa(want) + " fields, as the header has; found " + strconv.Itoa(have)
}
