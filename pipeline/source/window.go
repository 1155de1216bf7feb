package source

import (
	"fmt"
	"time"
)

// Window is a span of time that a source is asked for.
type Window struct {
	Name     string    // 2026-10-01 or 2026-10
	From, To time.Time // To is not part of it
}

// Spans of windows.
const (
	Daily   = "day"
	Monthly = "month"
)

// windowsMax bounds how many windows there are: eleven years of days.
const windowsMax = 4_000

// Windows gives the windows of whole days or months of a zone, from the one that
// holds since to the last one that is over now.
func Windows(span string, since, now time.Time, zone *time.Location) ([]Window, error) {
	at := since.In(zone)
	begin := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)
	layout, months, days := time.DateOnly, 0, 1
	if span == Monthly {
		begin = time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, zone)
		layout, months, days = "2006-01", 1, 0
	}
	var list []Window
	for {
		// By the calendar: a day of a change of clocks has 23 or 25 hours.
		end := time.Date(begin.Year(), begin.Month()+time.Month(months), begin.Day()+days, 0, 0, 0, 0, zone)
		if end.After(now) {
			return list, nil
		}
		if len(list) == windowsMax {
			return nil, fmt.Errorf("since %s are more than %d windows; give a later since", since.Format(time.DateOnly), windowsMax)
		}
		list = append(list, Window{begin.Format(layout), begin, end})
		begin = end
	}
}
