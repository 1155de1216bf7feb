package books

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/lake"
	"carat/pipeline/spelling"
	"carat/pipeline/state"
)

// errorTextBytes bounds the text of an error that is kept with a job.
const errorTextBytes = 2000

// Job is a job that is being recorded: who does what, when, over what, and
// what becomes of it.
type Job struct {
	books *Books
	s     Setting
	job   state.Job
}

// Begin records that a job has begun.
func (p *Books) Begin(ctx context.Context, s Setting, job string, period pipeline.Period) (*Job, error) {
	r := &Job{books: p, s: s, job: state.Job{
		Job: job, Period: period, Arguments: spelledAll(s.Arguments), User: s.By.User, OSUser: s.By.OSUser, Build: s.Build, StartedAt: s.Now.UTC()}}
	var err error
	r.job.No, err = p.State.BeginJob(ctx, r.job)
	if full := lake.DiskFull(err); full != nil {
		err = pipeline.Errorf(pipeline.KindInternal, "record job", job, "%w", full).
			WithHint("free space in %s and run again; nothing was ingested or published", p.Lake.Root())
	}
	p.tellClock(s, job)
	return r, err
}

// spelledAll spells arguments, among which may be names of files.
func spelledAll(arguments []string) []string {
	list := make([]string, len(arguments))
	for i, one := range arguments {
		list[i] = spelling.Redact(spelling.Spell(one))
	}
	return list
}

// RunsListedMax bounds how many jobs are listed at a time.
const RunsListedMax = 1_000_000

// FetchLock is the file in the inbox that a fetch holds a lock on.
const FetchLock = ".fetch"

// Jobs that don't hold the lake's lock: a fetch has one of its own; the others take no time.
var (
	jobsBesides = []string{string(RightFetch), "users", "auth", "restore"}
	quickEnough = time.Minute
)

// TellEnds says of jobs about whose end nothing was written whether they still run. A job
// works under the lake's lock, which ends with its process, on this machine or another:
// one whose lock is free, or was taken by another since, was cut short.
func (p *Books) TellEnds(ctx context.Context, s Setting, list []state.Job) error {
	if !slices.ContainsFunc(list, func(j state.Job) bool { return j.Result == state.JobRunning }) {
		return nil
	}
	newest, err := p.State.Jobs(ctx, 100)
	if err != nil {
		return err
	}
	writing, err := p.Lake.Writing(ctx)
	if err != nil {
		return err
	}
	fetching, err := disk.Held(filepath.Join(s.Config.Dir, "inbox", FetchLock))
	if err != nil {
		return err
	}
	last := func(is func(j state.Job) bool) int64 {
		if i := slices.IndexFunc(newest, is); i >= 0 {
			return newest[i].No
		}
		return 0
	}
	writer := last(func(j state.Job) bool { return !slices.Contains(jobsBesides, j.Job) })
	fetcher := last(func(j state.Job) bool { return j.Job == jobsBesides[0] })
	for i, j := range list {
		runs := writing && j.No == writer || fetching && j.No == fetcher
		if slices.Contains(jobsBesides[1:], j.Job) {
			runs = s.clock().Sub(j.StartedAt) < quickEnough
		}
		if j.Result == state.JobRunning && !runs {
			list[i].Result = state.JobCut
		}
	}
	return nil
}

// Took notes what the job took in.
func (r *Job) Took(inputs ...string) { r.job.Inputs = append(r.job.Inputs, inputs...) }

// Of notes the run that the job is about.
func (r *Job) Of(runID string) { r.job.RunID = runID }

// TookSnapshots notes the raw tables that a run was made over.
func (r *Job) TookSnapshots(run state.Run) {
	r.job.RunID = run.ID
	for _, name := range slices.Sorted(maps.Keys(run.Inputs)) {
		r.Took(name + "@" + strconv.FormatInt(run.Inputs[name], 10))
	}
}

// End records how the job has ended, and gives its error on. It doesn't use
// the job's context: that may be what ended it. Of a job that took nothing in and
// whose name for something is none there is no record: it never began.
func (r *Job) End(ctx context.Context, err error) error {
	r.job.EndedAt, r.job.Result = r.s.Now.UTC(), state.JobDone
	if r.s.Clock != nil {
		r.job.EndedAt = r.s.Clock().UTC()
	}
	if err != nil && !identity.IsUnsigned(err) { // it did all that comes before a signature
		r.job.Result, r.job.Error = state.JobFailed, r.s.redact(strings.ReplaceAll(strings.ToValidUTF8(err.Error(), "\uFFFD"), "\x00", "\uFFFD"))
		if errors.Is(err, context.Canceled) {
			r.job.Error = "interrupted"
		}
		if len(r.job.Error) > errorTextBytes {
			r.job.Error = strings.ToValidUTF8(r.job.Error[:errorTextBytes], "") + "…"
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if pipeline.IsMisnamed(err) && len(r.job.Inputs) == 0 {
		_ = r.books.State.ForgetJob(ctx, r.job.No) // what is left says "running", and the error is the person's
		return err
	}
	if failed := r.books.State.EndJob(ctx, r.job); failed != nil && err == nil {
		return failed
	}
	return r.books.Refused(ctx, r.s, r.job.Job, strings.Join(r.job.Arguments, " "), err) // the first error says more than that it couldn't be recorded
}

// tellClock tells when the clock lies behind the last record: it was set back, or
// was ahead before. Nothing is ordered by it.
func (p *Books) tellClock(s Setting, what string) {
	last, behind := p.State.ClockBehind()
	if behind && !p.clockTold {
		p.clockTold = true
		s.Tell(Event{Step: what, Note: "the clock says " + s.clock().UTC().Format(time.RFC3339) + ", and the last record is of " +
			last.Format(time.RFC3339) + ": set the clock right; what is recorded keeps its order by its number"})
	}
}
