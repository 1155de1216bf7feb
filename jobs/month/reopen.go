package month

import (
	"context"
	"strconv"

	"carat/jobs/books"
	"carat/jobs/names"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/identity"
	"carat/pipeline/spelling"
	"carat/pipeline/state"
)

// ReopenOptions say which period to open again, and why.
type ReopenOptions struct {
	books.Setting
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
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	return books.Locked(ctx, o.Setting, books.RightReopen, o.Period, func(p *books.Books, job *books.Job) (result *ReopenResult, err error) {
		closed, err := p.Closures(ctx, o.Config)
		if err != nil {
			return nil, err
		}
		l, err := mayReopen(closed, o)
		if err != nil {
			return nil, err
		}
		l.ReopenedBy, l.ReopenedOS, l.ReopenedAt, l.ReopenReason = o.By.User, o.By.OSUser, o.Now, o.Reason
		job.Of(l.RunID)
		proof, err := p.Prove(ctx, o.Setting, identity.KindReopen, books.RightReopen, identity.Field{Name: "period", Value: string(o.Period)},
			identity.Field{Name: "version", Value: strconv.FormatInt(l.Version, 10)}, identity.Field{Name: "run", Value: l.RunID},
			identity.Field{Name: "certificate", Value: l.CertificateSHA256}, identity.Field{Name: "reason", Value: o.Reason})
		if err != nil {
			return nil, err
		}
		if err := p.State.Reopen(ctx, l, proof); err != nil {
			return nil, err
		}
		if err := o.Step("keep", string(o.Period)); err != nil {
			return nil, err
		}
		result = &ReopenResult{Period: o.Period, Version: l.Version}
		result.Kept, err = statements.Keep(o.Config, o.Period, l.Version)
		return result, err
	})
}

// mayReopen gives the lock to end, or why it can't be ended.
func mayReopen(c books.Closures, o ReopenOptions) (state.Lock, error) {
	l, ok := c.Lock(o.Period)
	last, any := c.Last()
	switch {
	case spelling.CheckReason(o.Reason, noteBytesMax) != nil:
		return l, pipeline.Errorf(pipeline.KindUsage, "reopen", string(o.Period), "a reason is needed, of at most %d bytes: %w", noteBytesMax, spelling.CheckReason(o.Reason, noteBytesMax)).
			WithHint("for example `carat reopen --period %s --reason \"settlement report corrected by the store\"`", o.Period)
	case !ok:
		e := pipeline.Misnamed("reopen", string(o.Period), "", nil, "the month is not closed")
		if any {
			return l, e.WithHint("the last closed month is %s", last.Period)
		}
		return l, e.WithHint("no month is closed")
	case o.Now.Before(l.LockedAt):
		return l, clockError("reopen", o.Period, o.Now, "the month was closed", l.LockedAt)
	case names.Same(o.By.User, books.SchedulerUser):
		return l, pipeline.Refusef("reopen", string(o.Period), "the scheduler opens no month")
	case last.Period != o.Period:
		return l, pipeline.Errorf(pipeline.KindLocked, "reopen", string(o.Period), "only the last closed month can be opened again, and that is %s", last.Period).
			WithHint("correct it in %s, where late rows count", c.EarliestOpen())
	}
	return l, nil
}
