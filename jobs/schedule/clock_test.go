package schedule

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
)

// back sets the clock back.
func (c *fakeClock) back(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(-d)
}

// TestScheduleOverClockChanges runs the scheduler itself over both changes of a
// year in three zones, with a restart in between: a job of the day runs once on
// each day, one of the hour once in each hour that passes. In São Paulo the
// midnight of the change doesn't exist.
func TestScheduleOverClockChanges(t *testing.T) {
	for _, c := range []struct {
		zone, line string
		changes    []string
		days       int
	}{
		{"Europe/Berlin", "30 2 * * *", []string{"2026-03-29T01:00", "2026-10-25T01:00"}, 2},
		{"America/Sao_Paulo", "0 0 * * *", []string{"2018-11-04T03:00", "2018-02-18T02:00"}, 2},
		{"Australia/Lord_Howe", "15 2 * * *", []string{"2026-10-03T15:30", "2026-04-04T15:00"}, 2},
	} {
		for _, change := range c.changes {
			t.Run(c.zone+" "+change, func(t *testing.T) {
				dir, at := t.TempDir(), at(change)
				text := fmt.Sprintf("time_zone: %s\njobs: {verify: {cron: '%s'}, ingest: {cron: '0 * * * *'}}", c.zone, c.line)
				from, until := at.Add(-20*time.Hour-10*time.Minute), at.Add(28*time.Hour-10*time.Minute)
				ran := scheduleFor(t, dir, text, from, at.Add(-time.Minute), nil)
				ran = append(ran, scheduleFor(t, dir, text, at.Add(time.Minute), until, nil)...)
				count := map[string]int{}
				for _, r := range ran {
					count[strings.Fields(r)[1]]++
				}
				zone, err := time.LoadLocation(c.zone)
				if err != nil {
					t.Fatal(err)
				}
				hours := 0
				for h := from.Truncate(time.Hour); h.Before(until); h = h.Add(30 * time.Minute) {
					if h.After(from) && h.In(zone).Minute() == 0 {
						hours++
					}
				}
				if count["verify"] != c.days || count["ingest"] != hours {
					t.Errorf("ran %v; want verify on %d days and ingest in %d hours: %q", count, c.days, hours, ran)
				}
				for _, job := range []string{"verify", "ingest"} {
					for _, s := range slotStates(t, dir, job) {
						if !strings.HasSuffix(s, " done") {
							t.Errorf("%s %s", job, s)
						}
					}
				}
			})
		}
	}
}

// TestClockThatJumpsBack an hour under a running scheduler: no slot runs
// twice, none is lost, and what is to be tried again doesn't wait an hour more.
func TestClockThatJumpsBack(t *testing.T) {
	dir, jumped := t.TempDir(), false
	ran := scheduleFor(t, dir, "jobs: {ingest: {cron: '0 * * * *'}}", at("2026-10-01T05:30"), at("2026-10-01T09:30"), func(_ context.Context, c *fakeClock, _ string) error {
		if !jumped && !c.Now().Before(at("2026-10-01T07:00")) {
			jumped = true
			c.back(time.Hour)
		}
		return nil
	})
	wantRan(t, ran, "01T06:00 ingest", "01T07:00 ingest", "01T08:00 ingest", "01T09:00 ingest")
	wantSlots(t, dir, "ingest", "2026-10-01T06:00Z done", "2026-10-01T07:00Z done", "2026-10-01T08:00Z done", "2026-10-01T09:00Z done")

	dir, jumped = t.TempDir(), false
	ran = scheduleFor(t, dir, "jobs: {ingest: {cron: '0 5 * * *'}, verify: {cron: '1 6 * * *'}}", at("2026-10-01T04:30"), at("2026-10-01T06:30"),
		func(_ context.Context, c *fakeClock, job string) error {
			switch {
			case job == "verify":
				c.back(time.Hour)
			case !jumped:
				jumped = true
				c.pass(61 * time.Minute)
				return pipeline.Errorf(pipeline.KindBusy, "lock lake", "x", "busy")
			}
			return nil
		})
	wantRan(t, ran, "01T05:00 ingest", "01T06:01 verify", "01T05:02 ingest")
}

// TestJitterIsSteady: it spreads slots, and the same slot by the same span.
func TestJitterIsSteady(t *testing.T) {
	const text = "jobs: {ingest: {cron: '0 * * * *', jitter: 10m}}"
	first := scheduleFor(t, t.TempDir(), text, at("2026-10-01T05:30"), at("2026-10-01T10:30"), nil)
	second := scheduleFor(t, t.TempDir(), text, at("2026-10-01T05:30"), at("2026-10-01T10:30"), nil)
	if !reflect.DeepEqual(first, second) || len(first) != 5 {
		t.Errorf("ran %q, then %q", first, second)
	}
	spread := map[string]bool{}
	for _, r := range first {
		minute := r[len("01T05:"):len("01T05:00")]
		if minute >= "10" {
			t.Errorf("%s is more than the jitter late", r)
		}
		spread[minute] = true
	}
	if len(spread) < 3 {
		t.Errorf("jitter spreads nothing: %q", first)
	}
}
