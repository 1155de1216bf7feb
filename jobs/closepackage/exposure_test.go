package closepackage

import (
	"math/big"
	"slices"
	"testing"
)

// Causes in several currencies stand in one order: what can't be measured first,
// then by what it is worth, not by how many units it has.
func TestCausesByExposure(t *testing.T) {
	rates := map[[2]string]*big.Rat{{"EUR", "USD"}: big.NewRat(11, 10), {"EUR", "JPY"}: big.NewRat(160, 1), {"USD", "KRW"}: big.NewRat(1400, 1)}
	for _, c := range []struct{ from, want string }{{"USD", "1"}, {"EUR", "11/10"}, {"KRW", "1/1400"}, {"JPY", "11/1600"}, {"days", ""}, {"CHF", ""}} {
		got := exchange(rates, c.from, "USD")
		if (got == nil) != (c.want == "") || got != nil && got.RatString() != c.want {
			t.Errorf("1 %s is %v USD, want %s", c.from, got, c.want)
		}
	}
	amounts := map[string]int64{"JPY": 160, "USD": 112, "days": 1, "KRW": 1400}
	units := []string{"JPY", "KRW", "USD", "days"}
	slices.SortStableFunc(units, func(a, b string) int {
		worth := func(unit string) *big.Rat {
			rate := exchange(rates, unit, "USD")
			if rate == nil {
				return nil
			}
			return rate.Mul(rate, big.NewRat(amounts[unit], 1))
		}
		return moreExposed(worth(a), worth(b))
	})
	if want := []string{"days", "USD", "JPY", "KRW"}; !slices.Equal(units, want) {
		t.Errorf("%v, want %v", units, want)
	}
}
