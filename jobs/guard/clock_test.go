package guard_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/jobs/reconcile"
	"carat/sql"
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
	r, err := guard.Restore(t.Context(), guard.RestoreOptions{Setting: as(s, "cleo"), From: out, Dir: dir})
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

// What was taken in and reconciled while the clock was ahead holds up nothing when
// it is right again: the lake goes on, keeps the order of its commits, dates what is
// new by the clock, and tells that it jumped.
func TestClockThatWasAheadHoldsUpNothing(t *testing.T) {
	s := trial.Folder(t, "feeds: {}\nmax_reject_share: 0.5\n", trial.SmallMonth)
	var told []string
	s.Progress = func(e books.Event) { told = append(told, e.Note) }
	right := time.Now().UTC()
	at := func(now time.Time) books.Setting {
		s := s
		s.Now, s.Clock = now, func() time.Time { return now }
		return s
	}
	run := func(s books.Setting) {
		t.Helper()
		if _, err := ingest.Files(t.Context(), ingest.Options{Setting: s}); err != nil {
			t.Fatal(err)
		}
		if _, err := reconcile.Run(t.Context(), reconcile.Options{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
			t.Fatal(err)
		}
	}
	add := func(name, id string) {
		t.Helper()
		text := trial.PurchaseHeader + id + ",purchase,v1,web,coins-1000,1000,USD,10.00,2026-10-20T10:00:00Z\n"
		if err := os.WriteFile(filepath.Join(filepath.Dir(s.Config.Lake), "inbox", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	purchases := func(asOf string) any {
		t.Helper()
		rows, err := trial.Query(t.Context(), ask.QueryOptions{Setting: at(right.Add(time.Hour)), Query: "select count(*) from coin_purchases", AsOf: asOf})
		if err != nil {
			t.Fatal(err)
		}
		return rows.Rows[0][0]
	}
	run(at(right.Add(-time.Hour)))
	add("coin_purchases-2.csv", "p11")
	run(at(right.AddDate(1, 0, 0)))
	told = nil
	add("coin_purchases-3.csv", "p12")
	run(at(right.Add(time.Minute)))
	if !slices.ContainsFunc(told, func(n string) bool { return strings.Contains(n, "set the clock right") }) {
		t.Errorf("told %q", told)
	}
	if _, err := guard.Compact(t.Context(), guard.CompactOptions{Setting: at(right.Add(2 * time.Minute))}); err != nil {
		t.Error(err)
	}
	if r, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: at(right.Add(3 * time.Minute))}); err != nil {
		t.Errorf("%v %+v", err, r)
	}
	for asOf, want := range map[string]int64{
		right.Format(time.RFC3339Nano):                       2, // before the jump
		right.Add(90 * time.Second).Format(time.RFC3339Nano): 4, // all that was there, the one from the future too
		"": 4,
	} {
		if got := purchases(asOf); got != want {
			t.Errorf("as of %q there are %v purchases, want %d", asOf, got, want)
		}
	}
}
