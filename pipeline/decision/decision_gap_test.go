package decision_test

import (
	"testing"

	"carat/pipeline"
	"carat/pipeline/decision"
)

// That something was not compared is explained for one month, and waived until a day;
// what is said of other exceptions holds in every month.
func TestAGapIsExplainedForAMonth(t *testing.T) {
	explained := decision.Decision{Status: decision.Explained}
	gap := explained.For(decision.ControlNotCompared, "2026-10")
	for _, c := range []struct {
		d       decision.Decision
		control string
		period  pipeline.Period
		want    bool
	}{
		{gap, decision.ControlNotCompared, "2026-10", true},
		{gap, decision.ControlNotCompared, "2026-11", false},
		{explained, decision.ControlNotCompared, "2026-10", false}, // it names no month
		{explained.For("gift_price", "2026-10"), "gift_price", "2026-11", true},
		{decision.Decision{Status: decision.Waived}.For(decision.ControlNotCompared, "2026-10"), decision.ControlNotCompared, "2026-11", true},
	} {
		if got := c.d.HoldsIn(c.control, c.period); got != c.want {
			t.Errorf("%+v of %s holds in %s: %t", c.d, c.control, c.period, got)
		}
	}
	if other := explained.For("gift_price", "2026-10"); other.Period != "" {
		t.Errorf("an explanation of gift_price is of %s alone", other.Period)
	}
}
