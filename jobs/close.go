package jobs

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"carat/pipeline"
	"carat/pipeline/state"
)

// CloseOptions say which period to prepare.
type CloseOptions struct {
	Setting
	SQL    fs.FS // the models
	Period pipeline.Period
}

// CloseResult is what was signed.
type CloseResult struct {
	Period     pipeline.Period
	Version    int64
	RunID      string
	Status     string
	Verdict    Verdict
	PreparedBy string
	PreparedAt time.Time
	Early      bool // the month isn't over yet
	// Moved is, in a period that was reopened, what differs from the version
	// before.
	Moved []pipeline.MovedTable
}

// Close prepares a period for approval: it reconciles what the lake now holds
// and signs the numbers. The period must be the earliest open one, and no
// blocking exception may stand without a waiver. Undecided exceptions that need
// a review are for the time until the approval.
func Close(ctx context.Context, o CloseOptions) (result *CloseResult, err error) {
	if err := wantLake(o.Setting); err != nil {
		return nil, err
	}
	p, err := openLocked(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	job, err := p.begin(ctx, o.Setting, "close", o.Period)
	if err != nil {
		return nil, err
	}
	defer func() { err = job.end(ctx, err) }()
	closed, err := p.closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(p.may(ctx, o.Setting, "close", string(o.Period), RolePreparer, RoleScheduler), closed.inOrder("close", o.Period)); err != nil {
		return nil, err
	}
	run, v, err := p.reconciled(ctx, ReconcileOptions{Setting: o.Setting, SQL: o.SQL, Period: o.Period, reperform: true})
	if err != nil {
		return nil, err
	}
	job.tookSnapshots(run)
	if len(v.BlockedBy) > 0 {
		return nil, blockedError("close", o.Period, v)
	}
	for _, d := range v.Decisions {
		if d.By == o.By.User {
			return nil, decidedByPreparer("close", o.Period, d)
		}
	}
	numbers, err := p.covered(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	version := closed.version(o.Period)
	if _, err := p.state.RecordSignOff(ctx, state.SignOff{Period: o.Period, Version: version, RunID: run.ID,
		NumbersSHA256: numbersSHA256(numbers), PreparedBy: o.By.User, PreparedAt: o.Now}); err != nil {
		return nil, err
	}
	result = &CloseResult{Period: o.Period, Version: version, RunID: run.ID, Status: v.Status, Verdict: v,
		PreparedBy: o.By.User, PreparedAt: o.Now, Early: o.Now.Before(o.Period.End(o.Config.Zone))}
	result.Moved, err = p.movedTables(ctx, o.Setting, closed, o.Period, run.ID)
	return result, err
}

// reconciled reconciles a period over what the lake now holds, and judges it.
func (p *place) reconciled(ctx context.Context, o ReconcileOptions) (state.Run, Verdict, error) {
	r, err := reconcile(ctx, p, o)
	if err != nil {
		return state.Run{}, Verdict{}, err
	}
	if err := r.close(); err != nil {
		return state.Run{}, Verdict{}, err
	}
	v, err := p.verdict(ctx, o.Setting, r.run)
	return r.run, v, err
}

// inOrder wants a period to be the earliest open one.
func (c closures) inOrder(action string, period pipeline.Period) error {
	if err := c.refuseClosed(action, period); err != nil {
		return err
	}
	earliest := c.earliestOpen()
	switch {
	case earliest == "":
		return pipeline.Errorf(pipeline.KindNotFound, action, string(period), "nothing was ingested yet").
			WithHint("put feed files into the inbox and run `carat run --period %s`", period)
	case period < earliest:
		return pipeline.Errorf(pipeline.KindUsage, action, string(period), "carat began with %s; earlier months are inside its opening balances", c.first)
	case period > earliest:
		return pipeline.Errorf(pipeline.KindUsage, action, string(period), "months are closed in order, and %s is still open", earliest).
			WithHint("close %s first: `carat close --period %s`", earliest, earliest)
	}
	return nil
}

// decidedByPreparer is the error of one person who decides an exception and
// prepares the month that it stands in.
func decidedByPreparer(action string, period pipeline.Period, d pipeline.Decision) error {
	return pipeline.Errorf(pipeline.KindUsage, action, string(period), "%s decided exception %s, and who decides doesn't prepare", d.By, d.ExceptionID).
		WithHint("let somebody else prepare the month, or decide the exception")
}

// ReopenOptions say which period to open again, and why.
type ReopenOptions struct {
	Setting
	Period pipeline.Period
	Reason string
}

// ReopenResult is what was opened.
type ReopenResult struct {
	Period  pipeline.Period
	Version int64  // that was closed, and is kept
	Kept    string // the folder of its statements; "" when there were none
}

// Reopen opens the last closed period again. Both people must sign anew, and
// its next statements are a version more.
func Reopen(ctx context.Context, o ReopenOptions) (result *ReopenResult, err error) {
	if err := wantLake(o.Setting); err != nil {
		return nil, err
	}
	p, err := openLocked(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	job, err := p.begin(ctx, o.Setting, "reopen", o.Period)
	if err != nil {
		return nil, err
	}
	defer func() { err = job.end(ctx, err) }()
	closed, err := p.closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	l, err := closed.mayReopen(o)
	if err != nil {
		return nil, err
	}
	if err := p.may(ctx, o.Setting, "reopen", string(o.Period), RolePreparer, RoleApprover); err != nil {
		return nil, err
	}
	l.ReopenedBy, l.ReopenedAt, l.ReopenReason = o.By.User, o.Now, o.Reason
	job.of(l.RunID)
	if err := p.state.Reopen(ctx, l); err != nil {
		return nil, err
	}
	result = &ReopenResult{Period: o.Period, Version: l.Version}
	result.Kept, err = keepStatements(o, l.Version)
	return result, err
}

// mayReopen gives the lock to end, or why it can't be ended.
func (c closures) mayReopen(o ReopenOptions) (state.Lock, error) {
	l, ok := c.lock(o.Period)
	last, any := c.last()
	switch {
	case len(o.Reason) == 0 || len(o.Reason) > noteBytesMax:
		return l, pipeline.Errorf(pipeline.KindUsage, "reopen", string(o.Period), "a reason is needed, of at most %d bytes", noteBytesMax).
			WithHint("for example `carat reopen --period %s --reason \"settlement report corrected by the store\"`", o.Period)
	case !ok:
		e := pipeline.Errorf(pipeline.KindUsage, "reopen", string(o.Period), "the month is not closed")
		if any {
			return l, e.WithHint("the last closed month is %s", last.Period)
		}
		return l, e.WithHint("no month is closed")
	case o.By.User == SchedulerUser:
		return l, pipeline.Errorf(pipeline.KindUsage, "reopen", string(o.Period), "the scheduler opens no month")
	case last.Period != o.Period:
		return l, pipeline.Errorf(pipeline.KindLocked, "reopen", string(o.Period), "only the last closed month can be opened again, and that is %s", last.Period).
			WithHint("correct it in %s, where late rows count", c.earliestOpen())
	}
	return l, nil
}
