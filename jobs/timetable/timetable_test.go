package timetable

import (
	"reflect"
	"testing"
	"time"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func slotsOf(t *testing.T, line, zone, from, until string) []string {
	t.Helper()
	table, err := Parse(line, zoneOf(t, zone))
	if err != nil {
		t.Fatal(err)
	}
	parse := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	got := []string{}
	for _, s := range table.Slots("job", parse(from), parse(until)) {
		got = append(got, s.Key+" = "+s.At.UTC().Format(time.RFC3339))
	}
	return got
}

// TestSlotsOverClockChanges is in three zones: in São Paulo midnight didn't
// exist on the day of the change, on Lord Howe Island clocks change by half an
// hour.
func TestSlotsOverClockChanges(t *testing.T) {
	for _, c := range []struct {
		name, line, zone, from, until string
		want                          []string
	}{
		{
			"skipped time of day", "30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z",
			[]string{"2026-03-28T02:30 = 2026-03-28T01:30:00Z", "2026-03-29T02:30 = 2026-03-29T01:00:00Z", "2026-03-30T02:30 = 2026-03-30T00:30:00Z"},
		},
		{
			"two skipped times are two slots", "0,30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z",
			[]string{"2026-03-29T02:00 = 2026-03-29T01:00:00Z", "2026-03-29T02:30 = 2026-03-29T01:00:00Z"},
		},
		{
			"repeated time of day", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z",
			[]string{"2026-10-25T02:30 = 2026-10-25T00:30:00Z", "2026-10-26T02:30 = 2026-10-26T01:30:00Z"},
		},
		{
			"an interval goes on through the repeated hour", "*/30 * * * *", "Europe/Berlin", "2026-10-24T23:45:00Z", "2026-10-25T02:10:00Z",
			[]string{
				"2026-10-25T00:00Z = 2026-10-25T00:00:00Z", "2026-10-25T00:30Z = 2026-10-25T00:30:00Z",
				"2026-10-25T01:00Z = 2026-10-25T01:00:00Z", "2026-10-25T01:30Z = 2026-10-25T01:30:00Z",
				"2026-10-25T02:00Z = 2026-10-25T02:00:00Z",
			},
		},
		{
			"an interval goes on over the skipped hour", "*/30 * * * *", "Europe/Berlin", "2026-03-29T00:20:00Z", "2026-03-29T01:40:00Z",
			[]string{"2026-03-29T00:30Z = 2026-03-29T00:30:00Z", "2026-03-29T01:00Z = 2026-03-29T01:00:00Z", "2026-03-29T01:30Z = 2026-03-29T01:30:00Z"},
		},
		{
			"midnight that doesn't exist", "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-05T12:00:00Z",
			[]string{"2018-11-04T00:00 = 2018-11-04T03:00:00Z", "2018-11-05T00:00 = 2018-11-05T02:00:00Z"},
		},
		{
			"midnight that came twice", "30 23 * * *", "America/Sao_Paulo", "2018-02-17T12:00:00Z", "2018-02-18T12:00:00Z",
			[]string{"2018-02-17T23:30 = 2018-02-18T01:30:00Z"},
		},
		{
			"half an hour skipped", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T12:00:00Z",
			[]string{"2026-10-04T02:15 = 2026-10-03T15:30:00Z"},
		},
		{
			"half an hour twice", "45 1 * * *", "Australia/Lord_Howe", "2026-04-03T20:00:00Z", "2026-04-05T10:00:00Z",
			[]string{"2026-04-05T01:45 = 2026-04-04T14:45:00Z"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := slotsOf(t, c.line, c.zone, c.from, c.until); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestSlotsOfAYear: a daily job is due once on every day that the calendar
// has, whatever clocks do; and slots told in pieces are the slots told at once.
func TestSlotsOfAYear(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York"} {
		for _, line := range []string{"30 2 * * *", "0 0 * * *", "*/15 * * * *"} {
			table, err := Parse(line, zoneOf(t, zone))
			if err != nil {
				t.Fatal(err)
			}
			from := time.Date(2018, 1, 1, 0, 0, 0, 0, zoneOf(t, zone))
			until := from.AddDate(1, 0, 0)
			whole := table.Slots("job", from.Add(-time.Second), until.Add(-time.Second))
			keys := map[string]bool{}
			for _, s := range whole {
				keys[s.Key] = true
			}
			if len(keys) != len(whole) {
				t.Errorf("%s %s: a slot is told twice", zone, line)
			}
			if want := map[string]int{"30 2 * * *": 365, "0 0 * * *": 365, "*/15 * * * *": int(until.Sub(from).Minutes()) / 15}[line]; len(whole) != want {
				t.Errorf("%s %s: %d slots, want %d", zone, line, len(whole), want)
			}
			var pieces []Slot
			for at := from.Add(-time.Second); at.Before(until.Add(-time.Second)); {
				next := at.Add(37 * time.Hour)
				if next.After(until.Add(-time.Second)) {
					next = until.Add(-time.Second)
				}
				pieces = append(pieces, table.Slots("job", at, next)...)
				at = next
			}
			if !reflect.DeepEqual(pieces, whole) {
				t.Errorf("%s %s: in pieces there are %d slots, at once %d", zone, line, len(pieces), len(whole))
			}
		}
	}
}

func TestTimetableErrors(t *testing.T) {
	for line, want := range map[string]string{
		"often":                 "is not a cron line of five fields (minute hour day month weekday)",
		"@every 5m":             "is an interval; a cron line of five fields is needed, such as */15 * * * *",
		"CRON_TZ=UTC 0 0 * * *": "names a time zone; time_zone of carat.yaml counts",
	} {
		if _, err := Parse(line, time.UTC); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", line, err, want)
		}
	}
}
