package typed

import (
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-0.5", "12.3456789", "999999999999999999", "1e3", "0000000000000000000000001", "1.", ".5", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, digits := range []int{0, pipeline.AmountDigits, pipeline.RateDigits} {
			v, err := parseNumber([]byte(text), digits)
			if err != nil {
				continue
			}
			want, ok := lex.PlainDecimal(text)
			if !ok {
				if len(text) > 60 {
					continue
				}
				t.Fatalf("%q was read as %d", text, v)
			}
			if got, _ := lex.PlainDecimal(string(pipeline.AppendDecimal(nil, v, digits))); got.Cmp(want) != 0 {
				t.Fatalf("%q was read as %s", text, got)
			}
		}
	})
}
