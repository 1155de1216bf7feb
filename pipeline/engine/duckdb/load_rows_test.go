package duckdb_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"carat/pipeline/engine/duckdb"
)

func openDatabase(t *testing.T) *duckdb.Database {
	t.Helper()
	d, err := duckdb.Open(t.Context(), duckdb.Config{MemoryLimit: "1GB", Threads: 1, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// Rows are loaded in hundreds; none is lost or doubled where one ends.
func TestLoadRowsLoadsEachOnce(t *testing.T) {
	for _, n := range []int{0, 1, 99, 100, 101, 250} {
		d := openDatabase(t)
		var rows [][]any
		for i := range n {
			var note any = "it's"
			if i%7 == 0 {
				note = nil
			}
			rows = append(rows, []any{int64(i), note, time.Unix(int64(i), 0).UTC(), i%2 == 0})
		}
		if err := d.LoadRows(t.Context(), "records", "n bigint, note varchar, seen_at timestamptz, even boolean", rows); err != nil {
			t.Fatal(err)
		}
		got, err := d.Texts(t.Context(), `select count(*) || ' ' || count(distinct n) || ' ' || coalesce(sum(n), 0) || ' ' || count(*) filter (note = 'it''s')
			|| ' ' || count(*) filter (even = (n % 2 = 0) and epoch(seen_at) = n) from records`)
		if err != nil {
			t.Fatal(err)
		}
		want, err := d.Texts(t.Context(), `select count(*) || ' ' || count(*) || ' ' || coalesce(sum(i), 0) || ' ' || count(*) filter (i % 7 <> 0)
			|| ' ' || count(*) from range(`+strconv.Itoa(n)+`) as r(i)`)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d rows: %q, want %q (%v)", n, got, want, err)
		}
	}
}
