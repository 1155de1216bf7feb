package duckdb_test

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"carat/pipeline"
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

// A table of many small files is read once and kept, as one of few rows is; one of large files
// is read where it lies. Both say the same.
func TestHoldsWhatIsSmall(t *testing.T) {
	d := openDatabase(t)
	dir := t.TempDir()
	write := func(name string, rows int) string {
		t.Helper()
		file := filepath.Join(dir, name+".parquet")
		if err := d.Exec(t.Context(), "copy (select i as n, sha256(cast(i as varchar)) as key from range("+strconv.Itoa(rows)+") as r(i)) to '"+file+
			"' (format parquet, field_ids {n: 1, key: 2})"); err != nil {
			t.Fatal(err)
		}
		return file
	}
	columns := []pipeline.Column{{ID: 1, Name: "n", Type: "BIGINT"}, {ID: 2, Name: "key", Type: "VARCHAR"}}
	small, large := pipeline.TableFiles{Name: "small", Columns: columns}, pipeline.TableFiles{Name: "large", Columns: columns, Files: []string{write("large", 60_000)}}
	for i := range 200 {
		small.Files = append(small.Files, write("small"+strconv.Itoa(i), 200))
	}
	if err := d.Hold(t.Context(), "raw_", []pipeline.TableFiles{small, large}); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]string{"raw_small": "40000 false", "raw_large": "60000 true"} {
		got, err := d.Texts(t.Context(), "select cast(count(*) as varchar) from "+table)
		if err != nil || len(got) != 1 || got[0]+" "+strconv.FormatBool(d.Scan(table) != "") != want {
			t.Errorf("%s: %v, read from its files %t, want %s (%v)", table, got, d.Scan(table) != "", want, err)
		}
	}
}
