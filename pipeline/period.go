package pipeline

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"time"
)

// Period is an accounting month, "2026-10".
type Period string

// ParsePeriod reads "2026-10". The error says what a period looks like.
func ParsePeriod(text string) (Period, error) {
	t, err := time.Parse("2006-01", text)
	if err != nil || t.Year() < firstYear || t.Year() > lastYear {
		return "", fmt.Errorf("%q is not a month like 2026-10 (from %d-01 to %d-12)", text, firstYear, lastYear)
	}
	return Period(text), nil
}

// The years in which an event can lie. A time outside is a bad row: it is far
// more likely a unit error (seconds for milliseconds) than an event.
const (
	firstYear = 2000
	lastYear  = 2099
)

// Start gives the first instant of the period in the zone.
func (p Period) Start(zone *time.Location) time.Time {
	t, err := time.Parse("2006-01", string(p))
	if err != nil {
		panic("pipeline: period was not parsed: " + string(p))
	}
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, zone)
}

// End gives the first instant after the period in the zone.
func (p Period) End(zone *time.Location) time.Time { return p.Next().Start(zone) }

// Next gives the following period.
func (p Period) Next() Period { return p.shift(1) }

// Previous gives the period before.
func (p Period) Previous() Period { return p.shift(-1) }

func (p Period) shift(months int) Period {
	return Period(p.Start(time.UTC).AddDate(0, months, 0).Format("2006-01"))
}

// PeriodOf gives the period in which an instant lies.
func PeriodOf(t time.Time, zone *time.Location) Period {
	return Period(t.In(zone).Format("2006-01"))
}

// Calendar maps instants to accounting months in one time zone. It is
// immutable and safe for concurrent use.
type Calendar struct {
	starts   []int64  // microseconds since the epoch of each month's start
	names    []Period // names[i] begins at starts[i]
	earliest Period   // earliest open period; "" if everything is open
}

// NewCalendar makes the calendar of a zone. Rows whose month lies before
// earliestOpen are booked into earliestOpen; "" means that no month is closed.
func NewCalendar(zone *time.Location, earliestOpen Period) *Calendar {
	c := &Calendar{earliest: earliestOpen}
	for y := firstYear; y <= lastYear+1; y++ {
		for m := time.January; m <= time.December; m++ {
			t := time.Date(y, m, 1, 0, 0, 0, 0, zone)
			c.starts = append(c.starts, t.UnixMicro())
			c.names = append(c.names, Period(t.Format("2006-01")))
		}
	}
	return c
}

// Contains says whether the instant lies in the years that carat accepts.
func (c *Calendar) Contains(micros int64) bool {
	return micros >= c.starts[0] && micros < c.starts[len(c.starts)-12]
}

// Month gives the month of an instant, as the calendar reads.
func (c *Calendar) Month(micros int64) Period {
	i := sort.Search(len(c.starts), func(i int) bool { return c.starts[i] > micros })
	if i == 0 {
		return c.names[0]
	}
	return c.names[i-1]
}

// Span gives the half-open range of microseconds of the month in which an
// instant lies, so that a reader of many rows asks once a month and not once a
// row. Month and AccountingMonth are the same for every instant within it.
func (c *Calendar) Span(micros int64) (start, end int64) {
	i := sort.Search(len(c.starts), func(i int) bool { return c.starts[i] > micros })
	start, end = math.MinInt64, math.MaxInt64
	if i > 1 { // Month gives the first month for every instant before it
		start = c.starts[i-1]
	}
	if i < len(c.starts) {
		end = c.starts[i]
	}
	return start, end
}

// Start gives the first instant of a month, in microseconds; 0 for a month that it doesn't have.
func (c *Calendar) Start(p Period) int64 {
	if i := slices.Index(c.names, p); i >= 0 {
		return c.starts[i]
	}
	return 0
}

// AccountingMonth gives the month in which an event is booked: its own if that
// is open, else the earliest open one.
func (c *Calendar) AccountingMonth(micros int64) Period {
	m := c.Month(micros)
	if c.earliest != "" && m < c.earliest {
		return c.earliest
	}
	return m
}

// feedBalances is the feed whose rows are balances, and no events of a month.
const feedBalances = "balances"

// monthFolder begins the Hive-style folder of an accounting month.
const monthFolder = "accounting_month="

// MonthsWithRows gives the accounting months in which events lie, in order.
func MonthsWithRows(tables []TableFiles) []Period {
	months := map[Period]bool{}
	for _, t := range tables {
		if f, ok := FeedByName(t.Name); !ok || f.Reference || t.Name == feedBalances {
			continue
		}
		for _, file := range t.Files {
			if month, ok := MonthOfFile(file); ok {
				months[month] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(months))
}

// MonthOfFile gives the accounting month of a file's rows, from its folder.
func MonthOfFile(file string) (Period, bool) {
	_, rest, ok := strings.Cut(file, monthFolder)
	if !ok || len(rest) < len("2026-10") {
		return "", false
	}
	return Period(rest[:len("2026-10")]), true
}
