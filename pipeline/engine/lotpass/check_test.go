package lotpass

import (
	"slices"
	"testing"
)

// Who is replayed is compared in the order of hashes, up to a number of viewers and of
// rows: what many months left for a few viewers doesn't make a run dearer, and each is
// compared in some runs, the one with more rows than all may have too.
func TestAlwaysComparedIsBounded(t *testing.T) {
	var many []replayed
	for i := range int64(3 * alwaysReplayed) {
		many = append(many, replayed{hash: uint64(i*7919) % 1_000_003, viewer: i, rows: 1})
	}
	got := alwaysCompared(slices.Clone(many))
	if len(got) != alwaysReplayed {
		t.Errorf("%d viewers, want %d", len(got), alwaysReplayed)
	}
	slices.SortFunc(many, func(a, b replayed) int { return int(a.hash) - int(b.hash) })
	for i, viewer := range got {
		if viewer != many[i].viewer {
			t.Fatalf("place %d is viewer %d, want %d: not in the order of hashes", i, viewer, many[i].viewer)
		}
	}

	one := func(hash uint64, viewer, rows int64) replayed { return replayed{hash, viewer, rows} }
	for _, c := range []struct {
		all  []replayed
		want []int64
	}{
		{nil, nil},
		{[]replayed{one(2, 20, alwaysRows), one(1, 10, alwaysRows)}, []int64{10}},
		{[]replayed{one(1, 10, 1), one(2, 20, alwaysRows), one(3, 30, alwaysRows-1), one(4, 40, 1)}, []int64{10, 30}},
		{[]replayed{one(1, 10, 5*alwaysRows), one(2, 20, 1)}, []int64{10}},
		{[]replayed{one(3, 10, 5*alwaysRows), one(2, 20, 1), one(4, 30, 0)}, []int64{20, 30}},
	} {
		if got := alwaysCompared(slices.Clone(c.all)); !slices.Equal(got, c.want) {
			t.Errorf("%v: compared %v, want %v", c.all, got, c.want)
		}
	}
}
