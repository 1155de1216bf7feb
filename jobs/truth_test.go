package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"carat/fixtures"
	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/internal/trial"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/sql"
)

// foundAll lists the exceptions of the month as the truth spells them, sorted.
func foundAll(t *testing.T, s books.Setting, period pipeline.Period) []string {
	t.Helper()
	list, err := exceptions.List(context.Background(), exceptions.Options{Setting: s, Period: period})
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, c := range list.Columns {
		at[c.Name] = i
	}
	var found []string
	for _, row := range list.Rows {
		cell := func(name string) string { return strings.TrimPrefix(fmt.Sprint(row[at[name]]), "<nil>") }
		found = append(found, spelled(fixtures.Truth{
			Control: cell("control"), Reason: cell("reason"), SubjectKind: cell("subject_kind"), SubjectID: cell("subject_id"),
			Difference: cell("difference"), Unit: cell("unit"),
		}))
	}
	sort.Strings(found)
	return found
}

func spelled(t fixtures.Truth) string {
	return fmt.Sprintf("%s %s %s %s %s %s %s", t.Period, t.Control, t.Reason, t.SubjectKind, t.SubjectID, t.Difference, t.Unit)
}

// foundExactly wants the exceptions of a month to be those, no more and no fewer.
func foundExactly(t *testing.T, s books.Setting, period pipeline.Period, want []string) {
	t.Helper()
	sort.Strings(want)
	missing, others := difference(want, foundAll(t, s, period))
	for _, m := range missing {
		t.Errorf("%s: expected and not found: %s", period, m)
	}
	for _, o := range others {
		t.Errorf("%s: found and not expected: %s", period, o)
	}
}

// difference gives what is in one sorted list and not in the other.
func difference(a, b []string) (onlyA, onlyB []string) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			onlyA, a = append(onlyA, a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			onlyB, b = append(onlyB, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return onlyA, onlyB
}

// A month without faults is balanced; a second run writes nothing, and a second
// lake from the same files gives the same run.
func TestCleanMonthIsBalanced(t *testing.T) {
	s, truth := trial.Generated(t, 7, "none")
	if len(truth) != 0 {
		t.Fatalf("a clean month with %d faults", len(truth))
	}
	run := func(s books.Setting) *jobs.RunResult {
		r, err := jobs.Run(context.Background(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := run(s)
	if first.Reconcile.Status != books.StatusBalanced {
		t.Errorf("status %s: %v", first.Reconcile.Status, foundAll(t, s, "2026-10"))
	}
	if first.Statements.Statements == 0 {
		t.Error("no statements")
	}
	if second := run(s); !second.Reconcile.Repeated || second.Reconcile.RunID != first.Reconcile.RunID {
		t.Errorf("the second run: %+v after %+v", second.Reconcile, first.Reconcile)
	}
	elsewhere := *s.Config
	elsewhere.Lake = filepath.Join(t.TempDir(), "lake")
	s.Config, s.Now = &elsewhere, s.Now.Add(time.Hour)
	if third := run(s); third.Reconcile.Repeated || third.Reconcile.RunID != first.Reconcile.RunID {
		t.Errorf("the run in another lake: %+v after %+v", third.Reconcile, first.Reconcile)
	}
}

// A run that is cut short leaves nothing of itself, and the next one does all.
func TestCancelledRunLeavesNothing(t *testing.T) {
	s, _ := trial.Generated(t, 3, "none")
	ctx, cancel := context.WithCancel(context.Background())
	interrupted := s
	interrupted.Progress = func(e books.Event) {
		if e.Step == "reconcile" {
			cancel()
		}
	}
	if _, err := jobs.Run(ctx, jobs.RunOptions{Setting: interrupted, SQL: sql.Files, Period: "2026-10"}); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled run: %v", err)
	}
	if _, err := exceptions.List(context.Background(), exceptions.Options{Setting: s, Period: "2026-10"}); err == nil {
		t.Error("a cancelled run published results")
	}
	if _, err := statements.Write(context.Background(), statements.Options{Setting: s, Period: "2026-10"}); err == nil {
		t.Error("a cancelled run has statements")
	}
	r, err := jobs.Run(context.Background(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"})
	if err != nil || r.Reconcile.Status != books.StatusBalanced {
		t.Errorf("after it: %+v, %v", r, err)
	}
}
