package month

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/names"
	"carat/jobs/reconcile"
	"carat/jobs/written"
	"carat/pipeline"
	"carat/pipeline/state"
)

// LookOptions say at the signing of which period somebody looks.
type LookOptions struct {
	books.Setting
	SQL    fs.FS // the models
	Period pipeline.Period
}

// Standing is where the signing of a period stands, for the one who looks: what is
// signed, what it rests on, and what keeps them from each of the three signatures.
type Standing struct {
	books.Standing
	Period   pipeline.Period
	Version  int64 // of the statements that are signed next, or were
	Stage    string
	Run      state.Run
	Seen     Signing       // what is looked at now
	Prepared state.SignOff // zero: nobody has prepared it, or it fell away
	Fell     string        // why the last sign-off fell away; "": none did
	// Prepare, Approve and Reopen are what keeps the one who looks from it; none: nothing.
	Prepare, Approve, Reopen []*pipeline.Error
	// Base is the certificate or the run whose settings those of now are beside; "": there is none.
	Base    string
	Changed []reconcile.ChangedSetting
}

// Signing is what somebody sees of a month before they sign.
type Signing struct {
	Run       string // whose numbers they are
	Decisions string // SHA-256 over those in force
	Attempt   int64  // of the sign-off that stands; 0: none does
}

// Look says where the signing of a period stands. It changes nothing. Nothing of a month
// is of one entity alone, so the right to it is that to the evidence. A period that was
// not reconciled is a not-found error.
func Look(ctx context.Context, o LookOptions) (l *Standing, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightEvidence)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	run, err := p.CurrentRun(ctx, o.Period)
	if err != nil {
		return nil, err
	}
	closed, err := p.Closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	l = &Standing{Period: o.Period, Version: closed.Version(o.Period), Run: run, Stage: books.StageOpen}
	if l.Standing, err = p.Standing(ctx, o.Setting, closed, run); err != nil {
		return nil, err
	}
	last, stands, fell, err := p.SignOff(ctx, o.Period, l.Version)
	if err != nil {
		return nil, err
	}
	l.Fell = fell
	if l.Closed() {
		l.Stage, l.Version = books.StageClosed, l.Lock.Version
	} else if stands {
		l.Stage, l.Prepared = books.StagePrepared, last
	}
	l.Seen = Signing{Run: run.ID, Decisions: decisionsSHA256(l.Decisions, 0), Attempt: l.Prepared.Attempt}
	if err := l.hindrances(ctx, p, o, closed); err != nil {
		return nil, err
	}
	c, err := (reconcile.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period}).SinceSigned(ctx, p, closed)
	l.Base, l.Changed = c.Since, c.List
	return l, err
}

// hindrances finds what keeps the one who looks from each signature, by the rules that
// judge it when they sign.
func (l *Standing) hindrances(ctx context.Context, p *books.Books, o LookOptions, closed books.Closures) error {
	grants, err := p.Grants(ctx, o.Setting)
	if err != nil {
		return err
	}
	var first error // that is none of the domain's
	add := func(list *[]*pipeline.Error, err error) {
		var e *pipeline.Error
		switch {
		case err == nil:
		case errors.As(err, &e) && e.Kind != pipeline.KindInternal:
			*list = append(*list, e)
		case first == nil:
			first = err
		}
	}
	approve := ApproveOptions{Setting: o.Setting, SQL: o.SQL, Period: o.Period}
	if err := grants.May(o.By, books.RightReopen); err != nil {
		add(&l.Reopen, err)
	} else if _, err := mayReopen(closed, ReopenOptions{Setting: o.Setting, Period: o.Period, Reason: "asked"}); err != nil {
		add(&l.Reopen, err)
	}
	add(&l.Prepare, grants.May(o.By, books.RightClose))
	add(&l.Approve, grants.May(o.By, books.RightApprove))
	if l.Closed() {
		return first
	}
	inOrder := closed.InOrder("close", o.Period)
	if len(l.Prepare) == 0 {
		add(&l.Prepare, inOrder)
		add(&l.Prepare, written.AsWritten(ctx, p, o.Config, "close", o.Period))
		if len(l.BlockedBy) > 0 {
			add(&l.Prepare, books.BlockedError("prepare", o.Period, l.Verdict))
		}
		add(&l.Prepare, mayPrepare(CloseOptions{Setting: o.Setting, Period: o.Period}, l.Verdict))
	}
	if len(l.Approve) > 0 {
		return first // what else is in the way is for those who may
	}
	add(&l.Approve, inOrder)
	add(&l.Approve, noScheduler(ctx, p, approve))
	add(&l.Approve, written.AsWritten(ctx, p, o.Config, "approve", o.Period))
	add(&l.Approve, isOver(approve))
	prepared, err := signed(ctx, p, approve, l.Version)
	add(&l.Approve, err)
	if err == nil {
		prepared = l.Prepared
	}
	add(&l.Approve, mayApprove(approve, prepared, l.Verdict))
	add(&l.Approve, payersNamed(ctx, p, approve, l.Run))
	return first
}

// isOver wants the month to be over.
func isOver(o ApproveOptions) error {
	end := o.Period.End(o.Config.Zone)
	if !o.Now.Before(end) {
		return nil
	}
	return pipeline.Errorf(pipeline.KindUsage, "approve", string(o.Period), "the month is not over before %s", end.Format(time.RFC3339)).
		WithHint("approve it then: what is still to come would count in the next month")
}

// as is a busy error when a month is not what somebody was looking at before they
// signed: of another run whose numbers are others, or with other decisions. Whoever
// looked at nothing (a zero Signing) signs what there is.
func (saw Signing) as(ctx context.Context, p *books.Books, action string, period pipeline.Period, run state.Run, v books.Verdict, attempt int64) error {
	if saw == (Signing{}) {
		return nil
	}
	moved := func(format string, args ...any) error {
		return pipeline.Errorf(pipeline.KindBusy, action, string(period), format, args...).WithHint("look at it again; nothing was signed")
	}
	if saw.Run != run.ID {
		now, err := p.Covered(ctx, run.ID)
		if err != nil {
			return err
		}
		before, err := p.Covered(ctx, saw.Run)
		if err != nil {
			return moved("what you looked at is another run by now")
		}
		if books.NumbersSHA256(before) != books.NumbersSHA256(now) {
			return moved("its numbers moved since you looked: %s", strings.Join(books.Moved(before, now), ", "))
		}
	}
	switch {
	case saw.Decisions != decisionsSHA256(v.Decisions, 0):
		return moved("somebody decided about its exceptions since you looked")
	case saw.Attempt != attempt:
		return moved("it was prepared anew since you looked")
	}
	return nil
}

// mayPrepare says why somebody can't prepare a period, by who decided in it.
func mayPrepare(o CloseOptions, v books.Verdict) error {
	for _, d := range v.Decisions {
		if o.Now.Before(d.At) {
			return clockError("close", o.Period, o.Now, "exception "+d.ExceptionID+" was decided", d.At)
		}
		if names.Same(d.By, o.By.User) && o.Config.FourEyes != config.FourEyesTwo {
			return decidedByPreparer("close", o.Period, d)
		}
	}
	return nil
}
