package trial

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"carat/fixtures"
)

// A simulation makes whole worlds from seeds and runs every month of them. Few
// seeds in `make test`, all in `make simulate`; CARAT_SEED=N runs one,
// CARAT_SEED=N-M those from N to M.

// SimulatedSeeds is how many seeds `make simulate` runs.
const SimulatedSeeds = 200

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

// Simulate runs a test once per seed; one that fails says how to replay it.
func Simulate(t *testing.T, few, many uint64, test func(t *testing.T, seed uint64)) {
	for _, seed := range seeds(t, few, many) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() {
				if t.Failed() {
					top, _, _ := strings.Cut(t.Name(), "/")
					t.Logf("replay: CARAT_SEED=%d go test ./jobs/... -run '^%s$' -count=1", seed, top)
				}
			})
			test(t, seed)
		})
	}
}
