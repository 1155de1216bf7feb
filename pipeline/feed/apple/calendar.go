package apple

import (
	"time"
)

// FiscalMonth gives the first and the last day of Apple's fiscal month
// that bears the name of a calendar month, as Apple's reports name it:
// "September, 2014" is 2014-08-31 to 2014-09-27. Days are midnights UTC.
//
// The fiscal year ends on the last Saturday of September. Its quarters are
// months of 35, 28 and 28 days; a year of 53 weeks has its extra week in
// December, the third month (2012, 2017, 2023).
func FiscalMonth(year int, month time.Month) (first, last time.Time) {
	fiscalYear := year
	if month >= time.October {
		fiscalYear++
	}
	start := lastSaturdayOfSeptember(fiscalYear-1).AddDate(0, 0, 1)
	days := int(lastSaturdayOfSeptember(fiscalYear).Sub(start)/(24*time.Hour)) + 1
	index := (int(month) + 2) % 12 // October is 0
	for i := range index + 1 {
		length := 28
		if i%3 == 0 {
			length = 35
		}
		if i == 2 && days == 53*7 {
			length += 7
		}
		if i == index {
			return start, start.AddDate(0, 0, length-1)
		}
		start = start.AddDate(0, 0, length)
	}
	return first, last // unreachable: index is below 12
}

func lastSaturdayOfSeptember(year int) time.Time {
	day := time.Date(year, time.September, 30, 0, 0, 0, 0, time.UTC)
	return day.AddDate(0, 0, -(int(day.Weekday())+1)%7)
}

// daySpan gives the first and the last microsecond of the days from first to
// last in a zone.
func daySpan(first, last time.Time, zone *time.Location) (from, to int64) {
	midnight := func(d time.Time) int64 {
		return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, zone).UnixMicro()
	}
	return midnight(first), midnight(last.AddDate(0, 0, 1)) - 1
}
