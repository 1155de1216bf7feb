package statement

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"carat/pipeline"
)

func TestProductIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) int64 { return rapid.Int64().Draw(t, name) }
		a, b, c, scale := draw("a"), rapid.Int64Range(0, math.MaxInt64).Draw(t, "b"), draw("c"), rapid.Int64Range(1, 1_000_000_000).Draw(t, "scale")
		if rapid.Bool().Draw(t, "equal") {
			b, c = scale, a
		}
		left := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		right := new(big.Int).Mul(big.NewInt(c), big.NewInt(scale))
		if got, want := ProductIs(a, b, c, scale), left.Cmp(right) == 0; got != want {
			t.Fatalf("%d x %d = %d x %d: %v", a, b, c, scale, got)
		}
	})
}

func TestBasisPoints(t *testing.T) {
	for _, c := range []struct {
		part, of, bp int64
		exact        bool
	}{
		{1, 2, 5000, true}, {1, 3, 3333, false}, {2, 3, 6667, false}, {0, 5, 0, true}, {5, 5, 10_000, true},
		{1, 0, 0, false}, {-1, 5, 0, false}, {6, 5, 0, false}, {999_999_999_999_999_999, 999_999_999_999_999_999, 10_000, true},
		{1, 20_000, 1, false}, {1, 20_001, 0, false},
	} {
		if bp, exact := BasisPoints(pipeline.Amount(c.part), pipeline.Amount(c.of)); bp != c.bp || exact != c.exact {
			t.Errorf("%d of %d is %d %v", c.part, c.of, bp, exact)
		}
	}
}
