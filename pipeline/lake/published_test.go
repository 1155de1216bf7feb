package lake

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
)

// Snapshots of result tables expire too, but for those that a tag holds. What each run
// published, and in which state it was, the runs' rows say: its files, its rows, the hash
// of its numbers and its form. As of a batch there are the runs that read no later one.
func TestSnapshotsOfResultsExpire(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	root := t.TempDir()
	l, err := Open(t.Context(), Config{Root: root, Now: func() time.Time { return now }, Clock: func() time.Time { now = now.Add(time.Second); return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	release, err := l.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const runs = 152
	id := func(n int) string { return fmt.Sprintf("run%03d", n) }
	published := map[string][]RunTable{}
	var third time.Time
	for n := range runs {
		if n%50 == 0 { // b000001 before run 0, b000002 before run 50, …
			ingest(t, l, gifts(1, 1+n%28), strings.Repeat("x", n+1))
		}
		files := map[string][]string{"control_results": {stageResult(t, l, id(n), "control_results", resultRows(id(n)))}}
		if ok, err := l.Publish(t.Context(), Run{ID: id(n), Period: "2026-10"}, files, nil); err != nil || !ok {
			t.Fatal(ok, err)
		}
		if n == 3 {
			third = now
		}
		if published[id(n)], err = l.RunTables(t.Context(), id(n)); err != nil || len(published[id(n)]) != 1 {
			t.Fatalf("%+v %v", published[id(n)], err)
		}
		if n == 7 {
			if err := l.Tag(t.Context(), "close-2026-10-v1", map[string]int64{"control_results": published[id(7)][0].Snapshot}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := l.catalog.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	result, _ := l.catalog.Table("control_results")
	meta := result.Iceberg.Metadata()
	if n := len(meta.Snapshots()); n != chain.KeptSnapshots+1+runs-151 || meta.SnapshotByID(published[id(0)][0].Snapshot) != nil || meta.SnapshotByID(published[id(7)][0].Snapshot) == nil {
		t.Fatalf("%d snapshots are left", n)
	}
	for n := range runs {
		got, err := l.RunTables(t.Context(), id(n))
		if err != nil || fmt.Sprint(got) != fmt.Sprint(published[id(n)]) || got[0].Rows != 2 || len(got[0].Paths) != 1 || got[0].NumbersForm != 2 {
			t.Fatalf("%s is %+v, was %+v (%v)", id(n), got, published[id(n)], err)
		}
		sum, rows, err := NumbersSHA256(2, got[0].Paths)
		if err != nil || sum != got[0].NumbersSHA256 || rows != 2 {
			t.Fatalf("%s: %s of %d rows, %v", id(n), sum, rows, err)
		}
	}
	if ok, err := l.Publish(t.Context(), Run{ID: id(0), Period: "2026-10"}, nil, nil); err != nil || ok {
		t.Errorf("a run whose snapshot expired is published again: %v %v", ok, err)
	}
	if err := l.Tag(t.Context(), "close-2026-09-v1", map[string]int64{"control_results": published[id(1)][0].Snapshot}, nil); err != nil {
		t.Errorf("a run whose snapshot expired can't be locked: %v", err)
	}
	for at, want := range map[AsOf]int{{Batch: "b000001"}: 50, {Batch: "b000002"}: 100, {Batch: "b000004"}: runs, {}: runs, {Time: third}: 4,
		{Batch: "b000004", Time: publishedAt(t, l, id(3))}: 4} {
		ids, err := l.RunIDs(t.Context(), at)
		if err != nil || len(ids) != want || ids[0] != id(0) || ids[len(ids)-1] != id(want-1) {
			t.Errorf("as of %+v: %d runs to %v, want %d (%v)", at, len(ids), ids[max(0, len(ids)-1):], want, err)
		}
		if tf := tableOf(t, l, "control_results", at); len(tf.Files) != want {
			t.Errorf("as of %+v: %d files, want %d", at, len(tf.Files), want)
		}
	}
	if v, err := l.Verify(t.Context()); err != nil || v.Runs != runs {
		t.Errorf("%+v %v", v, err)
	}
	if s := strays(t, l); len(s) > 0 {
		t.Errorf("strays %v", s)
	}
	release()
	now = now.Add(catalog.GCAfter)
	lockTest(t, l)
	lists, err := filepath.Glob(filepath.Join(l.catalog.TableDir("control_results"), "metadata", "snap-*.avro"))
	if err != nil || len(lists) != len(meta.Snapshots()) {
		t.Errorf("%d lists of manifests a week later, for %d snapshots", len(lists), len(meta.Snapshots()))
	}
	if removed, unknown, err := l.SweepOrphans(t.Context()); err != nil || len(unknown) > 0 {
		t.Errorf("a sweep removes %d and doesn't know %v: %v", removed, unknown, err)
	}
}

func publishedAt(t *testing.T, l *Lake, run string) time.Time {
	t.Helper()
	at, err := l.PublishedAt(t.Context(), run)
	if err != nil || at.IsZero() {
		t.Fatalf("%s was published at %v, %v", run, at, err)
	}
	return at
}

// What a run's row says is compared with its snapshots and its files.
func TestVerifySeesAlteredRuns(t *testing.T) {
	base := t.TempDir()
	l := openTest(t, base)
	lockTest(t, l)
	for _, run := range []string{"run1", "run2"} {
		if _, err := l.Publish(t.Context(), Run{ID: run, Period: "2026-10"}, resultFiles(t, l, run), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		`update carat_published set published = replace(published, '"rows":2', '"rows":3') where run_id = 'run1'`:                "run run1 in control_results was changed: snapshot",
		`update carat_published set published = replace(published, '"numbers_form":2', '"numbers_form":1')`:                      "run run2 in rollforwards was changed: snapshot",
		`update carat_published set published = replace(published, '"files":"', '"files":"0')`:                                   "its list of files can't be read",
		`update carat_published set published = replace(published, 'run1-00', 'run2-00') where run_id = 'run1'`:                  "run run1 in control_results",
		`delete from carat_published where run_id = 'run1'`:                                                                      "says that it is of run run1, which published nothing there",
		`update carat_published set published = '[]' where run_id = 'run2'`:                                                      "says that it is of run run2, which published nothing there",
		`update carat_published set published = replace(published, '"snapshot_id":"', '"snapshot_id":"-') where run_id = 'run1'`: "its row says snapshot",
	} {
		root := filepath.Join(t.TempDir(), "lake")
		copyLake(t, base, root)
		l := openTest(t, root)
		if r, err := l.DB().Exec(query); err != nil {
			t.Fatal(err)
		} else if n, _ := r.RowsAffected(); n == 0 {
			t.Fatalf("%s changed nothing", query)
		}
		v, err := l.Verify(t.Context())
		if pipeline.KindOf(err) != pipeline.KindVerification || !slices.ContainsFunc(v.Differences, func(d string) bool { return strings.Contains(d, want) }) {
			t.Errorf("%s: %v: %q, want %q", query, err, v.Differences, want)
		}
	}
}

// A table that a run read and that is gone is an error, not one without rows.
func TestATableThatARunReadIsThere(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	c := ingest(t, l, gifts(4, 1), "one")
	if _, err := l.TablesOf(t.Context(), map[string]int64{"gift_events": c.Snapshot, "coin_purchases": 0}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"no_such_feed", "gift_event"} {
		_, err := l.TablesOf(t.Context(), map[string]int64{"gift_events": c.Snapshot, name: 7})
		if pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "the lake has no such table any more") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
