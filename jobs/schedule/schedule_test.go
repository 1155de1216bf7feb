package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/state"
)

// fakeClock goes on when it is waited for.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
	end time.Time // the context ends here
	run context.CancelFunc
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Wait(_ context.Context, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.now) {
		c.now = until
	}
	if !c.now.Before(c.end) {
		c.run()
	}
}

func (c *fakeClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	if !c.now.Before(c.end) {
		c.run()
	}
}

// scheduleFor runs the schedule of the configuration from one time to another,
// in the same folder as before, and gives what was run.
func scheduleFor(t *testing.T, dir, text string, from, until time.Time, work func(ctx context.Context, c *fakeClock, job string) error) []string {
	t.Helper()
	conf, err := config.Parse([]byte(text), dir, config.File)
	if err != nil {
		t.Error(err)
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	clock := &fakeClock{now: from, end: until, run: cancel}
	var ran []string
	works := map[string]Work{}
	for _, job := range config.ScheduledJobs {
		works[job] = func(ctx context.Context, now time.Time) error {
			ran = append(ran, now.UTC().Format("02T15:04")+" "+job)
			if work == nil {
				return nil
			}
			return work(ctx, clock, job)
		}
	}
	err = Run(ctx, Options{
		Setting: books.Setting{Config: conf, Now: from}, Clock: clock, Work: works, Log: slog.New(slog.DiscardHandler), Grace: time.Millisecond, Idle: 2 * time.Hour,
	})
	if err != nil {
		t.Error(err)
	}
	return ran
}

func slotStates(t *testing.T, dir, job string) []string {
	t.Helper()
	s, err := state.Open(context.Background(), filepath.Join(dir, "lake", "catalog.sqlite"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	slots, err := s.Slots(context.Background(), job)
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, slot := range slots {
		text := slot.Key + " " + slot.Status
		if slot.CoveredBy != "" {
			text += " by " + slot.CoveredBy
		}
		states = append(states, text)
	}
	return states
}

func wantSlots(t *testing.T, dir, job string, want ...string) {
	t.Helper()
	if got := slotStates(t, dir, job); !reflect.DeepEqual(got, want) {
		t.Errorf("slots of %s\n%q\nwant\n%q", job, got, want)
	}
}

func at(text string) time.Time {
	parsed, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		panic(err)
	}
	return parsed
}

func wantRan(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ran %q\nwant %q", got, want)
	}
}

func TestScheduleRunsEverySlotOnce(t *testing.T) {
	dir := t.TempDir()
	const text = "jobs: {ingest: {cron: '0 6,12,18,0 * * *'}, reconcile: {cron: '0 6 * * *', after: [ingest]}}"
	wantRan(t, scheduleFor(t, dir, text, at("2026-10-01T00:30"), at("2026-10-01T13:00"), nil),
		"01T06:00 ingest", "01T06:00 reconcile", "01T12:00 ingest")
	// Away for a day: what was missed is caught up at once, by one run for each job.
	wantRan(t, scheduleFor(t, dir, text, at("2026-10-02T13:00"), at("2026-10-02T19:00"), nil),
		"02T13:00 ingest", "02T13:00 reconcile", "02T18:00 ingest")
	wantSlots(t, dir, "ingest",
		"2026-10-01T06:00 done", "2026-10-01T12:00 done", "2026-10-01T18:00 covered by 2026-10-02T12:00",
		"2026-10-02T00:00 covered by 2026-10-02T12:00", "2026-10-02T06:00 covered by 2026-10-02T12:00",
		"2026-10-02T12:00 done", "2026-10-02T18:00 done")
	// A clock that was set back runs nothing twice.
	wantRan(t, scheduleFor(t, dir, text, at("2026-10-02T17:30"), at("2026-10-02T18:30"), nil))
}

func TestScheduleTriesAgain(t *testing.T) {
	dir := t.TempDir()
	const text = "jobs: {ingest: {cron: '0 6 * * *', retries: 2}, reconcile: {cron: '0 6 * * *', after: [ingest]}}"
	failures := 2
	wantRan(t, scheduleFor(t, dir, text, at("2026-10-01T05:00"), at("2026-10-01T07:00"), func(_ context.Context, _ *fakeClock, job string) error {
		if job == "ingest" && failures > 0 {
			failures--
			return pipeline.Errorf(pipeline.KindBusy, "lock lake", "x", "busy")
		}
		return nil
	}), "01T06:00 ingest", "01T06:01 ingest", "01T06:03 ingest", "01T06:03 reconcile")

	// What doesn't pass isn't tried again, and who comes after waits for the next slot.
	wantRan(t, scheduleFor(t, dir, text, at("2026-10-02T05:00"), at("2026-10-03T07:00"), func(_ context.Context, c *fakeClock, job string) error {
		if job == "ingest" && c.Now().Before(at("2026-10-03T00:00")) {
			return pipeline.Errorf(pipeline.KindUsage, "read model", "x.sql", "no header")
		}
		return nil
	}), "02T06:00 ingest", "03T06:00 ingest", "03T06:00 reconcile")
	wantSlots(t, dir, "reconcile", "2026-10-01T06:00 done", "2026-10-02T06:00 covered by 2026-10-03T06:00", "2026-10-03T06:00 done")
	wantSlots(t, dir, "ingest", "2026-10-01T06:00 done", "2026-10-02T06:00 failed", "2026-10-03T06:00 done")

	// A bad file is what an ingest found: the month goes on.
	wantRan(t, scheduleFor(t, dir, text, at("2026-10-04T05:00"), at("2026-10-04T07:00"), func(_ context.Context, _ *fakeClock, job string) error {
		if job == "ingest" {
			return pipeline.Errorf(pipeline.KindBadInput, "ingest", "x.csv", "not a feed")
		}
		return nil
	}), "04T06:00 ingest", "04T06:00 reconcile")
}

func TestScheduleOverlap(t *testing.T) {
	long := func(_ context.Context, c *fakeClock, _ string) error {
		c.pass(150 * time.Minute)
		return nil
	}
	dir := t.TempDir()
	wantRan(t, scheduleFor(t, dir, "jobs: {ingest: {cron: '0 * * * *'}}", at("2026-10-01T05:30"), at("2026-10-01T12:50"), long),
		"01T06:00 ingest", "01T08:30 ingest", "01T11:00 ingest")
	dir = t.TempDir()
	wantRan(t, scheduleFor(t, dir, "jobs: {ingest: {cron: '0 * * * *', overlap: skip}}", at("2026-10-01T05:30"), at("2026-10-01T12:10"), long),
		"01T06:00 ingest", "01T09:00 ingest", "01T12:00 ingest")
	wantSlots(t, dir, "ingest",
		"2026-10-01T06:00Z done", "2026-10-01T07:00Z skipped", "2026-10-01T08:00Z skipped", "2026-10-01T09:00Z done",
		"2026-10-01T10:00Z skipped", "2026-10-01T11:00Z skipped", "2026-10-01T12:00Z done", "2026-10-01T13:00Z skipped",
		"2026-10-01T14:00Z skipped")
}

// TestScheduleIsStopped: a job that doesn't end within the grace is cancelled,
// and its slot is done again by the next scheduler.
func TestScheduleIsStopped(t *testing.T) {
	dir := t.TempDir()
	const text = "jobs: {ingest: {cron: '0 6 * * *'}}"
	wantRan(t, scheduleFor(t, dir, text, at("2026-10-01T05:00"), at("2026-10-01T20:00"), func(ctx context.Context, c *fakeClock, _ string) error {
		c.run() // SIGTERM
		<-ctx.Done()
		return fmt.Errorf("ingest: %w", ctx.Err())
	}), "01T06:00 ingest")
	wantSlots(t, dir, "ingest", "2026-10-01T06:00 pending")
	wantRan(t, scheduleFor(t, dir, text, at("2026-10-01T07:00"), at("2026-10-01T20:00"), nil), "01T07:00 ingest")
}

func TestScheduleTimeout(t *testing.T) {
	dir := t.TempDir()
	wantRan(t, scheduleFor(t, dir, "jobs: {ingest: {cron: '0 6 * * *', timeout: 5ms, retries: 0}}", at("2026-10-01T05:00"), at("2026-10-01T07:00"),
		func(ctx context.Context, _ *fakeClock, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}), "01T06:00 ingest")
	s, err := state.Open(context.Background(), filepath.Join(dir, "lake", "catalog.sqlite"), state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	slots, err := s.Slots(context.Background(), "ingest")
	if err != nil || len(slots) != 1 || slots[0].Status != state.SlotFailed || slots[0].Detail != "it took longer than its timeout of 5ms" {
		t.Errorf("slots %+v, %v", slots, err)
	}
}

// TestSecondSchedulerTakesOver: it waits while the first leads, and finishes
// what a dead one left undone.
func TestSecondSchedulerTakesOver(t *testing.T) {
	dir := t.TempDir()
	const text = "jobs: {ingest: {cron: '0 6 * * *'}}"
	first, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		scheduleFor(t, dir, text, at("2026-10-01T05:00"), at("2026-10-01T20:00"), func(_ context.Context, c *fakeClock, _ string) error {
			close(first)
			<-release
			c.run()
			return errors.New("died")
		})
	}()
	<-first
	c, err := config.Parse([]byte(text), dir, config.File)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	clock := &fakeClock{now: at("2026-10-01T06:00"), end: at("2026-10-01T06:01"), run: cancel}
	err = Run(ctx, Options{
		Setting: books.Setting{Config: c, Now: clock.now}, Clock: clock, Log: slog.New(slog.DiscardHandler),
		Work: map[string]Work{"ingest": func(context.Context, time.Time) error { t.Error("two lead"); return nil }},
	})
	if err != nil {
		t.Errorf("a second scheduler beside the first, told to stop: %v", err)
	}
	close(release)
	<-done
	wantRan(t, scheduleFor(t, dir, text, at("2026-10-01T07:00"), at("2026-10-01T08:00"), nil), "01T07:00 ingest")
}
