package jobs

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

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
func (p *place) jobStatus(ctx context.Context, s Setting) (list []JobStatus, err error) {
	records, err := p.state.Jobs(ctx, jobsLooked)
	if err != nil {
		return nil, err
	}
	last, err := p.state.LastSlots(ctx)
	if err != nil {
		return nil, err
	}
	open, err := p.state.OpenSlots(ctx)
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
	for job, config := range s.Config.Jobs {
		t, err := parseTimetable(config.Cron, s.Config.Zone)
		if err != nil {
			return nil, err
		}
		get(job).Next = t.next(s.Now)
	}
	for _, slot := range open { // oldest first
		config, scheduled := s.Config.Jobs[slot.Job]
		j := get(slot.Job)
		if slot.Status == state.SlotRunning {
			j.Last, j.At, j.By, j.Detail = state.JobRunning, slot.StartedAt, SchedulerUser, ""
		} else if scheduled && j.LateSince.IsZero() && s.Now.Sub(slot.At) > lateSlotAfter+config.Jitter {
			j.LateSince = slot.At
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byJob)) {
		list = append(list, *byJob[name])
	}
	rank := func(j JobStatus) int {
		if i := slices.Index(scheduledJobs, j.Job); i >= 0 {
			return i
		}
		return len(scheduledJobs)
	}
	slices.SortStableFunc(list, func(a, b JobStatus) int { return rank(a) - rank(b) })
	return list, nil
}

// took takes over what the schedule knows, when that is newer.
func (j *JobStatus) took(slot state.Slot) {
	if slot.EndedAt.Before(j.At) {
		return
	}
	j.At, j.By, j.Detail, j.Last = slot.EndedAt, SchedulerUser, firstLine(slot.Detail), state.JobDone
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

// next gives the first slot after an instant; zero when there is none within
// five years, as for a 30th of February.
func (t timetable) next(after time.Time) time.Time {
	for width := 26 * time.Hour; width < 5*366*24*time.Hour; width *= 4 {
		if slots := t.slots("", after, after.Add(width)); len(slots) > 0 {
			return slots[0].At
		}
	}
	return time.Time{}
}
