package lake

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/shape"
)

// crashStride is how far apart the steps are at which a crash is tried; at
// every one in `make simulate`.
func crashStride(few int64) int64 {
	if os.Getenv("CARAT_SIMULATE") != "" {
		return 1
	}
	return few
}

var errPowerCut = errors.New("power cut")

// powerCut fails the n-th step from arm on, and every step after it: what was
// to be written or cleaned up after that instant isn't.
type powerCut struct {
	armed atomic.Bool
	left  atomic.Int64
	cause error
	once  bool // fail only that one step: a disk that is full for a moment
}

func (p *powerCut) fault(_, _ string) error {
	if !p.armed.Load() {
		return nil
	}
	left := p.left.Add(-1)
	if left == 0 || left < 0 && !p.once {
		return p.cause
	}
	return nil
}

// ingestWithRejects stages two days of rows and a reject, and commits.
func ingestWithRejects(t *testing.T, l *Lake) error {
	feed, _ := pipeline.FeedByName("gift_events")
	s, err := NewStage[pipeline.GiftEvent](t.Context(), l, feed, l.NextBatchID())
	if err != nil {
		return err
	}
	err = func() error {
		if _, err := s.Raw().Write([]byte("crash test")); err != nil {
			return err
		}
		b, err := s.OpenBlock(0)
		if err != nil {
			return err
		}
		if err := b.Write(gifts(8, 5)); err != nil {
			return err
		}
		if err := b.Close(); err != nil {
			return err
		}
		if err := s.AddRejects([]pipeline.Reject{{Feed: feed.Name, Code: "missing", Lineage: pipeline.Lineage{SourceLine: 99}}}); err != nil {
			return err
		}
		batch := batchOf(8)
		batch.RowsRead, batch.RowsRejected = 9, 1
		_, err = s.Commit(t.Context(), batch)
		return err
	}()
	return errors.Join(err, s.Discard())
}

func copyLake(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// strays lists what lies in the lake's table and raw folders without being
// referred to, and what is left in staging.
func strays(t *testing.T, l *Lake) []string {
	t.Helper()
	if err := l.catalog.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	known, err := l.sweeper().Referred(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, dir := range []string{catalog.Namespace + ".db", "raw", "staging"} {
		err := filepath.WalkDir(filepath.Join(l.cfg.Root, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !known[path] {
				found = append(found, strings.TrimPrefix(path, l.cfg.Root))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// A crash at a step of an ingest (every few are tried here) leaves the whole batch or none of it, and
// nothing lying about once the next writer has swept: also when the manifests are merged by that commit.
func TestCrashAtAnyStep(t *testing.T) {
	for _, c := range []struct {
		name    string
		batches int
		few     int64
	}{{"second batch", 1, 3}, {"merged manifests", shape.ManifestsAtMost - 1, 7}} {
		t.Run(c.name, func(t *testing.T) {
			base := t.TempDir()
			l := openTest(t, base)
			lockTest(t, l)
			for i := range c.batches {
				ingest(t, l, gifts(4, 1), "batch "+strconv.Itoa(i))
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			crashAtAnyStep(t, base, c.batches, crashStride(c.few))
		})
	}
}

// crashAtAnyStep tries one step in every stride, and all of those at the end, where
// the batch is there already.
func crashAtAnyStep(t *testing.T, base string, batches int, stride int64) {
	const allSteps, lastSteps = int64(1 << 40), 12
	outcomes := map[bool]int{}
	crash := func(n int64) (took int64) {
		root := filepath.Join(t.TempDir(), "lake")
		copyLake(t, base, root)
		defer os.RemoveAll(root)
		cut := &powerCut{cause: errPowerCut}
		crashed, err := Open(t.Context(), Config{Root: root, Fault: cut.fault})
		if err != nil {
			t.Fatal(err)
		}
		release, err := crashed.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cut.left.Store(n)
		cut.armed.Store(true)
		err = ingestWithRejects(t, crashed)
		release()
		_ = crashed.Close()
		if cut.left.Load() > 0 && err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		outcomes[checkAfterCrash(t, root, n, batches)]++
		return n - cut.left.Load()
	}
	steps := crash(allSteps)
	for n := int64(1); n <= steps; n++ {
		if (n-1)%stride == 0 || n > steps-lastSteps {
			crash(n)
		}
	}
	t.Logf("counted: an ingest stopped at %d steps before its batch was there, and at %d after", outcomes[false], outcomes[true])
	if outcomes[true] == 0 || outcomes[false] < 10 {
		t.Errorf("batches there and not there after a crash: %v", outcomes)
	}
}

func checkAfterCrash(t *testing.T, root string, n int64, batches int) (there bool) {
	t.Helper()
	l, err := Open(t.Context(), Config{Root: root})
	if err != nil {
		t.Fatalf("step %d: open: %v", n, err)
	}
	defer l.Close()
	release, err := l.Lock(t.Context())
	if err != nil {
		t.Fatalf("step %d: lock: %v", n, err)
	}
	defer release()
	if _, err := l.Verify(t.Context()); err != nil {
		t.Errorf("step %d: %v", n, err)
	}
	if s := strays(t, l); len(s) > 0 {
		t.Errorf("step %d: strays %v", n, s)
	}
	rows := len(readAll[pipeline.GiftEvent](t, tableOf(t, l, "gift_events", AsOf{}).Files))
	rejects := len(readAll[pipeline.Reject](t, tableOf(t, l, "rejects", AsOf{}).Files))
	switch {
	case rows == 4*batches+8 && rejects == 1:
		there = true
	case rows == 4*batches && rejects == 0:
		if err := ingestWithRejects(t, l); err != nil {
			t.Errorf("step %d: again: %v", n, err)
		}
	default:
		t.Errorf("step %d: %d rows and %d rejects", n, rows, rejects)
	}
	if got, want := l.catalog.LastBatchID(), fmt.Sprintf("b%06d", batches+1); got != want {
		t.Errorf("step %d: last batch %s, want %s", n, got, want)
	}
	return there
}

// An error that passes (a full disk, for one) at any step must leave a lake in
// which the same process can go on.
func TestFailureAtAnyStepLeavesNothing(t *testing.T) {
	root := t.TempDir()
	full := &powerCut{cause: &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, once: true}
	l, err := Open(t.Context(), Config{Root: root, Fault: full.fault})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	lockTest(t, l)
	for n := int64(1); ; n++ {
		full.left.Store(n)
		full.armed.Store(true)
		err := ingestWithRejects(t, l)
		full.armed.Store(false)
		if l.catalog.LastBatch() == 1 {
			if n < 20 {
				t.Fatalf("the commit took only %d steps: %v", n, err)
			}
			break
		}
		if err == nil || !strings.Contains(err.Error(), "free space in "+root+" and run again; nothing was ingested") {
			t.Fatalf("step %d: %v", n, err)
		}
		// A cleanup that hit the fault itself is finished by the next sweep.
		if err := l.sweeper().Staging(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := strays(t, l); len(s) > 0 {
			t.Fatalf("step %d: strays %v", n, s)
		}
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// A run's tables and its row appear together or not at all.
func TestPublishCrashAtAnyStep(t *testing.T) {
	base := t.TempDir()
	l := openTest(t, base)
	lockTest(t, l)
	if _, err := l.DB().Exec("create table runs (id text primary key)"); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	outcomes := map[bool]int{}
	for n := int64(1); ; n += crashStride(3) {
		root := filepath.Join(t.TempDir(), "lake")
		copyLake(t, base, root)
		cut := &powerCut{cause: errPowerCut}
		crashed, err := Open(t.Context(), Config{Root: root, Fault: cut.fault})
		if err != nil {
			t.Fatal(err)
		}
		release, err := crashed.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		files := resultFiles(t, crashed, "run1")
		cut.left.Store(n)
		cut.armed.Store(true)
		_, _ = crashed.Publish(t.Context(), Run{ID: "run1", Period: "2026-10"}, files, recordRun("run1"))
		release()
		_ = crashed.Close()

		after := openTest(t, root)
		release, err = after.Lock(t.Context())
		if err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		var runs int
		if err := after.DB().QueryRow("select count(*) from runs").Scan(&runs); err != nil {
			t.Fatal(err)
		}
		var rows []int
		tables, err := after.Tables(t.Context(), AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		for _, tf := range tables {
			if slices.Contains([]string{"control_results", "rollforwards"}, tf.Name) {
				rows = append(rows, len(readAll[resultRow](t, tf.Files)))
			}
		}
		there := runs == 1
		if there && !slices.Equal(rows, []int{2, 2}) || !there && len(rows) > 0 {
			t.Errorf("step %d: %d runs, rows %v", n, runs, rows)
		}
		if s := strays(t, after); len(s) > 0 {
			t.Errorf("step %d: strays %v", n, s)
		}
		outcomes[there]++
		release()
		_ = after.Close()
		_ = os.RemoveAll(root)
		if cut.left.Load() > 0 {
			break
		}
	}
	t.Logf("counted: a publication stopped at %d steps before the run was there, and at %d after", outcomes[false], outcomes[true])
	if outcomes[true] == 0 || outcomes[false] < 5 {
		t.Errorf("runs there and not there after a crash: %v", outcomes)
	}
}

func recordRun(id string) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		_, err := tx.Exec("insert into runs (id) values ('" + id + "')")
		return err
	}
}
