package jobs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"carat/fixtures"
	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/sql"
)

// numbersOf reconciles October, and gives the run with the numbers of each of its tables.
func numbersOf(t *testing.T, s books.Setting) (*reconcile.Result, map[string]string) {
	t.Helper()
	r, err := reconcile.Run(context.Background(), reconcile.Options{Setting: s, SQL: sql.Files, Period: "2026-10"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := books.Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	tables, err := p.Lake.RunTables(context.Background(), r.RunID)
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]string{}
	for _, one := range tables {
		numbers[one.Table] = fmt.Sprint(one.Rows, " ", one.NumbersSHA256)
	}
	return r, numbers
}

func batchesOf(t *testing.T, s books.Setting) []pipeline.Batch {
	t.Helper()
	p, err := books.Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	batches, err := p.Batches(context.Background(), books.Latest)
	if err != nil {
		t.Fatal(err)
	}
	return batches
}

// Files of a later month make no other run of a month: it has the same id, and, run for the
// first time when they are there already, the same numbers in every table.
func TestFilesOfALaterMonthAreNoneOfAnEarlierOnes(t *testing.T) {
	options := fixtures.Options{Period: "2026-10", Periods: 2, Gifts: 400, Viewers: 40, Creators: 12, Seed: 5, Files: fixtures.FilesDaily}
	whole, _ := trial.Made(t, options, "none")
	trial.Ingest(t, whole)
	ofNovember := map[string]bool{}
	for _, b := range batchesOf(t, whole) {
		ofNovember[b.Source] = true
	}
	read, _ := reconcile.ReadBy("2026-10", batchesOf(t, whole), nil)
	for _, b := range read {
		delete(ofNovember, b.Source) // also one of November that holds a late row of October
	}
	if len(ofNovember) < 60 {
		t.Fatalf("%d files are of November alone", len(ofNovember))
	}
	made := func() (books.Setting, func()) {
		s, _ := trial.Made(t, options, "none")
		inbox, later := filepath.Join(s.Config.Dir, "inbox"), filepath.Join(s.Config.Dir, "later")
		if err := os.Mkdir(later, 0o755); err != nil {
			t.Fatal(err)
		}
		move := func(from, to string) {
			for name := range ofNovember {
				if err := os.Rename(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
		move(inbox, later)
		trial.Ingest(t, s)
		return s, func() {
			move(later, inbox)
			trial.Ingest(t, s)
		}
	}
	s, comes := made()
	before, numbers := numbersOf(t, s)
	comes()
	if again, _ := numbersOf(t, s); again.RunID != before.RunID || !again.Repeated {
		t.Errorf("with November's files October is run %s, and was %s", again.RunID, before.RunID)
	}
	s, comes = made()
	comes()
	if n := len(batchesOf(t, s)); n != len(batchesOf(t, whole)) {
		t.Fatalf("%d batches", n)
	}
	first, got := numbersOf(t, s)
	if first.RunID != before.RunID || first.Repeated {
		t.Errorf("run when November was there it is %s, and was %s before", first.RunID, before.RunID)
	}
	for name, want := range numbers {
		if got[name] != want {
			t.Errorf("table %s: %s when November was there, %s before", name, got[name], want)
		}
	}
	if len(got) != len(numbers) || !slices.Contains([]string{"balanced", "exceptions"}, first.Status) {
		t.Errorf("%d tables, %d before; %s", len(got), len(numbers), first.Status)
	}
}
