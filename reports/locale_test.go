package reports

import (
	"math"
	"strings"
	"testing"

	"carat/pipeline"
	"pgregory.net/rapid"
)

// What CLDR has for these countries; the blanks in front of digits are no-break.
func TestLocaleOfCountries(t *testing.T) {
	for country, want := range map[string]string{
		"": "1,234,567.5", "US": "1,234,567.5", "GB": "1,234,567.5", "JP": "1,234,567.5", "DE": "1.234.567,5", "BR": "1.234.567,5",
		"FR": "1\u00a0234\u00a0567,5", "CH": "1’234’567.5", "IN": "12,34,567.5", "EG": "1,234,567.5", "VN": "1.234.567,5",
		"RU": "1\u00a0234\u00a0567,5", "ZZ": "1,234,567.5", "not a country": "1,234,567.5",
	} {
		l := localeOf(country)
		if got := string(l.append(nil, 1_234_567_500_000, 6, 0)); got != want {
			t.Errorf("%q: %q, want %q", country, got, want)
		}
	}
}

// Whatever the locale, the digits are those of the amount.
func TestLocaleKeepsEveryDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := localeOf(rapid.SampledFrom([]string{"", "US", "DE", "FR", "CH", "IN", "RU", "NP", "ES", "AR"}).Draw(t, "country"))
		v := rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "amount")
		text := string(l.append(nil, v, pipeline.AmountDigits, 2))
		back := strings.ReplaceAll(text, l.group, "")
		back = strings.Replace(back, l.point, ".", 1)
		back = strings.Replace(back, "\u2212", "-", 1)
		if strings.Contains(back, ".") {
			back = strings.TrimRight(strings.TrimRight(back, "0"), ".")
		}
		if want := pipeline.Amount(v).String(); back != want {
			t.Fatalf("%d: %q is %q, want %q", v, text, back, want)
		}
	})
}
