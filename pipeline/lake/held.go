package lake

import (
	"encoding/binary"
	"unsafe"
)

// heldRows are rows that a block keeps until it is known which of them came
// before. They are kept in their canonical form, of which the batch's hash is
// taken too: half the size of the rows, one piece of memory, and nothing in it
// for the garbage collector to follow.
type heldRows struct {
	bytes      []byte
	ends       []int32
	of         []int32 // index of each row's partition; empty for tables without
	drop       []bool  // nil while no row is to be left out
	ingestedAt int64   // not part of the canonical form, the same for all rows
	// key and content hashes, by row
	keys     []uint64
	contents []uint64
}

func (h *heldRows) len() int { return len(h.ends) }

// row gives the canonical form of a row.
func (h *heldRows) row(i int) []byte {
	if i == 0 {
		return h.bytes[:h.ends[0]]
	}
	return h.bytes[h.ends[i-1]:h.ends[i]]
}

// leaveOut marks a row.
func (h *heldRows) leaveOut(i int) {
	if h.drop == nil {
		h.drop = make([]bool, h.len())
	}
	h.drop[i] = true
}

// pointers counts the columns that are held as pointers.
func (e *rowEncoder) pointers() int {
	n := 0
	for _, c := range e.columns {
		if c.held == heldInt64Pointer {
			n++
		}
	}
	return n
}

// decode undoes append: it sets the fields of the zero row at p. Strings point
// into the row's bytes, pointers into numbers, which must have room.
func (e *rowEncoder) decode(p unsafe.Pointer, row []byte, numbers []int64) []int64 {
	c := 0
	for {
		id := int(binary.BigEndian.Uint16(row))
		if row = row[2:]; id == 0 {
			return numbers
		}
		for e.columns[c].ID != id {
			c++
		}
		at := unsafe.Add(p, e.columns[c].offset)
		if e.columns[c].held == heldString {
			n := int(binary.BigEndian.Uint32(row))
			row = row[4:]
			if n > 0 {
				*(*string)(at) = unsafe.String(&row[0], n)
			}
			row = row[n:]
			continue
		}
		v := int64(binary.BigEndian.Uint64(row))
		row = row[8:]
		switch e.columns[c].held {
		case heldInt64:
			*(*int64)(at) = v
		case heldInt32:
			*(*int32)(at) = int32(v)
		case heldInt64Pointer:
			numbers = append(numbers, v)
			*(**int64)(at) = &numbers[len(numbers)-1]
		}
	}
}
