package lake

// heldRows are rows that a block keeps until it is known which of them came
// before. They are kept in their canonical form, of which the batch's hash is
// taken too: half the size of the rows, one piece of memory, and nothing in it
// for the garbage collector to follow.
type heldRows struct {
	bytes      []byte
	ends       []int32
	lines      []int64 // source lines
	of         []int32 // index of each row's partition; empty for tables without
	drop       []bool  // nil while no row is to be left out
	ingestedAt int64   // not part of the canonical form, the same for all rows
	// key and content hashes, by row
	keys     []uint64
	contents []uint64
}

func (h *heldRows) len() int { return len(h.ends) }

// row gives the canonical form of a row.
func (h *heldRows) row(i int) []byte { return h.bytes[h.begin(i):h.ends[i]] }

// begin gives where a row begins.
func (h *heldRows) begin(i int) int32 {
	if i == 0 {
		return 0
	}
	return h.ends[i-1]
}

// leftOut says whether a row is left out.
func (h *heldRows) leftOut(i int) bool { return h.drop != nil && h.drop[i] }

// leaveOut marks a row.
func (h *heldRows) leaveOut(i int) {
	if h.drop == nil {
		h.drop = make([]bool, h.len())
	}
	h.drop[i] = true
}
