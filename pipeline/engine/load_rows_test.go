package engine_test

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

// Rows are loaded in hundreds; none is lost or doubled where one ends.
func TestLoadRowsLoadsEachOnce(t *testing.T) {
	for _, n := range []int{0, 1, 99, 100, 101, 250} {
		e := openEngine(t)
		var rows [][]any
		for i := range n {
			var note any = "it's"
			if i%7 == 0 {
				note = nil
			}
			rows = append(rows, []any{int64(i), note, time.Unix(int64(i), 0).UTC(), i%2 == 0})
		}
		if err := e.LoadRows(t.Context(), "records", "n bigint, note varchar, seen_at timestamptz, even boolean", rows); err != nil {
			t.Fatal(err)
		}
		got, err := e.TextsForTest(`select count(*) || ' ' || count(distinct n) || ' ' || coalesce(sum(n), 0) || ' ' || count(*) filter (note = 'it''s')
			|| ' ' || count(*) filter (even = (n % 2 = 0) and epoch(seen_at) = n) from records`)
		if err != nil {
			t.Fatal(err)
		}
		want, err := e.TextsForTest(`select count(*) || ' ' || count(*) || ' ' || coalesce(sum(i), 0) || ' ' || count(*) filter (i % 7 <> 0)
			|| ' ' || count(*) from range(` + strconv.Itoa(n) + `) as r(i)`)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d rows: %q, want %q (%v)", n, got, want, err)
		}
	}
}
