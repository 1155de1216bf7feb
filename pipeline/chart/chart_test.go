package chart_test

import (
	"strings"
	"testing"

	"carat/pipeline/chart"
)

// No account has roles of two sides of the books; two of one side may share one, as an
// income and its costs or all receivables do.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		given map[string]string
		wrong string
	}{
		{nil, ""},
		{map[string]string{"cash": " "}, "cash"},
		{map[string]string{"gift_revenue": "3000 Sales"}, "gift_revenue"},
		{map[string]string{"gift_revenue": "3000 Sales", "retained_earnings": "8800 Carried forward"}, ""},
		{map[string]string{"retained_earnings": "2000"}, "retained_earnings"},
		{map[string]string{"store_receivable": "1300 Trade debtors", "provider_receivable": "1300 Trade debtors"}, ""},
		{map[string]string{"cash": "5000.1 Bank"}, ""},
		{map[string]string{"cash": "5000 Bank", "marketing": "1050"}, "cash marketing"},
		{map[string]string{"cash": "Other assets", "rounding": "Other costs"}, ""},
		{map[string]string{"cash": "Other", "rounding": "Other"}, "cash rounding"},
	} {
		var roles []string
		for _, w := range chart.Check(c.given) {
			roles = append(roles, w.Role)
		}
		if got := strings.Join(roles, " "); got != c.wrong {
			t.Errorf("%v: %q, want %q", c.given, got, c.wrong)
		}
	}
	codes := strings.Fields(`1920 1950 1500 1501 1530 1560 1565 1570 1780 1800 1810 1830 1840 2900 2740 2910 2920 2949 2950 2970 2980 2990 3000 3001 3100 3200 3300 3400 3600
4001 4002 4003 6000 6100 6200 6300 6400 6500 6600 6700 7000 7020 7040 7080 8005 8030 8050 8100 8115 8130`)
	given := map[string]string{}
	for i, role := range chart.Roles() {
		given[role] = codes[i] + " " + role
	}
	if wrong := chart.Check(given); wrong != nil {
		t.Errorf("a chart of its own: %v", wrong)
	}
}
