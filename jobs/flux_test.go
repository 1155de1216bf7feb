package jobs_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/internal/trial"
	"carat/jobs/month"
	"carat/jobs/reconcile"
	"carat/pipeline/decision"
	"carat/reports/table"
	"carat/sql"
)

// A month that moves against the closed one before by more than the materiality is found,
// by that much and on no other account, and isn't closed before a note says what it was.
func TestAMonthThatMovesWantsANote(t *testing.T) {
	trial.Simulate(t, 1, trial.SimulatedSeeds/10, func(t *testing.T, seed uint64) {
		o := simulatedWorld(seed + 3000)
		o.Period, o.Periods, o.Entities = "2026-10", 2, 1+int(seed%2)
		s, truth := trial.Made(t, o, "flux=1")
		trial.Ingest(t, s)
		by := func(user string) books.Setting {
			one := s
			one.By.User = user
			return one
		}
		ctx := context.Background()
		for i, p := range worldMonths(o) {
			if _, err := reconcile.Run(ctx, reconcile.Options{Setting: s, SQL: sql.Files, Period: p}); err != nil {
				t.Fatal(err)
			}
			var planted []string
			for _, f := range truth {
				if f.Period == string(p) {
					f.Period = ""
					planted = append(planted, spelled(f))
				}
			}
			if len(planted) != i {
				t.Errorf("%s: %d planted faults", p, len(planted))
			}
			foundExactly(t, s, p, planted)
			_, err := month.Close(ctx, month.CloseOptions{Setting: by("ann"), SQL: sql.Files, Period: p})
			if i > 0 {
				if err == nil {
					_, err = month.Approve(ctx, month.ApproveOptions{Setting: by("bob"), SQL: sql.Files, Period: p})
				}
				if err == nil {
					t.Fatalf("%s was closed without a note", p)
				}
				note(t, s, exceptions.Options{Setting: s, Period: p})
				_, err = month.Close(ctx, month.CloseOptions{Setting: by("ann"), SQL: sql.Files, Period: p})
			}
			if err == nil {
				_, err = month.Approve(ctx, month.ApproveOptions{Setting: by("bob"), SQL: sql.Files, Period: p})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// note explains every exception that is listed.
func note(t *testing.T, s books.Setting, o exceptions.Options) {
	t.Helper()
	list, err := exceptions.List(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(list.Columns, func(c table.Column) bool { return c.Name == "exception_id" })
	for _, row := range list.Rows {
		trial.Decide(t, s, decision.Decision{ExceptionID: fmt.Sprint(row[at]), Status: decision.Explained, Owner: "ops", Note: "a fee for the year, by contract", By: "cleo", At: s.Now})
	}
}
