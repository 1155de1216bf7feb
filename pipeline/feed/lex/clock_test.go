package lex

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"carat/pipeline"
)

func TestTimes(t *testing.T) {
	berlin := zoneOf(t, "Europe/Berlin")
	for _, c := range []struct {
		text string
		zone *time.Location
		want string // RFC 3339, or the code
	}{
		{"2026-10-01T12:00:00Z", berlin, "2026-10-01T12:00:00Z"},
		{"2026-10-01t12:00:00z", berlin, "2026-10-01T12:00:00Z"},
		{"2026-10-01 12:00:00Z", berlin, "2026-10-01T12:00:00Z"},
		{"2026-10-01T12:00:00+05:30", berlin, "2026-10-01T06:30:00Z"},
		{"2026-10-01T12:00:00-08:00", berlin, "2026-10-01T20:00:00Z"},
		{"2026-10-01T12:00:00.5Z", berlin, "2026-10-01T12:00:00.5Z"},
		{"2026-10-01T12:00:00.123456Z", berlin, "2026-10-01T12:00:00.123456Z"},
		{"2026-10-01T12:00:00.123456000Z", berlin, "2026-10-01T12:00:00.123456Z"},
		{"2026-10-01T12:00:00.1234567Z", berlin, "too_precise"},
		{"2026-10-01T12:00:00", berlin, "2026-10-01T10:00:00Z"},
		{"2026-12-01 12:00:00.25", berlin, "2026-12-01T11:00:00.25Z"},
		{"2026-03-29T02:30:00", berlin, "bad_time"},             // skipped by the zone
		{"2026-03-29T03:00:00", berlin, "2026-03-29T01:00:00Z"}, // first instant behind the gap
		{"2026-03-29T01:59:59", berlin, "2026-03-29T00:59:59Z"},
		{"2026-10-25T02:30:00", berlin, "2026-10-25T00:30:00Z"}, // twice: the earlier one
		{"2026-10-25T03:00:00", berlin, "2026-10-25T02:00:00Z"},
		{"2024-02-29T00:00:00Z", berlin, "2024-02-29T00:00:00Z"},
		{"2026-02-29T00:00:00Z", berlin, "bad_time"},
		{"2100-02-29T00:00:00Z", berlin, "bad_time"},
		{"2026-04-31T00:00:00Z", berlin, "bad_time"},
		{"2026-13-01T00:00:00Z", berlin, "bad_time"},
		{"2026-00-01T00:00:00Z", berlin, "bad_time"},
		{"2026-10-00T00:00:00Z", berlin, "bad_time"},
		{"2026-10-01T24:00:00Z", berlin, "bad_time"},
		{"2026-10-01T12:60:00Z", berlin, "bad_time"},
		{"2026-10-01T12:00:60Z", berlin, "bad_time"},
		{"2026-10-01T12:00:00.Z", berlin, "bad_time"},
		{"2026-10-01T12:00:00,5Z", berlin, "bad_time"},
		{"2026-10-01T12:00:00+0530", berlin, "bad_time"},
		{"2026-10-01T12:00:00+24:00", berlin, "bad_time"},
		{"2026-10-01T12:00:00ZZ", berlin, "bad_time"},
		{"2026-10-01T12:00Z", berlin, "bad_time"},
		{"2026-10-01", berlin, "2026-09-30T22:00:00Z"}, // a day is its beginning in the zone
		{"2026-12-01", berlin, "2026-11-30T23:00:00Z"},
		{"2026-10-01", time.UTC, "2026-10-01T00:00:00Z"},
		{"2026-04-24", zoneOf(t, "Africa/Cairo"), "2026-04-23T22:00:00Z"},   // which has no midnight
		{"2026-11-01", zoneOf(t, "America/Havana"), "2026-11-01T04:00:00Z"}, // which has two
		{"2011-12-30", zoneOf(t, "Pacific/Apia"), "bad_time"},               // a day that the zone hasn't
		{"2026-02-29", berlin, "bad_time"},
		{"2026-1-01", berlin, "bad_time"},
		{"01.10.2026", berlin, "bad_time"},
		{"2026-10-01Z", berlin, "bad_time"},
		{"01/10/2026 12:00:00", berlin, "bad_time"},
		{"1790000000", berlin, "bad_time"},
		{"", berlin, "bad_time"},
	} {
		k := NewClock(c.zone)
		micros, code := k.Micros([]byte(c.text))
		got := string(code)
		if code == pipeline.CodeOK {
			got = time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
		}
		if got != c.want {
			t.Errorf("%q in %s: %s, want %s", c.text, c.zone, got, c.want)
		}
	}
}

// The parser agrees with the standard library, whatever was parsed before.
func TestTimesAgreeWithTheStandardLibrary(t *testing.T) {
	zones := []*time.Location{time.UTC, zoneOf(t, "Europe/Berlin"), zoneOf(t, "America/New_York"), zoneOf(t, "Australia/Lord_Howe"), zoneOf(t, "Asia/Kolkata")}
	clocks := make([]Clock, len(zones))
	for i, z := range zones {
		clocks[i] = NewClock(z)
	}
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(zones)-1).Draw(t, "zone")
		from := time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC).UnixMicro()
		to := time.Date(2099, 12, 30, 0, 0, 0, 0, time.UTC).UnixMicro()
		want := rapid.Int64Range(from, to).Draw(t, "micros")
		at := time.UnixMicro(want).In(zones[i])
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999Z07:00"} {
			if got, code := clocks[i].Micros([]byte(at.Format(layout))); code != pipeline.CodeOK || got != want {
				t.Fatalf("%s: %d %s, want %d", at.Format(layout), got, code, want)
			}
		}
		local := at.Format("2006-01-02T15:04:05.999999")
		got, code := clocks[i].Micros([]byte(local))
		// A local time that comes twice is the earlier instant.
		if back := time.UnixMicro(got).In(zones[i]); code != pipeline.CodeOK || back.Format("2006-01-02T15:04:05.999999") != local || got > want {
			t.Fatalf("%s in %s: %d %s, want %d", local, zones[i], got, code, want)
		}
	})
}

func TestDates(t *testing.T) {
	for days := int64(FirstRateDay) - 800; days <= LastRateDay+800; days++ {
		want := time.Unix(days*SecondsPerDay, 0).UTC().Format(time.DateOnly)
		if got := string(DateText(nil, days)); got != want {
			t.Fatalf("day %d is %s, want %s", days, got, want)
		}
		if got, ok := CivilDays([]byte(want)); !ok || got != days {
			t.Fatalf("%s is day %d, want %d", want, got, days)
		}
	}
	if first, _ := CivilDays([]byte("1999-01-01")); first != FirstRateDay {
		t.Error("firstRateDay is not 1999-01-01")
	}
	if last, _ := CivilDays([]byte("2099-12-31")); last != LastRateDay {
		t.Error("lastRateDay is not 2099-12-31")
	}
}

func FuzzTime(f *testing.F) {
	f.Add("2026-10-01T12:00:00.123Z")
	f.Add("2026-10-25 02:30:00")
	f.Add("0000-02-29T00:00:00+23:59")
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k := NewClock(newYork)
		got, code := k.Micros([]byte(text))
		if want, err := time.Parse(time.RFC3339Nano, text); err == nil && code == pipeline.CodeOK && want.UnixMicro() != got {
			t.Errorf("%q: %d, want %d", text, got, want.UnixMicro())
		}
	})
}

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
