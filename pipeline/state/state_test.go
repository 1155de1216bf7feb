package state

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/state/database"
)

// stores are the databases that must all behave the same.
func stores(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) {
		// Characters that a file: URI would misread.
		test(t, filepath.Join(t.TempDir(), "what? 100% #1.db"))
	})
	t.Run("postgres", func(t *testing.T) { test(t, newDatabase(t)) })
}

func open(t *testing.T, dsn string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dsn, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func run(id string, created int64) Run {
	return Run{
		ID: id, Period: "2026-10", Status: "blocked", CreatedAt: time.UnixMicro(created).UTC(),
		Inputs:   map[string]int64{"gift_events": 1<<62 + 1}, // JSON numbers must not pass through a float
		Controls: []Control{{Control: "gift_price", Severity: "review", Checked: 10, Exceptions: 1, Result: "failed"}},
	}
}

func recordRun(t *testing.T, s *Store, r Run) {
	t.Helper()
	if err := s.inTx(context.Background(), func(tx *sql.Tx) error { return s.RecordRun(context.Background(), tx, r) }); err != nil {
		t.Fatal(err)
	}
}

func TestRunsAndPeriods(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		first, second := run("aa", 1_000_000), run("bb", 2_000_000)
		second.Status = "balanced"
		recordRun(t, s, first)
		recordRun(t, s, second)

		got, found, err := s.Run(ctx, "aa")
		if err != nil || !found || !reflect.DeepEqual(got, first) {
			t.Errorf("Run = %+v, %v, %v; want %+v", got, found, err, first)
		}
		if got, _, err = s.CurrentRun(ctx, "2026-10"); err != nil || got.ID != "bb" {
			t.Errorf("current run = %q, %v; want bb", got.ID, err)
		}
		if err := s.MakeCurrent(ctx, first, time.UnixMicro(3_000_000)); err != nil {
			t.Fatal(err)
		}
		if got, _, err = s.CurrentRun(ctx, "2026-10"); err != nil || got.ID != "aa" {
			t.Errorf("current run after MakeCurrent = %q, %v; want aa", got.ID, err)
		}
		if _, found, err := s.CurrentRun(ctx, "2026-11"); found || err != nil {
			t.Errorf("a period never reconciled: found %v, %v", found, err)
		}
		if _, found, err := s.Run(ctx, "cc"); found || err != nil {
			t.Errorf("an unknown run: found %v, %v", found, err)
		}
		periods, err := s.Periods(ctx)
		want := []PeriodState{{"2026-10", "blocked", "aa", time.UnixMicro(3_000_000).UTC()}}
		if err != nil || !reflect.DeepEqual(periods, want) {
			t.Errorf("Periods = %+v, %v; want %+v", periods, err, want)
		}
		runs, err := s.Runs(ctx, 1)
		if err != nil || len(runs) != 1 || runs[0].ID != "bb" {
			t.Errorf("newest run = %+v, %v; want bb", runs, err)
		}
	})
}

func TestRunRolledBackIsNotThere(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		failure := errors.New("the publish failed")
		err := s.inTx(ctx, func(tx *sql.Tx) error {
			if err := s.RecordRun(ctx, tx, run("aa", 1)); err != nil {
				return err
			}
			return failure
		})
		if !errors.Is(err, failure) {
			t.Fatal(err)
		}
		if _, found, err := s.Run(ctx, "aa"); found || err != nil {
			t.Errorf("found %v, %v", found, err)
		}
		if periods, err := s.Periods(ctx); len(periods) != 0 || err != nil {
			t.Errorf("periods %v, %v", periods, err)
		}
	})
}

func TestFirstPeriodIsFixedOnce(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		if p, err := s.FirstPeriod(ctx); p != "" || err != nil {
			t.Fatalf("FirstPeriod = %q, %v", p, err)
		}
		for _, p := range []pipeline.Period{"2026-10", "2026-09"} {
			if got, err := s.FixFirstPeriod(ctx, p); got != "2026-10" || err != nil {
				t.Fatalf("FixFirstPeriod(%s) = %q, %v; want 2026-10", p, got, err)
			}
		}
		if p, err := open(t, dsn).FirstPeriod(ctx); p != "2026-10" || err != nil {
			t.Fatalf("after reopening: %q, %v", p, err)
		}
	})
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		if _, err := s.db.ExecContext(ctx, "insert into carat_migrations (version, name) values (99, 'later')"); err != nil {
			t.Fatal(err)
		}
		_, err := Open(ctx, dsn, Options{})
		if pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "open state database: it was written by a newer carat") {
			t.Fatalf("got %v", err)
		}
	})
}

// TestLockedDatabaseIsBusy: what another program's transaction causes is told
// as such, and can pass.
func TestLockedDatabaseIsBusy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.sqlite")
	s := open(t, file)
	if err := s.inTx(t.Context(), func(*sql.Tx) error {
		other, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(0)&_txlock=immediate")
		if err != nil {
			return err
		}
		_, err = other.Begin()
		return errors.Join(database.Busy(err), other.Close())
	}); pipeline.KindOf(err) != pipeline.KindBusy || !strings.HasPrefix(err.Error(), "write to state database: another program keeps it locked (") ||
		!strings.HasSuffix(err.Error(), "; close what has opened catalog.sqlite, and run again; nothing was changed") {
		t.Errorf("%v", err)
	}
}
