package jobs_test

import (
	"context"
	"maps"
	"testing"

	"carat/fixtures"
	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/sql"
)

// simulatedWorld is three months whose shape depends on the seed alone: zones
// with and without summer time, one entity or two, a year's end.
func simulatedWorld(seed uint64) fixtures.Options {
	return fixtures.Options{
		Period: []pipeline.Period{"2026-10", "2026-12", "2027-02"}[seed/4%3], Periods: 3,
		Zone:     []string{"UTC", "America/New_York", "Asia/Kathmandu", "UTC"}[seed%4],
		Entities: 1 + int(seed%3%2), Gifts: 700, Viewers: 300, Creators: 90, Seed: seed,
		Files: fixtures.FilesMonth,
	}
}

// worldMonths gives the months of a world.
func worldMonths(o fixtures.Options) []pipeline.Period {
	list := []pipeline.Period{o.Period}
	for len(list) < o.Periods {
		list = append(list, list[len(list)-1].Next())
	}
	return list
}

// What is planted is found, in each of three months, no more and no fewer. The
// published roll-forwards add up to the last unit and hand over from month to
// month, and the models give the same bytes however many threads build them.
func TestFoundIsPlanted(t *testing.T) {
	trial.Simulate(t, 3, trial.SimulatedSeeds, func(t *testing.T, seed uint64) {
		o := simulatedWorld(seed)
		s, truth := trial.Made(t, o, "all,rejected_row=2,not_compared=1")
		trial.Ingest(t, s)
		var before map[string]*rolled
		for i, p := range worldMonths(o) {
			r, err := reconcile.Run(context.Background(), reconcile.Options{Setting: s, SQL: sql.Files, Period: p})
			if err != nil {
				t.Fatal(err)
			}
			now := published(t, s, p)
			heldIdentities(t, p, before, now)
			before = now
			if i == 0 {
				// The run itself was with one thread, since there are few rows.
				if once, again := publishedFiles(t, s, r.RunID), exported(t, s, p, r.RunID, 2); !maps.Equal(once, again) {
					t.Errorf("%s: two runs of the same rows differ: %v, %v", p, once, again)
				}
			}
			var planted []string
			for _, f := range truth {
				if f.Period == string(p) || f.Carried && f.Period < string(p) {
					f.Period = "" // each month is compared by itself
					planted = append(planted, spelled(f))
				}
			}
			for _, c := range r.Controls {
				if c.Exceptions > c.Checked {
					t.Errorf("%s: %s found %d among %d that it checked", p, c.Control, c.Exceptions, c.Checked)
				}
			}
			if r.Status != books.StatusBlocked || len(planted) == 0 {
				t.Errorf("%s: status %s with %d planted faults", p, r.Status, len(planted))
			}
			foundExactly(t, s, p, planted)
		}
	})
}

// Under the policy clawback: full, diamonds that were not taken back are found, and those
// of which too many were.
func TestFoundIsPlantedUnderClawback(t *testing.T) {
	trial.Simulate(t, 1, trial.SimulatedSeeds/10, func(t *testing.T, seed uint64) {
		o := simulatedWorld(seed + 2000)
		o.Periods = 2
		s, truth := trial.Made(t, o, "refund_clawback=3")
		trial.Ingest(t, s)
		for _, p := range worldMonths(o) {
			if _, err := reconcile.Run(context.Background(), reconcile.Options{Setting: s, SQL: sql.Files, Period: p}); err != nil {
				t.Fatal(err)
			}
			var planted []string
			for _, f := range truth {
				if f.Period == string(p) {
					f.Period = ""
					planted = append(planted, spelled(f))
				}
			}
			if len(planted) != 3 {
				t.Errorf("%s: %d planted faults", p, len(planted))
			}
			foundExactly(t, s, p, planted)
		}
	})
}

// Who leaves in a late month is not found in an earlier one: of a world of many months each month finds its own.
func TestFoundIsPlantedMonthByMonth(t *testing.T) {
	trial.Simulate(t, 1, trial.SimulatedSeeds/10, func(t *testing.T, seed uint64) {
		o := simulatedWorld(seed + 4000)
		o.Periods = 5
		s, truth := trial.Made(t, o, "payout_ageing=3")
		trial.Ingest(t, s)
		for _, p := range worldMonths(o) {
			if _, err := reconcile.Run(context.Background(), reconcile.Options{Setting: s, SQL: sql.Files, Period: p}); err != nil {
				t.Fatal(err)
			}
			var planted []string
			for _, f := range truth {
				if f.Period == string(p) || f.Carried && f.Period < string(p) {
					f.Period = ""
					planted = append(planted, spelled(f))
				}
			}
			foundExactly(t, s, p, planted)
		}
	})
}

// What a control says of a sum is found where nothing else is planted that is in it: the
// fee of an order that no report tells of stays in suspense. A second month would know what
// suspense opens with only behind a closed one.
func TestFoundIsPlantedInSuspense(t *testing.T) {
	trial.Simulate(t, 1, trial.SimulatedSeeds/10, func(t *testing.T, seed uint64) {
		o := simulatedWorld(seed + 3000)
		o.Periods = 1
		s, truth := trial.Made(t, o, "receivable_rollforward=3")
		trial.Ingest(t, s)
		if _, err := reconcile.Run(context.Background(), reconcile.Options{Setting: s, SQL: sql.Files, Period: o.Period}); err != nil {
			t.Fatal(err)
		}
		var planted []string
		for _, f := range truth {
			f.Period = ""
			planted = append(planted, spelled(f))
		}
		foundExactly(t, s, o.Period, planted)
	})
}

// Months without faults are balanced, one after the other.
func TestCleanMonthsAreBalanced(t *testing.T) {
	trial.Simulate(t, 2, trial.SimulatedSeeds, func(t *testing.T, seed uint64) {
		o := simulatedWorld(seed + 1000)
		s, _ := trial.Made(t, o, "none")
		trial.Ingest(t, s)
		for _, p := range worldMonths(o) {
			r, err := reconcile.Run(context.Background(), reconcile.Options{Setting: s, SQL: sql.Files, Period: p})
			if err != nil {
				t.Fatal(err)
			}
			if r.Status != books.StatusBalanced {
				t.Errorf("%s: status %s: %v", p, r.Status, foundAll(t, s, p))
			}
		}
	})
}
