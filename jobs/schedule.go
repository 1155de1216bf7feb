package jobs

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"sort"
	"time"

	"carat/pipeline"
	"carat/pipeline/state"
)

// Clock is the scheduler's time: jobs read none of their own.
type Clock interface {
	Now() time.Time
	// Wait returns at that time, or earlier when the context ends.
	Wait(ctx context.Context, until time.Time)
}

// Work is what a scheduled job does when a slot of its is due.
type Work func(ctx context.Context, now time.Time) error

// ScheduleOptions say what is scheduled.
type ScheduleOptions struct {
	Setting
	Clock Clock
	Work  map[string]Work // by job
	Log   *slog.Logger
	Grace time.Duration // how long a job may go on after the context ended
	Idle  time.Duration // the longest it waits without looking at the clock; 0: half a minute
	// Observe, if not nil, is told every slot that ended or was put off, and
	// how long its run took.
	Observe func(SlotRun)
}

// SlotRun is how one run of a slot went.
type SlotRun struct {
	Slot
	Result string // done, failed, or pending: put off
	Took   time.Duration
}

// Done says whether the job did its work.
func (r SlotRun) Done() bool { return r.Result == state.SlotDone }

// defaultIdle bounds how long the scheduler waits without looking at the clock:
// one that was set forward is noticed.
const defaultIdle = 30 * time.Second

// scheduler is a schedule under way.
type scheduler struct {
	o      ScheduleOptions
	state  *state.Store
	tables map[string]timetable
	// told is how far each job's slots were told. It is recorded with the slots,
	// and now and then: to tell a slot again does no harm.
	told     map[string]time.Time
	recorded map[string]time.Time
	// retryAt is when a slot that was put off may be tried again.
	retryAt map[string]time.Time
}

// Schedule runs the jobs of the configuration at their times until the context
// ends: one at a time, in the order of their slots, dependencies first. A slot
// that was missed is caught up, by one run for all that a job missed; none
// runs twice. While another scheduler leads, it waits and takes over when that
// one ends. A job that runs when the context ends may finish within Grace and
// is then cancelled, which leaves nothing half done.
func Schedule(ctx context.Context, o ScheduleOptions) (err error) {
	if o.Idle == 0 {
		o.Idle = defaultIdle
	}
	s := &scheduler{o: o, tables: map[string]timetable{}, retryAt: map[string]time.Time{},
		told: map[string]time.Time{}, recorded: map[string]time.Time{}}
	for name, job := range o.Config.Jobs {
		if s.tables[name], err = parseTimetable(job.Cron, o.Config.Zone); err != nil {
			return pipeline.Errorf(pipeline.KindUsage, "schedule", name, "%q %w", job.Cron, err)
		}
		if o.Work[name] == nil {
			return pipeline.Errorf(pipeline.KindUsage, "schedule", name, "there is no such job")
		}
	}
	if len(s.tables) == 0 {
		return pipeline.Errorf(pipeline.KindUsage, "schedule", "jobs", "carat.yaml schedules none").
			WithHint("give at least one under jobs, such as ingest: {cron: \"*/15 * * * *\"}")
	}
	p, err := openPlace(ctx, o.Setting)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	s.state = p.state
	resign, err := s.lead(ctx, p)
	if err != nil {
		return err
	}
	defer resign()
	resumed, err := s.state.ResumeSlots(ctx)
	if err != nil {
		return err
	}
	if resumed > 0 {
		o.Log.Warn("runs that were cut short are done again", "slots", resumed)
	}
	o.Log.Info("scheduling", "jobs", slices.Sorted(maps.Keys(s.tables)))
	return s.loop(ctx)
}

// lead waits until this scheduler is the only one of the lake.
func (s *scheduler) lead(ctx context.Context, p *place) (resign func(), err error) {
	for told := false; ; {
		resign, err = p.lake.LeadSchedule(ctx)
		if pipeline.KindOf(err) != pipeline.KindBusy {
			return resign, err
		}
		if !told {
			s.o.Log.Info("another scheduler leads; waiting to take over")
			told = true
		}
		s.o.Clock.Wait(ctx, s.o.Clock.Now().Add(5*time.Second))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (s *scheduler) loop(ctx context.Context) error {
	for ctx.Err() == nil {
		now := s.o.Clock.Now()
		if err := s.tell(ctx, now); err != nil {
			return s.unlessEnded(ctx, err)
		}
		ran, next, err := s.step(ctx, now)
		if err != nil {
			return s.unlessEnded(ctx, err)
		}
		if !ran {
			s.o.Clock.Wait(ctx, earlier(next, now.Add(s.o.Idle)))
		}
	}
	return nil
}

// unlessEnded drops an error that only says that the context ended.
func (s *scheduler) unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func earlier(a, b time.Time) time.Time {
	if !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}

// tellAgain is how often it is recorded how far slots were told when none came
// due.
const tellAgain = time.Hour

// tell records the slots that have come due since they were last told.
func (s *scheduler) tell(ctx context.Context, now time.Time) error {
	for _, job := range slices.Sorted(maps.Keys(s.tables)) {
		if _, known := s.told[job]; !known {
			told, err := s.state.ToldUntil(ctx, job, now)
			if err != nil {
				return err
			}
			s.told[job], s.recorded[job] = told, told
		}
		if !s.told[job].Before(now) {
			continue
		}
		var slots []state.Slot
		for _, slot := range s.tables[job].slots(job, s.told[job], now) {
			slots = append(slots, state.Slot{Job: job, Key: slot.Key, At: slot.At})
		}
		s.told[job] = now
		if len(slots) == 0 && now.Sub(s.recorded[job]) < tellAgain {
			continue
		}
		if err := s.state.TellSlots(ctx, job, slots, now); err != nil {
			return err
		}
		s.recorded[job] = now
	}
	return nil
}

// step runs the first slot that can run now. When there is none it says when
// to look again.
func (s *scheduler) step(ctx context.Context, now time.Time) (ran bool, next time.Time, err error) {
	open, err := s.state.OpenSlots(ctx)
	if err != nil {
		return false, time.Time{}, err
	}
	last, err := s.state.LastSlots(ctx)
	if err != nil {
		return false, time.Time{}, err
	}
	newest := map[string]state.Slot{}
	for _, slot := range open {
		if _, scheduled := s.tables[slot.Job]; scheduled {
			newest[slot.Job] = slot // the newest covers the older ones
		}
	}
	for _, job := range s.order(newest) {
		slot := newest[job]
		if blocked := s.waitsFor(job, newest, last); blocked != "" {
			continue
		}
		at := s.retryAt[slot.Job+" "+slot.Key]
		if jittered := slot.At.Add(jitter(slot, s.o.Config.Jobs[job].Jitter)); at.Before(jittered) {
			at = jittered
		}
		if at.After(now) {
			if next.IsZero() || at.Before(next) {
				next = at
			}
			continue
		}
		return true, time.Time{}, s.run(ctx, slot)
	}
	for _, job := range slices.Sorted(maps.Keys(s.tables)) {
		for _, slot := range s.tables[job].slots(job, now, now.Add(s.o.Idle)) {
			if next.IsZero() || slot.At.Before(next) {
				next = slot.At
			}
		}
	}
	return false, next, nil
}

// order gives the jobs that are due: by their slots' times, what others wait
// for first.
func (s *scheduler) order(due map[string]state.Slot) []string {
	jobs := slices.Sorted(maps.Keys(due))
	sort.SliceStable(jobs, func(i, j int) bool { return due[jobs[i]].At.Before(due[jobs[j]].At) })
	return jobs
}

// waitsFor names the job that this one is to come after and that isn't done: it
// is due itself, or its last run failed.
func (s *scheduler) waitsFor(job string, due, last map[string]state.Slot) string {
	for _, other := range s.o.Config.Jobs[job].After {
		if _, isDue := due[other]; isDue {
			return other
		}
		if l, ran := last[other]; ran && l.Status == state.SlotFailed {
			return other
		}
	}
	return ""
}

// jitter spreads the same slot of many machines, the same way each time.
func jitter(slot state.Slot, width time.Duration) time.Duration {
	if width <= 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(slot.Job + " " + slot.Key))
	return time.Duration(h.Sum64() % uint64(width))
}

// run does the work of a slot.
func (s *scheduler) run(ctx context.Context, slot state.Slot) error {
	job := s.o.Config.Jobs[slot.Job]
	log := s.o.Log.With("job", slot.Job, "slot", slot.Key, "attempt", slot.Attempts+1)
	began := s.o.Clock.Now()
	if err := s.state.BeginSlot(ctx, slot, began); err != nil {
		return err
	}
	log.Info("begins")
	err := s.work(ctx, slot.Job, job.Timeout, began)
	ended := s.o.Clock.Now()
	slot.Attempts++
	key := slot.Job + " " + slot.Key
	// What is recorded now is recorded although the context may have ended.
	record := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		slot.Status = state.SlotDone
		delete(s.retryAt, key)
		log.Info("done", "seconds", ended.Sub(began).Seconds())
		err = s.state.EndSlot(record, slot, slot.Status, "", ended)
	case ctx.Err() == nil && finds(err):
		slot.Status, slot.Detail = state.SlotDone, errorText(err)
		delete(s.retryAt, key)
		log.Warn("done, and found", "seconds", ended.Sub(began).Seconds(), "error", err)
		err = s.state.EndSlot(record, slot, slot.Status, slot.Detail, ended)
	case ctx.Err() != nil:
		slot.Status = state.SlotPending
		log.Warn("stopped; the next scheduler does it again")
		err = s.state.PutOffSlot(record, slot, "the scheduler was stopped")
	case passes(err) && slot.Attempts <= int64(job.Retries):
		slot.Status, slot.Detail = state.SlotPending, errorText(err)
		wait := backOff(slot.Attempts)
		s.retryAt[key] = ended.Add(wait)
		log.Warn("failed; tried again", "error", err, "in", wait)
		err = s.state.PutOffSlot(record, slot, slot.Detail)
	default:
		slot.Status, slot.Detail = state.SlotFailed, errorText(err)
		delete(s.retryAt, key)
		log.Error("failed", "error", err)
		err = s.state.EndSlot(record, slot, slot.Status, slot.Detail, ended)
	}
	if s.o.Observe != nil {
		s.o.Observe(SlotRun{Slot: Slot{Job: slot.Job, Key: slot.Key, At: slot.At}, Result: slot.Status, Took: ended.Sub(began)})
	}
	if err == nil && job.Overlap == OverlapSkip {
		err = s.skipOverlapped(record, slot, ended)
	}
	return err
}

// work calls the job, for at most its timeout, and for at most the grace after
// the context ended.
func (s *scheduler) work(ctx context.Context, job string, timeout time.Duration, now time.Time) (err error) {
	working, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	if timeout > 0 {
		timer := time.AfterFunc(timeout, func() { cancel(fmt.Errorf("it took longer than its timeout of %s", timeout)) })
		defer timer.Stop()
	}
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(s.o.Grace, func() { cancel(context.Canceled) })
	})
	defer stop()
	if err = s.o.Work[job](working, now); err != nil {
		if cause := context.Cause(working); cause != nil && !errors.Is(cause, context.Canceled) {
			return cause
		}
	}
	return err
}

// skipOverlapped records slots that came due while the job ran as skipped.
func (s *scheduler) skipOverlapped(ctx context.Context, ran state.Slot, now time.Time) error {
	if err := s.tell(ctx, now); err != nil {
		return err
	}
	open, err := s.state.OpenSlots(ctx)
	if err != nil {
		return err
	}
	for _, slot := range open {
		if slot.Job == ran.Job && slot.Key != ran.Key && slot.At.After(ran.At) {
			if err := s.state.SkipSlot(ctx, slot, "the run of "+ran.Key+" still went on", now); err != nil {
				return err
			}
		}
	}
	return nil
}

// passes says whether an error may be gone later: a lock, a database that is
// away, a full disk. Bad input stays what it is.
func passes(err error) bool {
	switch pipeline.KindOf(err) {
	case pipeline.KindBusy, pipeline.KindInternal:
		return true
	default:
		return false
	}
}

// finds says whether an error is what the job found, and not that it couldn't
// do its work: a bad file, a blocking exception. Nothing is gained by trying
// again, and what comes after goes on.
func finds(err error) bool {
	switch pipeline.KindOf(err) {
	case pipeline.KindBadInput, pipeline.KindBlocked:
		return true
	default:
		return false
	}
}

// backOff is how long a slot waits after its n-th attempt: a minute, two, four,
// at most an hour.
func backOff(attempts int64) time.Duration {
	if attempts > 6 {
		return time.Hour
	}
	return time.Minute << (attempts - 1)
}

// errorText is an error for the record.
func errorText(err error) string {
	text := err.Error()
	if len(text) > 2000 {
		text = text[:2000] + "…"
	}
	return text
}
