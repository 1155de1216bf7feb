package guard_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
)

// A backup that was made while the clock was ahead is the oldest all the same when
// others come after it: it goes first, the newest is the one that was made last, and
// the clock is told. Two in one second are two.
func TestBackupsKeepTheirOrderWhateverTheClock(t *testing.T) {
	s := trial.Folder(t, "feeds: {}\nmax_reject_share: 0.5\n", trial.SmallMonth)
	trial.Ingest(t, s)
	out := filepath.Join(t.TempDir(), "backups")
	var told []string
	s.Progress = func(e books.Event) { told = append(told, e.Note) }
	backup := func(at time.Time, keep int) *guard.BackupResult {
		t.Helper()
		s := s
		s.Now = at
		told = nil
		r, err := guard.Backup(t.Context(), guard.BackupOptions{Setting: s, Out: out, Keep: keep})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	right := s.Now
	ahead := backup(right.AddDate(1, 0, 0), 2)
	first := backup(right, 2)
	if !slices.ContainsFunc(told, func(n string) bool { return strings.Contains(n, "set the clock right") }) || len(first.Removed) > 0 {
		t.Errorf("told %q, removed %q", told, first.Removed)
	}
	second := backup(right, 2) // within the same second
	if !slices.Equal(second.Removed, []string{ahead.Name}) || second.Name == first.Name {
		t.Errorf("%s after %s removes %q, want %s", second.Name, first.Name, second.Removed, ahead.Name)
	}
	earlier := backup(right.AddDate(-1, 0, 0), 1)
	if !slices.Equal(earlier.Removed, []string{first.Name, second.Name}) {
		t.Errorf("removes %q", earlier.Removed)
	}
	dir := t.TempDir()
	r, err := guard.Restore(t.Context(), guard.RestoreOptions{Setting: s, From: out, Dir: dir})
	if err != nil || filepath.Base(r.Backup) != earlier.Name {
		t.Errorf("%+v %v", r, err)
	}
	// What a removal that was killed left is no backup, and goes.
	if err := os.MkdirAll(filepath.Join(out, ahead.Name, "lake"), 0o700); err != nil {
		t.Fatal(err)
	}
	backup(right, 0)
	if _, err := os.Stat(filepath.Join(out, ahead.Name)); err == nil {
		t.Error("what was left of a backup stays")
	}
}
