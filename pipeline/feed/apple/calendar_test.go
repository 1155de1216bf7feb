package apple_test

import (
	"testing"
	"time"

	"carat/pipeline/feed/apple"
)

// Fiscal months as published: the periods of sales that payment calendars of
// 2020/21 and 2023/24 give, a report of September 2014, and the ends of quarters in
// Apple's own quarterly filings, three years of 53 weeks among them.
func TestAppleFiscalMonth(t *testing.T) {
	for _, c := range []struct{ month, first, last string }{
		{"2014-09", "2014-08-31", "2014-09-27"},
		{"2020-11", "2020-11-01", "2020-11-28"}, {"2020-12", "2020-11-29", "2020-12-26"}, {"2021-01", "2020-12-27", "2021-01-30"},
		{"2021-02", "2021-01-31", "2021-02-27"}, {"2021-03", "2021-02-28", "2021-03-27"}, {"2021-04", "2021-03-28", "2021-05-01"},
		{"2021-05", "2021-05-02", "2021-05-29"}, {"2021-06", "2021-05-30", "2021-06-26"}, {"2021-07", "2021-06-27", "2021-07-31"},
		{"2021-09", "2021-08-29", "2021-09-25"}, {"2021-10", "2021-09-26", "2021-10-30"},
		{"2023-10", "2023-10-01", "2023-11-04"}, {"2023-11", "2023-11-05", "2023-12-02"}, {"2023-12", "2023-12-03", "2023-12-30"},
		{"2024-01", "2023-12-31", "2024-02-03"}, {"2024-02", "2024-02-04", "2024-03-02"}, {"2024-03", "2024-03-03", "2024-03-30"},
		{"2024-04", "2024-03-31", "2024-05-04"}, {"2024-05", "2024-05-05", "2024-06-01"}, {"2024-06", "2024-06-02", "2024-06-29"},
		{"2024-07", "2024-06-30", "2024-08-03"},
		{"2011-12", "", "2011-12-31"}, {"2012-03", "", "2012-03-31"}, {"2012-09", "", "2012-09-29"},
		{"2016-12", "", "2016-12-31"}, {"2017-04", "2017-04-02", ""}, {"2017-09", "", "2017-09-30"},
		{"2022-12", "", "2022-12-31"}, {"2023-03", "", "2023-04-01"}, {"2023-09", "", "2023-09-30"},
		{"2018-12", "", "2018-12-29"}, {"2019-06", "", "2019-06-29"}, {"2025-09", "", "2025-09-27"}, {"2025-12", "", "2025-12-27"},
		{"2026-10", "2026-09-27", "2026-10-31"},
	} {
		month, err := time.Parse("2006-01", c.month)
		if err != nil {
			t.Fatal(err)
		}
		first, last := apple.FiscalMonth(month.Year(), month.Month())
		if got := first.Format(time.DateOnly); c.first != "" && got != c.first {
			t.Errorf("%s begins on %s, want %s", c.month, got, c.first)
		}
		if got := last.Format(time.DateOnly); c.last != "" && got != c.last {
			t.Errorf("%s ends on %s, want %s", c.month, got, c.last)
		}
	}
}

// Fiscal months lie one behind the other without a gap, from Sunday to Saturday.
func TestAppleFiscalMonthsTile(t *testing.T) {
	_, before := apple.FiscalMonth(2007, time.December)
	for month := time.Date(2008, 1, 1, 0, 0, 0, 0, time.UTC); month.Year() < 2060; month = month.AddDate(0, 1, 0) {
		first, last := apple.FiscalMonth(month.Year(), month.Month())
		weeks := int(last.Sub(first)/(24*time.Hour)+1) / 7
		if first.Sub(before) != 24*time.Hour || first.Weekday() != time.Sunday || last.Weekday() != time.Saturday || weeks < 4 || weeks > 5 {
			t.Fatalf("%s: %s to %s after %s, %d weeks", month.Format("2006-01"), first, last, before, weeks)
		}
		before = last
	}
}
