package reports

import (
	"encoding/json"
	"html"
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"carat/pipeline"

	"pgregory.net/rapid"
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
		if got := string(english.append(nil, c.v, c.places, c.least)); got != c.want {
			t.Errorf("%d with %d places gave %s, want %s", c.v, c.places, got, c.want)
		}
	}
}

// A number for people is the same number as the one for programs.
func TestAppendGroupedIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(-999_999_999_999_999_999, 999_999_999_999_999_999).Draw(t, "v")
		shown := string(english.append(nil, v, pipeline.AmountDigits, rapid.IntRange(0, 3).Draw(t, "minor")))
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

func TestProductIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) int64 { return rapid.Int64().Draw(t, name) }
		a, b, c, scale := draw("a"), rapid.Int64Range(0, math.MaxInt64).Draw(t, "b"), draw("c"), rapid.Int64Range(1, 1_000_000_000).Draw(t, "scale")
		if rapid.Bool().Draw(t, "equal") {
			b, c = scale, a
		}
		left := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		right := new(big.Int).Mul(big.NewInt(c), big.NewInt(scale))
		if got, want := productIs(a, b, c, scale), left.Cmp(right) == 0; got != want {
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
		if bp, exact := basisPoints(pipeline.Amount(c.part), pipeline.Amount(c.of)); bp != c.bp || exact != c.exact {
			t.Errorf("%d of %d is %d %v", c.part, c.of, bp, exact)
		}
	}
}

func TestAcrossStaysInside(t *testing.T) {
	const bound = 7_000_000_000_000_000_000
	rapid.Check(t, func(t *rapid.T) {
		low, high := rapid.Int64Range(-bound, 0).Draw(t, "low"), rapid.Int64Range(0, bound).Draw(t, "high")
		if got := across(rapid.Int64().Draw(t, "level"), low, high); got < 0 || got > 10_000 {
			t.Fatalf("%d", got)
		}
		if low < high && (across(low, low, high) != 0 || across(high, low, high) != 10_000) {
			t.Fatal("the ends are not the ends")
		}
	})
}

func FuzzTexts(f *testing.F) {
	for _, seed := range []string{"", hostile, "\u2028\u2029", "a\xffb", "=1", "\"", "\\", "é贈😀"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, v string) {
		var back string
		if err := json.Unmarshal(appendJSONString(nil, v), &back); err != nil {
			t.Fatal(err)
		}
		if back != strings.ToValidUTF8(v, "\uFFFD") && !strings.Contains(back, "\uFFFD") {
			t.Fatalf("%q came back as %q", v, back)
		}
		page := string(appendHTMLText(nil, v))
		if strings.ContainsAny(page, "<>\"'\x00\u202E") {
			t.Fatalf("%q is unescaped in %q", v, page)
		}
		if !strings.ContainsAny(page, "\uFFFD") && html.UnescapeString(page) != strings.NewReplacer("\n", " ", "\t", " ").Replace(v) {
			t.Fatalf("%q stands on the page as %q", v, page)
		}
	})
}
