package sampling

import (
	"bytes"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// python runs a program with SciPy, which .ci/run installs.
func python(t *testing.T, program string) []string {
	t.Helper()
	interpreter := os.Getenv("CARAT_PYTHON")
	if interpreter == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("CARAT_PYTHON names no Python with SciPy")
		}
		t.Skip("CARAT_PYTHON names no Python with SciPy")
	}
	cmd := exec.CommandContext(t.Context(), interpreter, "-c", program)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &errs)
	}
	return strings.Fields(string(out))
}

// The factors and quantiles are SciPy's: the mean of the Poisson distribution by the quantile of
// chi-squared, and Student's t. carat's are told rounded up, in hundredths and ten-thousandths.
func TestFactorsAreSciPys(t *testing.T) {
	told := python(t, `
from scipy.stats import chi2, poisson, t
for confidence in (80, 85, 90, 95, 99):
    for n in list(range(60)) + [100, 250]:
        m = chi2.ppf(confidence / 100, 2 * (n + 1)) / 2
        assert abs(poisson.cdf(n, m) - (1 - confidence / 100)) < 1e-9
        print('%.10f' % m)
    for freedom in list(range(1, 60)) + [100, 1000]:
        print('%.10f' % t.ppf(confidence / 100, freedom))`)
	compare := func(what string, got *big.Rat, places int64) {
		t.Helper()
		want, err := new(big.Rat).SetString(told[0])
		if !err {
			t.Fatalf("%s: SciPy says %q", what, told[0])
		}
		told = told[1:]
		over := new(big.Rat).Sub(got, want)
		if over.Cmp(big.NewRat(-1, 10_000_000)) < 0 || over.Cmp(big.NewRat(1, places)) >= 0 {
			t.Errorf("%s: %s, SciPy %s", what, got.FloatString(6), want.FloatString(10))
		}
	}
	for _, confidence := range []int{80, 85, 90, 95, 99} {
		for n := range 62 {
			compare(fmt.Sprintf("%d misstatements at %d%%", []int{n, 100, 250}[max(0, n-59)], confidence), Factor([]int{n, 100, 250}[max(0, n-59)], confidence), 100)
		}
		for f := range 61 {
			freedom := []int64{int64(f + 1), 100, 1000}[max(0, f-58)]
			compare(fmt.Sprintf("%d degrees of freedom at %d%%", freedom, confidence), quantile(freedom, confidence), 10_000)
		}
	}
	if len(told) != 0 {
		t.Errorf("%d numbers of SciPy were not compared", len(told))
	}
}

// What a stratified sample projects, and its limits, are what NumPy and SciPy work out of the
// same items by the textbook's formula (Cochran 5.6, with the correction for a finite population).
func TestDifferencesAreSciPys(t *testing.T) {
	s := Sample{Method: Stratified, Strata: []Stratum{{Items: 400, Drawn: 25}, {Items: 120, Drawn: 30}, {Items: 9, Drawn: 9}}}
	var findings []Finding
	var items strings.Builder
	for stratum, of := range s.Strata {
		for i := range of.Drawn {
			recorded := big.NewInt((int64(stratum)*900 + i*37%101 + 20) * 1_000_000_000)
			audited := new(big.Int).Sub(recorded, big.NewInt((i*i%7-2)%4*1_250_000_000*int64(stratum+1)))
			d := Drawn{Item: Item{ID: fmt.Sprintf("%d-%03d", stratum, i), Amount: recorded}, Stratum: stratum + 1, Whole: of.Drawn == of.Items}
			s.Drawn = append(s.Drawn, d)
			findings = append(findings, Finding{Drawn: d, Audited: audited})
			fmt.Fprintf(&items, "(%d, '%s', '%s'), ", stratum, Text(recorded), Text(audited))
		}
	}
	told := python(t, fmt.Sprintf(`
from decimal import Decimal
from scipy.stats import t
import numpy as np
items = [%s]
sizes = [400, 120, 9]
projected = variance = 0.0
freedom = 0
for h, size in enumerate(sizes):
    d = np.array([float(Decimal(r) - Decimal(a)) for g, r, a in items if g == h])
    projected += size * d.mean()
    if len(d) < size:
        variance += size * (size - len(d)) * d.var(ddof=1) / len(d)
        freedom += len(d) - 1
allowance = t.ppf(0.95, freedom) * variance ** 0.5
print('%%.6f %%.6f' %% (projected, projected + allowance))`, items.String()))
	l, err := Project(s, NewPopulation(), findings, 95)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range []*big.Int{l.Projected, l.Over} {
		want, ok := new(big.Rat).SetString(told[i])
		if !ok {
			t.Fatalf("SciPy says %q", told[i])
		}
		// carat's quantile is rounded up to a ten-thousandth: its limit may be that much wider.
		diff := new(big.Rat).Sub(new(big.Rat).SetFrac(got, one), want)
		if diff.Cmp(big.NewRat(-1, 1000)) < 0 || diff.Cmp(big.NewRat(1, 5)) > 0 {
			t.Errorf("number %d: %s, SciPy %s", i, Text(got), told[i])
		}
	}
}
