package schedule

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/timetable"
	"carat/pipeline"
	"carat/pipeline/state"
)

// JobStatus is where a job stands: what it last did, and when it is next due.
type JobStatus struct {
	Job       string
	Last      string // done, failed, running or found (done, and found bad input or a block); "" when it never ran
	Period    pipeline.Period
	At        time.Time // of Last
	By        string
	Detail    string    // why it failed, or what it found
	Next      time.Time // zero when it is not scheduled
	LateSince time.Time // of a slot that should have run by now; zero when none
}

// jobFound is a job that did its work and found something.
const jobFound = "found"

// lateSlotAfter is how long a slot may be due before it counts as late: jobs
// before it run, and jitter passes.
const lateSlotAfter = 15 * time.Minute

// jobsLooked is how many of the newest records are looked through for the last
// one of each job.
const jobsLooked = 1000

func (j JobStatus) lateWhy() string {
	if j.Last == state.JobFailed {
		return "; its last run failed"
	}
	return "; `carat schedule` runs it"
}

// jobStatus gives the jobs that are scheduled or ever ran, in the order in
// which a month goes through them, then by name.
func jobStatus(ctx context.Context, p *books.Books, s books.Setting) (list []JobStatus, err error) {
	records, err := p.State.Jobs(ctx, jobsLooked)
	if err != nil {
		return nil, err
	}
	last, err := p.State.LastSlots(ctx)
	if err != nil {
		return nil, err
	}
	open, err := p.State.OpenSlots(ctx)
	if err != nil {
		return nil, err
	}
	byJob := map[string]*JobStatus{}
	get := func(job string) *JobStatus {
		if byJob[job] == nil {
			byJob[job] = &JobStatus{Job: job}
		}
		return byJob[job]
	}
	for _, r := range records { // newest first
		if j := get(r.Job); j.Last == "" {
			j.Last, j.Period, j.At, j.By, j.Detail = r.Result, r.Period, r.EndedAt, r.User, firstLine(r.Error)
			if r.EndedAt.IsZero() {
				j.At = r.StartedAt
			}
		}
	}
	for job, slot := range last {
		get(job).took(slot)
	}
	for job, conf := range s.Config.Jobs {
		t, err := timetable.Parse(conf.Cron, s.Config.Zone)
		if err != nil {
			return nil, err
		}
		get(job).Next = t.Next(s.Now)
	}
	for _, slot := range open { // oldest first
		conf, scheduled := s.Config.Jobs[slot.Job]
		j := get(slot.Job)
		if slot.Status == state.SlotRunning {
			j.Last, j.At, j.By, j.Detail = state.JobRunning, slot.StartedAt, books.SchedulerUser, ""
		} else if scheduled && j.LateSince.IsZero() && s.Now.Sub(slot.At) > lateSlotAfter+conf.Jitter {
			j.LateSince = slot.At
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byJob)) {
		list = append(list, *byJob[name])
	}
	rank := func(j JobStatus) int {
		if i := slices.Index(config.ScheduledJobs, j.Job); i >= 0 {
			return i
		}
		return len(config.ScheduledJobs)
	}
	slices.SortStableFunc(list, func(a, b JobStatus) int { return rank(a) - rank(b) })
	return list, nil
}

// took takes over what the schedule knows, when that is newer.
func (j *JobStatus) took(slot state.Slot) {
	if slot.EndedAt.Before(j.At) {
		return
	}
	j.At, j.By, j.Detail, j.Last = slot.EndedAt, books.SchedulerUser, firstLine(slot.Detail), state.JobDone
	switch {
	case slot.Status == state.SlotFailed:
		j.Last = state.JobFailed
	case slot.Code != 0:
		j.Last = jobFound
	}
}

func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}
