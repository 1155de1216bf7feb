package jobs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/state"
)

// errorTextBytes bounds the text of an error that is kept with a job.
const errorTextBytes = 2000

// jobRecord is a job that is being recorded: who does what, when, over what, and
// what becomes of it.
type jobRecord struct {
	place *place
	s     Setting
	job   state.Job
}

// begin records that a job has begun.
func (p *place) begin(ctx context.Context, s Setting, job string, period pipeline.Period) (*jobRecord, error) {
	r := &jobRecord{place: p, s: s, job: state.Job{
		Job: job, Period: period, Arguments: s.Arguments, User: s.By.User, OSUser: s.By.OSUser, Build: s.Build, StartedAt: s.Now.UTC()}}
	var err error
	r.job.No, err = p.state.BeginJob(ctx, r.job)
	return r, err
}

// took notes what the job took in.
func (r *jobRecord) took(inputs ...string) { r.job.Inputs = append(r.job.Inputs, inputs...) }

// of notes the run that the job is about.
func (r *jobRecord) of(runID string) { r.job.RunID = runID }

// tookSnapshots notes the raw tables that a run was made over.
func (r *jobRecord) tookSnapshots(run state.Run) {
	r.job.RunID = run.ID
	for _, name := range slices.Sorted(maps.Keys(run.Inputs)) {
		r.took(name + "@" + strconv.FormatInt(run.Inputs[name], 10))
	}
}

// end records how the job has ended, and gives its error on. It doesn't use
// the job's context: that may be what ended it.
func (r *jobRecord) end(ctx context.Context, err error) error {
	r.job.EndedAt, r.job.Result = r.s.Now.UTC(), state.JobDone
	if r.s.Clock != nil {
		r.job.EndedAt = r.s.Clock().UTC()
	}
	if err != nil {
		r.job.Result, r.job.Error = state.JobFailed, strings.ToValidUTF8(err.Error(), "\uFFFD")
		if errors.Is(err, context.Canceled) {
			r.job.Error = "interrupted"
		}
		if len(r.job.Error) > errorTextBytes {
			r.job.Error = strings.ToValidUTF8(r.job.Error[:errorTextBytes], "") + "…"
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if failed := r.place.state.EndJob(ctx, r.job); failed != nil && err == nil {
		return failed
	}
	return err // the first error says more than that it couldn't be recorded
}
