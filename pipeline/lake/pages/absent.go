package pages

import (
	"math/bits"
	"reflect"
	"unsafe"
)

// absentGuard keeps parquet-go v0.32.0 from writing "" where a value is absent.
//
// For an optional field that is no pointer it finds runs of present and absent
// values in words of 64 rows (writeRowsFuncOfOptional). Where y absent values
// of a word are followed by exactly y present ones and then by absent ones, it
// takes all that follow in the word for present. Rows of such a word are
// written one by one: a single value can't be misread. Words keep their
// alignment, so the others are as they were.
type absentGuard struct {
	offsets []uintptr // of the optional text columns in the row's struct
	size    uintptr
}

func newAbsentGuard[T any]() (absentGuard, error) {
	t := reflect.TypeFor[T]()
	columns, err := columnsOf(t)
	if err != nil {
		return absentGuard{}, err
	}
	g := absentGuard{size: t.Size()}
	for _, c := range columns {
		if c.Optional && c.held == heldString {
			g.offsets = append(g.offsets, c.offset)
		}
	}
	return g, nil
}

const wordRows = 64

// misread says whether a word of up to 64 rows would be misread in any column.
func (g *absentGuard) misread(first unsafe.Pointer, rows int) bool {
	for _, offset := range g.offsets {
		var present uint64
		p := unsafe.Add(first, offset)
		for i := range rows {
			if len(*(*string)(p)) > 0 {
				present |= 1 << i
			}
			p = unsafe.Add(p, g.size)
		}
		if present == 0 {
			continue
		}
		// The last run of present values begins at y; is it y long?
		length := bits.LeadingZeros64(^(present << bits.LeadingZeros64(present)))
		y := wordRows - bits.LeadingZeros64(present) - length
		if y == length && y+length < rows {
			return true
		}
	}
	return false
}

// writeGuarded writes rows by way of write, in pieces that none is misread in.
func writeGuarded[T any](g *absentGuard, rows []T, write func([]T) error) error {
	if len(g.offsets) == 0 {
		return write(rows)
	}
	from := 0
	for at := 0; at < len(rows); at += wordRows {
		end := min(at+wordRows, len(rows))
		if !g.misread(unsafe.Pointer(&rows[at]), end-at) {
			continue
		}
		if from < at {
			if err := write(rows[from:at]); err != nil {
				return err
			}
		}
		for i := at; i < end; i++ {
			if err := write(rows[i : i+1]); err != nil {
				return err
			}
		}
		from = end
	}
	if from < len(rows) {
		return write(rows[from:])
	}
	return nil
}
