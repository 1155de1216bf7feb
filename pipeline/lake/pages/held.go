package pages

// HeldRows are rows that a block keeps until it is known which of them came
// before. They are kept in their canonical form, of which the batch's hash is
// taken too: half the size of the rows, one piece of memory, and nothing in it
// for the garbage collector to follow.
type HeldRows struct {
	Bytes      []byte
	Ends       []int32
	Lines      []int64 // source lines
	Of         []int32 // index of each row's partition; empty for tables without
	drop       []bool  // nil while no row is to be left out
	IngestedAt int64   // not part of the canonical form, the same for all rows
	// key and content hashes, by row
	Keys     []uint64
	Contents []uint64
}

// Len is the number of rows, those left out included.
func (h *HeldRows) Len() int { return len(h.Ends) }

// Row gives the canonical form of a row.
func (h *HeldRows) Row(i int) []byte { return h.Bytes[h.begin(i):h.Ends[i]] }

// begin gives where a row begins.
func (h *HeldRows) begin(i int) int32 {
	if i == 0 {
		return 0
	}
	return h.Ends[i-1]
}

// LeftOut says whether a row is left out.
func (h *HeldRows) LeftOut(i int) bool { return h.drop != nil && h.drop[i] }

// LeaveOut marks a row.
func (h *HeldRows) LeaveOut(i int) {
	if h.drop == nil {
		h.drop = make([]bool, h.Len())
	}
	h.drop[i] = true
}
