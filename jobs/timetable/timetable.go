package timetable

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Slot is one time at which a scheduled job is due. Its key is the same
// whoever computes it and whenever, so that a slot is run once.
type Slot struct {
	Job string
	Key string
	At  time.Time
}

// Timetable is a cron line in a time zone.
type Timetable struct {
	spec cron.SpecSchedule // evaluated on wall-clock time, written as if it were UTC
	zone *time.Location
	// everyHour: the line names no hour, so it means an interval and not a time
	// of day.
	everyHour bool
}

const allHours = 1<<24 - 1

// Parse reads a cron line of five fields, or @daily and the like. An
// interval (@every) has no times that could be told again after a restart, and
// a line's own zone would be a second one beside the configuration's: neither
// is taken.
func Parse(line string, zone *time.Location) (Timetable, error) {
	if strings.Contains(line, "TZ=") {
		return Timetable{}, fmt.Errorf("names a time zone; time_zone of carat.yaml counts")
	}
	parsed, err := cron.ParseStandard(line)
	if err != nil {
		return Timetable{}, fmt.Errorf("is not a cron line of five fields (minute hour day month weekday)")
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return Timetable{}, fmt.Errorf("is an interval; a cron line of five fields is needed, such as */15 * * * *")
	}
	t := Timetable{spec: *spec, zone: zone, everyHour: spec.Hour&allHours == allHours}
	t.spec.Location = time.UTC
	return t, nil
}

// slotLimit bounds how many slots are told at once: a year of minutes.
const slotLimit = 600_000

// Slots gives the job's slots after one instant and up to another, in order.
//
// Clocks that change lose no slot and double none. A time of day that the
// change skips is due at the change; one that comes twice is due the first
// time. A line that names no hour is an interval: it goes on through the hour
// that comes twice, and has nothing to do in an hour that doesn't come.
func (t Timetable) Slots(job string, after, until time.Time) []Slot {
	var slots []Slot
	from := wall(after.Add(-24*time.Hour), t.zone)
	last := wall(until.Add(24*time.Hour), t.zone)
	for w := t.spec.Next(from); !w.IsZero() && !w.After(last) && len(slots) < slotLimit; w = t.spec.Next(w) {
		for _, at := range t.instants(w) {
			if !at.After(after) || at.After(until) {
				continue
			}
			key := w.Format("2006-01-02T15:04")
			if t.everyHour {
				key = at.UTC().Format("2006-01-02T15:04Z")
			}
			slots = append(slots, Slot{Job: job, Key: key, At: at})
		}
	}
	sort.Slice(slots, func(i, j int) bool {
		if !slots[i].At.Equal(slots[j].At) {
			return slots[i].At.Before(slots[j].At)
		}
		return slots[i].Key < slots[j].Key
	})
	return slots
}

// wall gives what clocks in the zone show, written as if it were UTC.
func wall(at time.Time, zone *time.Location) time.Time {
	l := at.In(zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
}

// instants gives when the clocks of the zone show that: once, twice or never,
// and what becomes of the slot then.
func (t Timetable) instants(w time.Time) []time.Time {
	var shown []time.Time
	for _, near := range []time.Duration{-26 * time.Hour, 26 * time.Hour} {
		_, offset := w.Add(near).In(t.zone).Zone()
		at := w.Add(-time.Duration(offset) * time.Second)
		if wall(at, t.zone).Equal(w) && (len(shown) == 0 || !shown[0].Equal(at)) {
			shown = append(shown, at)
		}
	}
	sort.Slice(shown, func(i, j int) bool { return shown[i].Before(shown[j]) })
	switch {
	case len(shown) == 0 && t.everyHour:
		return nil
	case len(shown) == 0:
		return []time.Time{t.change(w)}
	case t.everyHour:
		return shown
	default:
		return shown[:1]
	}
}

// change gives the instant at which clocks jumped over the time that they
// never showed.
func (t Timetable) change(w time.Time) time.Time {
	_, before := w.Add(-26 * time.Hour).In(t.zone).Zone()
	// Told by the old offset, the time lies after the change.
	at := w.Add(-time.Duration(before) * time.Second).In(t.zone)
	start, _ := at.ZoneBounds()
	return start
}

// Next gives the first slot after an instant; zero when there is none within
// five years, as for a 30th of February.
func (t Timetable) Next(after time.Time) time.Time {
	for width := 26 * time.Hour; width < 5*366*24*time.Hour; width *= 4 {
		if slots := t.Slots("", after, after.Add(width)); len(slots) > 0 {
			return slots[0].At
		}
	}
	return time.Time{}
}
