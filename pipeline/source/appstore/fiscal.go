package appstore

import (
	"fmt"
	"time"

	"carat/pipeline/source"
)

// fiscalMonths gives Apple's fiscal months from the one that holds since to the last
// that is over, under the names by which finance reports are asked for: 2026-01 is the
// first month of fiscal 2026, in October 2025.
//
// A fiscal year ends on the last Saturday of September. Its quarters have months of
// five, four and four weeks; in a year of 53 weeks the third month has five.
func fiscalMonths(since, now time.Time, zone *time.Location) (list []source.Window) {
	for year := since.In(zone).Year(); year <= now.In(zone).Year()+1; year++ {
		begin, end := fiscalEnd(year-1, zone), fiscalEnd(year, zone)
		long := end.Sub(begin) > 368*24*time.Hour
		for month := 1; month <= 12; month++ {
			weeks := 4
			if month%3 == 1 || long && month == 3 {
				weeks = 5
			}
			next := begin.AddDate(0, 0, 7*weeks)
			if next.After(since) && !next.After(now) {
				list = append(list, source.Window{Name: fmt.Sprintf("%d-%02d", year, month), From: begin, To: next})
			}
			begin = next
		}
	}
	return list
}

// fiscalEnd gives the instant after the last Saturday of a year's September.
func fiscalEnd(year int, zone *time.Location) time.Time {
	last := time.Date(year, time.September, 30, 0, 0, 0, 0, zone)
	back := (int(last.Weekday()) - int(time.Saturday) + 7) % 7
	return last.AddDate(0, 0, 1-back)
}
