package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestScoreOfATool: anybody's findings are scored, and what was missed or wrong is listed as
// a file that is scored again.
func TestScoreOfATool(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	truth, found := filepath.Join(dir, "truth.json"), filepath.Join(dir, "found.csv")
	write(t, truth, `[{"period": "2026-10", "control": "gift_price", "subject_kind": "gift", "subject_id": "g1", "difference": "-5", "unit": "coins"},
 {"period": "2026-10", "control": "gift_price", "subject_kind": "gift", "subject_id": "g2", "difference": "7", "unit": "coins"},
 {"period": "2026-10", "control": "withholding", "subject_kind": "payout", "subject_id": "p1", "difference": "1.5", "unit": "USD"}]`)
	write(t, found, "subject_id,control,difference,unit\ng1,gift_price,-5,coins\np1,withholding,1.50,USD\np2,withholding,3,USD\n")
	got := carat(t, "score", truth, found)
	want := `control      planted  found  right  amount_right  misnamed  recall  precision
-----------  -------  -----  -----  ------------  --------  ------  ---------
gift_price         2      1      1             1         0  0.500   1.000
withholding        1      2      1             1         0  1.000   0.500
all                3      3      2             2         0  0.666   0.666
`
	if got != want {
		t.Errorf("score prints\n%s, want\n%s", got, want)
	}
	if got := carat(t, "score", truth, found, "--missed", "--format", "csv"); !strings.Contains(got, "2026-10,gift_price,gift,g2,7,coins") || strings.Count(got, "\n") != 2 {
		t.Errorf("missed: %q", got)
	}
	wrong := carat(t, "score", truth, found, "--wrong", "--format", "csv")
	if !strings.Contains(wrong, ",withholding,,p2,3,USD") {
		t.Errorf("wrong: %q", wrong)
	}
	write(t, found, wrong)
	if got := carat(t, "score", truth, found, "--format", "csv"); !strings.Contains(got, "\nall,3,1,0,0,0,0.000,0.000\n") {
		t.Errorf("what is wrong, scored: %q", got)
	}
	for _, c := range []struct {
		exit int
		says string
		args []string
	}{
		{2, "TRUTH and FOUND are needed", []string{"score", truth}},
		{2, "no such file", []string{"score", truth, found + "x"}},
		{3, "its head has no control", []string{"score", truth, filepath.Join(dir, "bad.csv")}},
	} {
		write(t, filepath.Join(dir, "bad.csv"), "a,b\n1,2\n")
		if _, told := caratBoth(t, c.exit, c.args...); !strings.Contains(told, c.says) {
			t.Errorf("%v: %q, want %q", c.args, told, c.says)
		}
	}
}
