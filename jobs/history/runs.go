package history

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/table"
)

// RunsOptions say which jobs to list.
type RunsOptions struct {
	books.Setting
	ID    string // a job's number, or the id of a reconciliation; "": the newest
	Limit int
}

// Runs lists the jobs that ran, newest first: who, what, when, and what became
// of it. With an ID it tells all about that one, a row for each property. An
// unknown id is an error of usage.
func Runs(ctx context.Context, o RunsOptions) (t *table.Table, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightRuns)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if o.ID != "" {
		return showRun(ctx, p, o.Setting, o.ID)
	}
	if o.Limit < 1 || o.Limit > books.RunsListedMax {
		return nil, pipeline.Errorf(pipeline.KindUsage, "list", "runs", "--limit %d is not from 1 to %d", o.Limit, books.RunsListedMax)
	}
	list, err := p.State.Jobs(ctx, o.Limit)
	if err == nil {
		err = p.TellEnds(ctx, o.Setting, list)
	}
	if err != nil {
		return nil, err
	}
	t = &table.Table{Columns: []table.Column{
		{Name: "id", Kind: table.Number}, {Name: "job"}, {Name: "period"}, {Name: "user"}, {Name: "started_at", Kind: table.Time},
		{Name: "seconds", Kind: table.Decimal}, {Name: "result"}, {Name: "run_id"}, {Name: "error"},
	}}
	for _, j := range list {
		first, _, _ := strings.Cut(j.Error, "\n")
		t.Rows = append(t.Rows, []any{j.No, j.Job, books.TextOrNil(string(j.Period)), j.User, j.StartedAt, secondsOf(j), j.Result, books.TextOrNil(j.RunID), books.TextOrNil(first)})
	}
	return t, nil
}

// secondsOf gives how long a job took; nil while it runs.
func secondsOf(j state.Job) any {
	if j.EndedAt.IsZero() {
		return nil
	}
	return strconv.FormatInt(j.EndedAt.Sub(j.StartedAt).Milliseconds()/1000, 10) + "." +
		strconv.FormatInt(1000+j.EndedAt.Sub(j.StartedAt).Milliseconds()%1000, 10)[1:]
}

// showRun tells all about one job, or about a reconciliation and its jobs.
func showRun(ctx context.Context, p *books.Books, s books.Setting, id string) (*table.Table, error) {
	t := &table.Table{Columns: []table.Column{{Name: "property"}, {Name: "value"}}, CellWidth: 120}
	add := func(property string, value any) { t.Rows = append(t.Rows, []any{property, value}) }
	no, err := strconv.ParseInt(id, 10, 64)
	if err == nil {
		j, found, err := p.State.Job(ctx, no)
		if err != nil {
			return nil, err
		}
		if found {
			list := []state.Job{j}
			if err := p.TellEnds(ctx, s, list); err != nil {
				return nil, err
			}
			addJob(add, list[0])
			return t, addRun(ctx, p, add, j.RunID)
		}
	}
	run, found, err := p.State.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, pipeline.Misnamed("find run", pipeline.CutText(id), "", nil, "no job has that number, and no reconciliation that id").
			WithHint("`carat runs` lists them")
	}
	list, err := p.State.JobsOfRun(ctx, run.ID)
	if err == nil {
		err = p.TellEnds(ctx, s, list)
	}
	if err != nil {
		return nil, err
	}
	for _, j := range list {
		add("job", strconv.FormatInt(j.No, 10)+" "+j.Job+" by "+j.User+", "+j.Result)
	}
	return t, addRun(ctx, p, add, run.ID)
}

func addJob(add func(string, any), j state.Job) {
	add("id", strconv.FormatInt(j.No, 10))
	add("job", j.Job)
	add("period", books.TextOrNil(string(j.Period)))
	add("arguments", strings.Join(j.Arguments, " "))
	add("user", j.User)
	add("os_user", j.OSUser)
	add("build", j.Build)
	add("started_at", j.StartedAt)
	if !j.EndedAt.IsZero() {
		add("ended_at", j.EndedAt)
	}
	add("result", j.Result)
	add("error", books.TextOrNil(j.Error))
	for _, in := range j.Inputs {
		add("input", in)
	}
}

// addRun adds what a reconciliation was made of and came to.
func addRun(ctx context.Context, p *books.Books, add func(string, any), id string) error {
	if id == "" {
		return nil
	}
	run, found, err := p.State.Run(ctx, id)
	if err != nil || !found {
		return err
	}
	add("run_id", run.ID)
	add("run_period", string(run.Period))
	add("run_status", run.Status)
	add("run_at", run.CreatedAt)
	if run.Engine != "" {
		add("run_engine", run.Engine)
	}
	for _, c := range run.Controls {
		if c.Exceptions > 0 {
			add("control", c.Control+" ("+c.Severity+"): "+strconv.FormatInt(c.Exceptions, 10)+" of "+strconv.FormatInt(c.Checked, 10))
		}
	}
	tables, err := p.Lake.RunTables(ctx, run.ID)
	if err != nil {
		return err
	}
	for _, t := range tables {
		add("result", t.Table+"@"+strconv.FormatInt(t.Snapshot, 10)+", "+strconv.FormatInt(t.Rows, 10)+" rows, numbers "+t.NumbersSHA256)
	}
	return nil
}
