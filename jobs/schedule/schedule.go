package schedule

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"sort"
	"time"

	"carat/jobs/books"
	"carat/jobs/timetable"
	"carat/pipeline"
	"carat/pipeline/lake"
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

// Options say what is scheduled.
type Options struct {
	books.Setting
	Clock Clock
	Work  map[string]Work // by job
	Log   *slog.Logger
	Grace time.Duration // how long a job may go on after the context ended
	Idle  time.Duration // the longest it waits without looking at the clock; 0: ten seconds
	// Observe, if not nil, is told every slot that ended or was put off, and
	// how long its run took.
	Observe func(SlotRun)
	// Before, if not nil, is told of each job, when this scheduler begins to lead, when
	// it was done last; zero: never, as far as the newest records go.
	Before func(job string, done time.Time)
	// Leads, if not nil, is told when this scheduler begins to lead, and when it
	// no longer does: the database went away.
	Leads func(bool)
	// Told, if not nil, is told what became of each notice.
	Told func(Told)
	// LeftAlone, if not nil, is told how many files of the inbox the last ingest left
	// there, since they are no input.
	LeftAlone func(files int)
}

// SlotRun is how one run of a slot went.
type SlotRun struct {
	timetable.Slot
	Result string // done, found (done, and found bad input or a block), failed, or pending: put off
	Took   time.Duration
}

// Done says whether the job did its work.
func (r SlotRun) Done() bool { return r.Result == state.SlotDone || r.Result == jobFound }

// defaultIdle bounds how long the scheduler waits without looking at the clock:
// one that was set forward is noticed.
const defaultIdle = 10 * time.Second

// scheduler is a schedule under way.
type scheduler struct {
	o      Options
	books  *books.Books
	state  *state.Store
	lead   *lake.Lead
	led    bool // at least once
	tables map[string]timetable.Timetable
	// told is how far each job's slots were told. It is recorded with the slots,
	// and now and then: to tell a slot again does no harm.
	told     map[string]time.Time
	recorded map[string]time.Time
	// retryAt is when a slot that was put off may be tried again.
	retryAt map[string]*retry
	// unrecorded is a slot whose run ended while the database was away.
	unrecorded *state.Slot
	notifyNext retry             // when the webhooks are looked at again
	leftAlone  map[string]string // files of the inbox that the log names already, with the reason
}

// retry is when something is tried again, and when that was said: a clock that
// was set back since must not make it wait longer.
type retry struct{ set, at time.Time }

func (r *retry) time(now time.Time) time.Time {
	if r == nil {
		return time.Time{}
	}
	if now.Before(r.set) {
		r.set, r.at = now, now.Add(r.at.Sub(r.set))
	}
	return r.at
}

// Run runs the jobs of the configuration at their times until the context
// ends: one at a time, in the order of their slots, dependencies first. A slot
// that was missed is caught up, by one run for all that a job missed; none
// runs twice. While another scheduler leads, it waits and takes over when that
// one ends. A database that goes away is waited for. A job that runs when the
// context ends may finish within Grace and is then cancelled, which leaves
// nothing half done.
func Run(ctx context.Context, o Options) (err error) {
	if o.Idle == 0 {
		o.Idle = defaultIdle
	}
	s := &scheduler{o: o, tables: map[string]timetable.Timetable{}, retryAt: map[string]*retry{},
		told: map[string]time.Time{}, recorded: map[string]time.Time{}}
	for name, job := range o.Config.Jobs {
		if s.tables[name], err = timetable.Parse(job.Cron, o.Config.Zone); err != nil {
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
	for failures := int64(1); ; failures++ {
		began := o.Clock.Now()
		err := s.serve(ctx)
		s.leads(false)
		if ctx.Err() != nil {
			return nil
		}
		// What is wrong from the beginning is told at once; what went away is
		// waited for.
		if !s.led {
			return err
		}
		if o.Clock.Now().Sub(began) > time.Hour {
			failures = 1
		}
		wait := min(5*time.Second<<min(failures-1, 4), time.Minute)
		o.Log.Error("the schedule stands still; it goes on when this is over", "error", err, "in", wait)
		o.Clock.Wait(ctx, o.Clock.Now().Add(wait))
		if ctx.Err() != nil {
			return nil
		}
	}
}

// serve opens the lake, leads and runs what is due, until the context ends or
// the database goes away.
func (s *scheduler) serve(ctx context.Context) (err error) {
	p, err := books.Open(ctx, s.o.Setting)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.May(ctx, s.o.Setting, books.RightSchedule); err != nil {
		return err
	}
	s.books, s.state = p, p.State
	if s.lead, err = s.takeLead(ctx, p); err != nil {
		return err
	}
	defer s.lead.Resign()
	if s.unrecorded != nil {
		if err := s.state.EndSlot(ctx, *s.unrecorded, s.unrecorded.EndedAt); err != nil {
			return err
		}
		s.unrecorded = nil
	}
	resumed, err := s.state.ResumeSlots(ctx)
	if err != nil {
		return err
	}
	if err := s.before(ctx); err != nil {
		return err
	}
	s.led = true
	s.leads(true)
	if resumed > 0 {
		s.o.Log.Warn("runs that were cut short are done again", "slots", resumed)
	}
	s.o.Log.Info("scheduling", "jobs", slices.Sorted(maps.Keys(s.tables)))
	return s.loop(ctx)
}

func (s *scheduler) leads(yes bool) {
	if s.o.Leads != nil {
		s.o.Leads(yes)
	}
}

// takeLead waits until this scheduler is the only one of the lake.
func (s *scheduler) takeLead(ctx context.Context, p *books.Books) (*lake.Lead, error) {
	for told := false; ; {
		lead, err := p.Lake.LeadSchedule(ctx)
		if pipeline.KindOf(err) != pipeline.KindBusy {
			return lead, err
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
	config := s.configSum()
	for ctx.Err() == nil {
		if err := s.lead.Holds(ctx); err != nil {
			return s.unlessEnded(ctx, err)
		}
		now := s.o.Clock.Now()
		if sum := s.configSum(); sum != config {
			config = sum
			s.o.Log.Warn("carat.yaml was changed since the start: jobs go on as it was then; restart carat schedule when the change is whole (carat check)")
		}
		if err := s.tell(ctx, now); err != nil {
			return s.unlessEnded(ctx, err)
		}
		ran, next, err := s.step(ctx, now)
		if err != nil {
			return s.unlessEnded(ctx, err)
		}
		if err := s.notify(ctx, ran); err != nil {
			return s.unlessEnded(ctx, err)
		}
		if !ran {
			if len(s.o.Config.Notifications) > 0 {
				next = earlier(next, s.notifyNext.at)
			}
			s.o.Clock.Wait(ctx, earlier(next, now.Add(s.o.Idle)))
		}
	}
	return nil
}

// notifyEvery is how often it is looked at whether there is something to tell
// when no job ran; notifyAgain, while a receiver is away.
const (
	notifyEvery = 5 * time.Minute
	notifyAgain = 30 * time.Second
)

// notify tells the webhooks what came up, after each run and now and then.
// That it couldn't is never an error of the schedule, unless the database is
// away.
func (s *scheduler) notify(ctx context.Context, ran bool) error {
	now := s.o.Clock.Now()
	if len(s.o.Config.Notifications) == 0 || !ran && s.notifyNext.time(now).After(now) {
		return nil
	}
	setting := s.o.Setting
	setting.Now, setting.By = now, books.Actor{User: books.SchedulerUser, OSUser: s.o.By.OSUser, Program: true}
	told, err := notify(ctx, s.books, NotifyOptions{Setting: setting, Log: s.o.Log})
	s.notifyNext = retry{now, now.Add(notifyEvery)}
	for _, t := range told {
		if t.State == state.NoticePending {
			s.notifyNext.at = now.Add(notifyAgain)
		}
		if s.o.Told != nil {
			s.o.Told(t)
		}
	}
	return err
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
		for _, slot := range s.tables[job].Slots(job, s.told[job], now) {
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
		at := s.retryAt[slot.Job+" "+slot.Key].time(now)
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
		for _, slot := range s.tables[job].Slots(job, now, now.Add(s.o.Idle)) {
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
