package pipeline

import "testing"

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
