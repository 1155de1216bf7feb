package jobs

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"carat/fixtures"
	"carat/pipeline"
	"carat/sql"
)

// A simulation makes whole worlds from seeds and runs every month of them. Few
// seeds in `make test`, all in `make simulate`; CARAT_SEED=N runs one,
// CARAT_SEED=N-M those from N to M.

const simulatedSeeds = 200

// seeds gives the seeds to simulate: few, or many in `make simulate`.
func seeds(t *testing.T, few, many uint64) []uint64 {
	t.Helper()
	if text := os.Getenv("CARAT_SEED"); text != "" {
		first, last, err := fixtures.Seeds(text)
		if err != nil {
			t.Fatal(err)
		}
		var list []uint64
		for seed := first; seed <= last; seed++ {
			list = append(list, seed)
		}
		return list
	}
	if os.Getenv("CARAT_SIMULATE") != "" {
		few = many
	}
	var list []uint64
	for seed := range few {
		list = append(list, seed+1)
	}
	return list
}

// simulate runs a test once per seed; one that fails says how to replay it.
func simulate(t *testing.T, few, many uint64, test func(t *testing.T, seed uint64)) {
	for _, seed := range seeds(t, few, many) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() {
				if t.Failed() {
					top, _, _ := strings.Cut(t.Name(), "/")
					t.Logf("replay: CARAT_SEED=%d go test ./jobs -run '^%s$' -count=1", seed, top)
				}
			})
			test(t, seed)
		})
	}
}

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

func ingestWorld(t *testing.T, s Setting) {
	t.Helper()
	if _, err := Ingest(context.Background(), IngestOptions{Setting: s}); err != nil {
		t.Fatal(err)
	}
}

// What is planted is found, in each of three months, no more and no fewer. The
// published roll-forwards add up to the last unit and hand over from month to
// month, and the models give the same bytes however many threads build them.
func TestFoundIsPlanted(t *testing.T) {
	simulate(t, 3, simulatedSeeds, func(t *testing.T, seed uint64) {
		o := simulatedWorld(seed)
		s, truth := made(t, o, "all")
		ingestWorld(t, s)
		var before map[string]*rolled
		for i, p := range worldMonths(o) {
			r, err := Reconcile(context.Background(), ReconcileOptions{Setting: s, SQL: sql.Files, Period: p})
			if err != nil {
				t.Fatal(err)
			}
			now := published(t, s, p)
			heldIdentities(t, p, before, now)
			before = now
			if i == 0 {
				if once, again := exported(t, s, p, 1), exported(t, s, p, 2); !maps.Equal(once, again) {
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
			if r.Status != StatusBlocked || len(planted) == 0 {
				t.Errorf("%s: status %s with %d planted faults", p, r.Status, len(planted))
			}
			foundExactly(t, s, p, planted)
		}
	})
}

// Months without faults are balanced, one after the other.
func TestCleanMonthsAreBalanced(t *testing.T) {
	simulate(t, 2, simulatedSeeds, func(t *testing.T, seed uint64) {
		o := simulatedWorld(seed + 1000)
		s, _ := made(t, o, "none")
		ingestWorld(t, s)
		for _, p := range worldMonths(o) {
			r, err := Reconcile(context.Background(), ReconcileOptions{Setting: s, SQL: sql.Files, Period: p})
			if err != nil {
				t.Fatal(err)
			}
			if r.Status != StatusBalanced {
				t.Errorf("%s: status %s: %v", p, r.Status, foundAll(t, s, p))
			}
		}
	})
}
