package history

import (
	"slices"
	"testing"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// Each file is in one of both tables, by the month of its folder; one that doesn't say its
// month is read with the others, and so is one of a later month. Batches that are not to be
// read are none of either.
func TestSplit(t *testing.T) {
	of := func(month string) string {
		return "/lake/gift_events/data/accounting_month=" + month + "/sent_at_day=1/b.parquet"
	}
	files := []string{of("2026-09"), of("2026-10"), of("2026-11"), of("2026-12"), "/lake/gift_events/data/b.parquet"}
	tables := []pipeline.TableFiles{{Name: "payouts", Files: files}, {Name: Feed, Files: files, Without: []string{"b000002"}, UpTo: 7}}
	split := Split(tables, "2026-11")
	if len(split) != 3 || !slices.Equal(split[0].Files, files) || !slices.Equal(tables[1].Files, files) {
		t.Fatalf("%+v", split)
	}
	if now := split[1]; now.Name != Feed || !slices.Equal(now.Files, files[2:]) {
		t.Errorf("%+v", now)
	}
	earlier := split[2]
	if !IsEarlier(earlier.Name) || IsEarlier(Feed) || !slices.Equal(earlier.Files, files[:2]) || !slices.Equal(earlier.Without, tables[1].Without) || earlier.UpTo != 7 {
		t.Errorf("%+v", earlier)
	}
	if none := Split(tables, "")[2]; len(none.Files) > 0 {
		t.Errorf("%+v", none)
	}
}

// Where nothing was loaded of earlier months there is an empty table; one that was loaded stays.
func TestNoneEarlier(t *testing.T) {
	d, err := duckdb.Open(t.Context(), duckdb.Config{MemoryLimit: "1GB", Threads: 1, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	count := func() string {
		t.Helper()
		if err := NoneEarlier(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		n, err := d.Texts(t.Context(), "select cast(count(*) as varchar) from raw_earlier_gift_events")
		if err != nil {
			t.Fatal(err)
		}
		return n[0]
	}
	if err := NoneEarlier(t.Context(), d); err != nil { // nor are there gifts
		t.Fatal(err)
	}
	if err := d.Exec(t.Context(), "create table raw_gift_events as select 'g' as event_id"); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != "0" {
		t.Errorf("%s rows", n)
	}
	if err := d.Exec(t.Context(), "drop view raw_earlier_gift_events; create table raw_earlier_gift_events as select 'e' as event_id"); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != "1" {
		t.Errorf("%s rows", n)
	}
}
