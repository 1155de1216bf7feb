package lake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
)

// takeOver begins an epoch as a writer on another machine does that finds the lock free,
// while this process still believes that it has it.
func takeOver(t *testing.T, root string) *Lake {
	t.Helper()
	other := openTest(t, root)
	lock, err := other.catalog.Lock(t.Context(), "another machine's ")
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Raise(t.Context(), "process 7 on elsewhere", time.Now()); err != nil {
		t.Fatal(err)
	}
	other.catalog.Hold(lock)
	return other
}

// A writer that lost its lock at any step before the transaction commits nothing and
// deletes nothing, not even what it made itself: the new holder may have files of the
// same names.
func TestWhoLostTheLockNeitherCommitsNorDeletes(t *testing.T) {
	for _, c := range []struct{ name, step, path string }{
		{"before the move", "create", "move.json"},
		{"while files are placed", "rename", ".parquet"},
		{"while metadata is written", "create", ".metadata.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			var other *Lake
			armed := false
			l, err := Open(t.Context(), Config{Root: root, Fault: func(step, path string) error {
				if armed && other == nil && step == c.step && strings.Contains(path, c.path) {
					other = takeOver(t, root)
					ingest(t, other, gifts(4, 9), "of the new holder") // b000002, as the other would have been
				}
				return nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			lockTest(t, l)
			ingest(t, l, gifts(4, 1), "one")
			armed = true
			err = ingestWithRejects(t, l)
			if other == nil {
				t.Fatal("the lock was never taken over")
			}
			// Before its files are placed the new holder has swept them away: the move fails.
			placed := c.path == ".metadata.json"
			if err == nil || placed && pipeline.KindOf(err) != pipeline.KindBusy || placed && !strings.Contains(err.Error(), "process 7 on elsewhere has taken its lock over (epoch 2; this one's was 1)") {
				t.Errorf("error %v", err)
			}
			batches, err := other.Batches(t.Context(), AsOf{})
			if err != nil || len(batches) != 2 || batches[1].Source != "gift_events.csv" {
				t.Fatalf("%+v %v", batches, err)
			}
			rows := readAll[pipeline.GiftEvent](t, tableOf(t, other, "gift_events", AsOf{}).Files)
			if len(rows) != 8 {
				t.Errorf("%d rows, want those of the new holder", len(rows))
			}
			if _, err := other.Verify(t.Context()); err != nil {
				t.Error(err)
			}
			if err := l.disk.Remove(filepath.Join(root, "lake.json")); pipeline.KindOf(err) != pipeline.KindBusy {
				t.Errorf("it deletes: %v", err)
			}
			if _, err := os.Stat(filepath.Join(root, "lake.json")); err != nil {
				t.Error(err)
			}
			if _, err := l.Compact(t.Context(), nil); err != nil && pipeline.KindOf(err) != pipeline.KindBusy {
				t.Error(err)
			}
		})
	}
}

// Each taking of the lock begins an epoch, and the one who has it goes on.
func TestEveryLockIsAnEpoch(t *testing.T) {
	l := openTest(t, t.TempDir())
	for want := int64(1); want < 4; want++ {
		release, err := l.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ingest(t, l, gifts(4, 1), strings.Repeat("x", int(want)))
		var epoch int64
		var holder string
		if err := l.DB().QueryRow("select epoch, holder from carat_lock where lake = ?", l.ID()).Scan(&epoch, &holder); err != nil || epoch != want || !strings.HasPrefix(holder, "process ") {
			t.Errorf("epoch %d of %q, %v; want %d", epoch, holder, err, want)
		}
		release()
	}
}
