package lake

import (
	"unsafe"
)

// heldRows are rows that a block keeps until it is known which of them came
// before. They are copies: the parser's strings are valid during Write only.
type heldRows[T any] struct {
	rows []T
	of   []partition // empty for tables without partitions
	drop []bool      // nil while no row is to be left out
	// key and content hashes, by row
	keys, contents []uint64
}

// hold copies rows with their strings and the numbers behind pointers. All
// strings of one call share one piece of memory, and so do all numbers, so
// that holding costs a few allocations for thousands of rows.
func hold[T any](rows []T, cols []column) []T {
	held := make([]T, len(rows))
	copy(held, rows)
	text, numbers := 0, 0
	for i := range held {
		p := unsafe.Pointer(&held[i])
		for j := range cols {
			switch at := unsafe.Add(p, cols[j].offset); cols[j].held {
			case heldString:
				text += len(*(*string)(at))
			case heldInt64Pointer:
				if *(**int64)(at) != nil {
					numbers++
				}
			}
		}
	}
	texts, values := make([]byte, 0, text), make([]int64, 0, numbers)
	for i := range held {
		p := unsafe.Pointer(&held[i])
		for j := range cols {
			switch at := unsafe.Add(p, cols[j].offset); cols[j].held {
			case heldString:
				s := (*string)(at)
				if len(*s) == 0 {
					continue
				}
				from := len(texts)
				texts = append(texts, *s...)
				*s = unsafe.String(&texts[from], len(*s))
			case heldInt64Pointer:
				v := (**int64)(at)
				if *v == nil {
					continue
				}
				values = append(values, **v)
				*v = &values[len(values)-1]
			}
		}
	}
	return held
}

// leaveOut marks a row.
func (h *heldRows[T]) leaveOut(i int) {
	if h.drop == nil {
		h.drop = make([]bool, len(h.rows))
	}
	h.drop[i] = true
}

// settle drops the marked rows and what is no longer needed.
func (h *heldRows[T]) settle() {
	h.keys, h.contents = nil, nil
	if h.drop == nil {
		return
	}
	kept := 0
	for i := range h.rows {
		if h.drop[i] {
			continue
		}
		h.rows[kept] = h.rows[i]
		if len(h.of) > 0 {
			h.of[kept] = h.of[i]
		}
		kept++
	}
	h.rows, h.drop = h.rows[:kept], nil
	if len(h.of) > 0 {
		h.of = h.of[:kept]
	}
}
