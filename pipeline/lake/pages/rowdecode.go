package pages

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"carat/pipeline"
)

// pointers counts the columns that are held as pointers.
func (e *RowEncoder) pointers() int {
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
func (e *RowEncoder) decode(p unsafe.Pointer, row []byte, numbers []int64) []int64 {
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

// wrongNumber is an error where a row's batch_no isn't that of its batch_id. A file of
// before there were numbers has none.
func wrongNumber(o *pipeline.Lineage) error {
	if o.BatchNo == 0 {
		return nil
	}
	if no, err := pipeline.BatchNo(o.BatchID); err != nil || no != o.BatchNo {
		return fmt.Errorf("line %d of batch %s has the batch_no %d", o.SourceLine, o.BatchID, o.BatchNo)
	}
	return nil
}
