package layout

import (
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed/published"
)

func TestLayoutNumbers(t *testing.T) {
	for _, c := range []struct {
		comma     bool
		thousands string
		text      string
		want      string // "" if it is none
	}{
		{true, "", "79,7", "79.7"}, {true, "", "1.234", ""}, {true, "", "0,", ""}, {true, ".", "1.234", "1234"}, {true, ".", "12.34", ""}, {true, ".", "-1.234.567,8", "-1234567.8"},
		{true, " ", "1 234,5", "1234.5"}, {true, "'", "1'234,5", "1234.5"}, {true, ".", "1,2,3", ""}, {true, "", "x", ""},
		{false, ",", "1,234.5", "1234.5"}, {false, ",", "1,23", ""}, {false, "", "1234.5", "1234.5"}, {false, ",", "1.2.3", ""},
		{false, ",", "0,500", ""}, {false, ",", "-0,125", ""}, {false, ",", "000,001", ""}, {true, ".", "0.123", ""}, {true, ".", "0,123", "0.123"}, {false, ",", "100,000", "100000"},
	} {
		got, ok := Spelling{DecimalComma: c.comma, Thousands: c.thousands}.Read(c.text)
		if _, code := published.AmountOf(got); !ok || code != pipeline.CodeOK {
			got = ""
		}
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
