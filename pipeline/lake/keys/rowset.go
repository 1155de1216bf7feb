package keys

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// RowSet names staged rows by source line and key, in 16 bytes each. A line
// alone doesn't name a row: one line of a rate history gives a row for every
// currency. Rows of one line are told apart by a 64-bit hash of their keys,
// seeded at random; who takes rows out counts what is found, so that a chance
// collision ends in an error, never in a lost row.
type RowSet struct {
	seed   maphash.Seed
	rows   []namedRow
	sorted bool
}

type namedRow struct {
	line int64
	key  uint64
}

func (a namedRow) compare(b namedRow) int {
	return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.key, b.key))
}

// NewRowSet makes an empty set.
func NewRowSet() *RowSet { return &RowSet{seed: maphash.MakeSeed(), sorted: true} }

// Add names a row; key is what its AppendKey gives.
func (s *RowSet) Add(line int64, key string) {
	r := namedRow{line, maphash.String(s.seed, key)}
	s.sorted = s.sorted && (len(s.rows) == 0 || s.rows[len(s.rows)-1].compare(r) < 0)
	s.rows = append(s.rows, r)
}

// Len is the number of rows named.
func (s *RowSet) Len() int {
	s.sort()
	return len(s.rows)
}

func (s *RowSet) sort() {
	if !s.sorted {
		slices.SortFunc(s.rows, namedRow.compare)
		s.rows, s.sorted = slices.Compact(s.rows), true
	}
}

// Between gives where the rows of the lines from first to last stand.
func (s *RowSet) Between(first, last int64) (from, to int) {
	at := func(line int64) int {
		i, _ := slices.BinarySearchFunc(s.rows, line, func(r namedRow, line int64) int { return cmp.Compare(r.line, line) })
		return i
	}
	return at(first), at(last + 1)
}

// Find gives where a row stands in the set.
func (s *RowSet) Find(line int64, key []byte) (int, bool) {
	return slices.BinarySearchFunc(s.rows, namedRow{line, maphash.Bytes(s.seed, key)}, namedRow.compare)
}

// Line gives the source line of a row, counted from 0 in the order of the lines.
func (s *RowSet) Line(i int) int64 { return s.rows[i].line }
