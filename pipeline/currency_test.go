package pipeline

import (
	"strings"
	"testing"
)

func TestMinorDigits(t *testing.T) {
	for code, want := range map[string]int{
		"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KRW": 0, "ISK": 0, "VND": 0, "BHD": 3, "KWD": 3,
		"TND": 3, "CLF": 4, "UYW": 4, "TRL": 0, "ROL": 2, "HRK": 2, "ZAR": 2, "AED": 2, "BIF": 0,
	} {
		if got, ok := MinorDigits(code); !ok || got != want {
			t.Errorf("MinorDigits(%q) = %d, %v; want %d, true", code, got, ok, want)
		}
	}
	for _, code := range []string{"", "US", "usd", "USDX", "U D", "ED ", " AE", "D A", "XXX", "XTS", "QQQ", "\x00\x00\x00"} {
		if _, ok := MinorDigits(code); ok {
			t.Errorf("MinorDigits(%q) accepts it", code)
		}
	}
}

// Every code has the exponent of ISO 4217's list one: those of none, three and four are listed here
// once more, from the list; all others have two.
func TestMinorDigitsOfEveryCode(t *testing.T) {
	unlike := map[string]int{"TRL": 0, "CLF": 4, "UYW": 4}
	for digits, codes := range map[int]string{0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", 3: "BHD IQD JOD KWD LYD OMR TND"} {
		for _, code := range strings.Fields(codes) {
			unlike[code] = digits
		}
	}
	for _, code := range Currencies() {
		want, is := unlike[code]
		if !is {
			want = 2
		}
		delete(unlike, code)
		if got, ok := MinorDigits(code); !ok || got != want {
			t.Errorf("%s has %d digits, and ISO 4217 says %d", code, got, want)
		}
	}
	if len(unlike) > 0 || len(Currencies()) != 181 {
		t.Errorf("not known: %v; %d codes", unlike, len(Currencies()))
	}
}

func TestCalendarSpanHoldsOneMonth(t *testing.T) {
	c := NewCalendar(mustZone(t, "America/New_York"), "2026-05")
	for _, month := range []Period{"2000-01", "2026-02", "2026-10", "2099-12"} {
		at := month.Start(mustZone(t, "America/New_York")).UnixMicro() + 5
		start, end := c.Span(at)
		if start > at || end <= at {
			t.Fatalf("span [%d, %d) does not hold %d", start, end, at)
		}
		if c.Month(end-1) != month || c.Month(end) == month {
			t.Errorf("span of %s does not end with it", month)
		}
		if month != "2000-01" && (c.Month(start) != month || c.Month(start-1) == month) {
			t.Errorf("span of %s does not begin with it", month)
		}
	}
}
