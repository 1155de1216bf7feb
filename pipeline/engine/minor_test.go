package engine_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// Amounts in whole minor units, of currencies with 0, 2, 3 and 4 digits in one column: what DuckDB's macros say is what
// whole numbers say. (Of branches of several types DuckDB once took the least exact: 0.615 KWD became 0.62.)
func TestMinorUnits(t *testing.T) {
	dialect, _ := builtinModels(t)
	e := openEngine(t)
	if err := e.ExecForTest(dialect); err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, digits := range []int{0, 2, 3, 4} {
		for _, x := range []string{"0", "0.6154", "0.615", "0.6155", "1.005", "0.0005", "0.00005", "0.49999", "123456789.987654321", "-0.6154", "-0.0005", "-1.005", "7.5", "-7.5", "99999999999999.999999999"} {
			rows = append(rows, fmt.Sprintf("(%d, cast('%s' as decimal(38, 9)))", digits, x))
		}
	}
	got, err := e.Texts(t.Context(), "select concat_ws(' ', digits, x, floor_minor(x, digits), half_up_minor(x, digits), minor_unit(digits)) from (values "+strings.Join(rows, ", ")+") as t (digits, x)")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(rows) {
		t.Fatalf("%d rows, not %d", len(got), len(rows))
	}
	for _, row := range got {
		var digits int64
		var x, floor, half, unit string
		if _, err := fmt.Sscan(row, &digits, &x, &floor, &half, &unit); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
		scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(digits), nil))
		scaled := new(big.Rat).Mul(ratOf(t, x), scale)
		wantFloor := new(big.Int).Div(scaled.Num(), scaled.Denom()) // Euclidean: the denominator is positive, so it is the floor
		abs := new(big.Rat).Abs(scaled)
		abs.Add(abs, big.NewRat(1, 2))
		wantHalf := new(big.Int).Quo(abs.Num(), abs.Denom())
		if scaled.Sign() < 0 {
			wantHalf.Neg(wantHalf)
		}
		for name, pair := range map[string][2]*big.Rat{
			"floor_minor":   {ratOf(t, floor), new(big.Rat).Quo(new(big.Rat).SetInt(wantFloor), scale)},
			"half_up_minor": {ratOf(t, half), new(big.Rat).Quo(new(big.Rat).SetInt(wantHalf), scale)},
			"minor_unit":    {ratOf(t, unit), new(big.Rat).Inv(scale)},
		} {
			if pair[0].Cmp(pair[1]) != 0 {
				t.Errorf("%s(%s, %d) is %s, not %s", name, x, digits, pair[0].FloatString(9), pair[1].FloatString(9))
			}
		}
	}
}

func ratOf(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return r
}
