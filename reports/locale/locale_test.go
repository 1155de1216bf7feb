package locale

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"carat/pipeline"
)

// What CLDR has for these countries; the blanks in front of digits are no-break.
func TestLocaleOfCountries(t *testing.T) {
	for country, want := range map[string]string{
		"": "1,234,567.5", "US": "1,234,567.5", "GB": "1,234,567.5", "JP": "1,234,567.5", "DE": "1.234.567,5", "BR": "1.234.567,5",
		"FR": "1\u00a0234\u00a0567,5", "CH": "1’234’567.5", "IN": "12,34,567.5", "EG": "1,234,567.5", "VN": "1.234.567,5",
		"RU": "1\u00a0234\u00a0567,5", "ZZ": "1,234,567.5", "not a country": "1,234,567.5",
	} {
		l := Of(country)
		if got := string(l.Append(nil, 1_234_567_500_000, 6, 0)); got != want {
			t.Errorf("%q: %q, want %q", country, got, want)
		}
	}
}

// Whatever the locale, the digits are those of the amount.
func TestLocaleKeepsEveryDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Of(rapid.SampledFrom([]string{"", "US", "DE", "FR", "CH", "IN", "RU", "NP", "ES", "AR"}).Draw(t, "country"))
		v := rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "amount")
		text := string(l.Append(nil, v, pipeline.AmountDigits, 2))
		back := strings.ReplaceAll(text, l.Group, "")
		back = strings.Replace(back, l.Point, ".", 1)
		back = strings.Replace(back, "\u2212", "-", 1)
		if strings.Contains(back, ".") {
			back = strings.TrimRight(strings.TrimRight(back, "0"), ".")
		}
		if want := pipeline.Amount(v).String(); back != want {
			t.Fatalf("%d: %q is %q, want %q", v, text, back, want)
		}
	})
}

func TestAppendGrouped(t *testing.T) {
	for _, c := range []struct {
		v             int64
		places, least int
		want          string
	}{
		{0, 6, 2, "0.00"}, {0, 6, 0, "0"}, {0, 0, 0, "0"},
		{6_175_000, 6, 2, "6.175"}, {6_170_000, 6, 2, "6.17"}, {6_000_000, 6, 2, "6.00"}, {6_000_000, 6, 0, "6"}, {6_000_000, 6, 3, "6.000"},
		{1, 6, 2, "0.000001"}, {-1, 6, 0, "\u22120.000001"},
		{1_234_567_890_000, 6, 2, "1,234,567.89"}, {999, 0, 0, "999"}, {1000, 0, 0, "1,000"}, {-1_000_000, 0, 0, "\u22121,000,000"},
		{10_500_000, 9, 0, "0.0105"}, {math.MinInt64, 0, 0, "\u22129,223,372,036,854,775,808"},
	} {
		if got := string(English.Append(nil, c.v, c.places, c.least)); got != c.want {
			t.Errorf("%d with %d places gave %s, want %s", c.v, c.places, got, c.want)
		}
	}
}

// A number for people is the same number as the one for programs.
func TestAppendGroupedIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(-999_999_999_999_999_999, 999_999_999_999_999_999).Draw(t, "v")
		shown := string(English.Append(nil, v, pipeline.AmountDigits, rapid.IntRange(0, 3).Draw(t, "minor")))
		plain := strings.NewReplacer(",", "", "\u2212", "-").Replace(shown)
		if strings.Contains(plain, ".") {
			plain = strings.TrimSuffix(strings.TrimRight(plain, "0"), ".")
		}
		if want := pipeline.Amount(v).String(); plain != want {
			t.Fatalf("%s shown as %s", want, shown)
		}
		if !regexp.MustCompile(`^\x{2212}?[0-9]{1,3}(,[0-9]{3})*(\.[0-9]+)?$`).MatchString(shown) {
			t.Fatalf("shown as %s", shown)
		}
	})
}
