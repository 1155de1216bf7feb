package closepackage

import (
	"math/big"
	"slices"
	"testing"

	"carat/pipeline"
)

// Causes stand in one order: what can't be measured first, then by exposure; their
// sum is gross.
func TestCausesByExposure(t *testing.T) {
	list := []cause{
		{control: "small", found: 1, exposure: big.NewRat(1, 100)}, {control: "days", found: 2, unmeasured: 2},
		{control: "large", found: 3, exposure: big.NewRat(9, 1)}, {control: "partly", found: 3, unmeasured: 1, exposure: big.NewRat(1, 1)},
	}
	slices.SortStableFunc(list, moreExposed)
	var names []string
	for _, c := range list {
		names = append(names, c.control)
	}
	if want := []string{"days", "partly", "large", "small"}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
	got := exposed(list, map[string]pipeline.Amount{"EUR": 7_000_000, "USD": 100_500_000}, "USD")
	if want := "In all 10.01 USD, gross, and 3 that can't be measured; materiality is 100.5 USD"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := exposed(nil, nil, "JPY"), "In all 0 JPY, gross"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
