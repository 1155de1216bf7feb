package locale

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"carat/pipeline"
)

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
