package month

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/jobs/statements"
	"carat/jobs/written"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/decision"
	"carat/pipeline/identity"
	"carat/pipeline/state"
)

// CloseOptions say which period to prepare.
type CloseOptions struct {
	books.Setting
	SQL    fs.FS // the models
	Period pipeline.Period
	// Saw is what whoever prepares was looking at; where it is another by now, nothing is
	// signed. Zero: they looked at nothing.
	Saw Signing
}

// CloseResult is what was signed.
type CloseResult struct {
	Period     pipeline.Period
	Version    int64
	RunID      string
	Status     string
	Verdict    books.Verdict
	PreparedBy string
	PreparedAt time.Time
	Draft      bool     // a program has run it, and a person signs it
	Early      bool     // the month isn't over yet
	Unnamed    []string // entities that statements are of and carat.yaml has no name for; the approval asks for it
	// Moved is, in a period that was reopened, what differs from the version
	// before.
	Moved []certificate.MovedTable
	// Changed is a sentence for each setting that is another than when a month was signed last.
	Changed []string
}

// Close prepares a period for approval: it reconciles what the lake now holds
// and signs the numbers. The period must be the earliest open one, and no
// blocking exception may stand without a waiver. Undecided exceptions that need
// a review are for the time until the approval.
func Close(ctx context.Context, o CloseOptions) (result *CloseResult, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	return books.Locked(ctx, o.Setting, books.RightClose, o.Period, func(p *books.Books, job *books.Job) (result *CloseResult, err error) {
		closed, err := p.Closures(ctx, o.Config)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(closed.InOrder("close", o.Period), written.AsWritten(ctx, p, o.Config, "close", o.Period)); err != nil {
			return nil, err
		}
		run, v, err := reconciled(ctx, p, reconcile.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period, Reperform: true})
		if err != nil {
			return nil, err
		}
		job.TookSnapshots(run)
		version := closed.Version(o.Period)
		last, stands, _, err := p.SignOff(ctx, o.Period, version)
		if err != nil {
			return nil, err
		}
		if !stands {
			last.Attempt = 0
		}
		if err := o.Saw.as(ctx, p, "close", o.Period, run, v, last.Attempt); err != nil {
			return nil, err
		}
		if len(v.BlockedBy) > 0 {
			return nil, books.BlockedError("close", o.Period, v)
		}
		if err := mayPrepare(o, v); err != nil {
			return nil, err
		}
		numbers, err := p.Covered(ctx, run.ID)
		if err != nil {
			return nil, err
		}
		draft, err := isDraft(ctx, p, o.Setting)
		if err != nil {
			return nil, err
		}
		if !draft {
			if err := signOff(ctx, p, o, state.SignOff{Period: o.Period, Version: version, RunID: run.ID,
				NumbersSHA256: books.NumbersSHA256(numbers), PreparedBy: o.By.User, OSUser: o.By.OSUser, PreparedAt: o.Now}, run, v); err != nil {
				return nil, err
			}
		}
		result = &CloseResult{Period: o.Period, Version: version, RunID: run.ID, Status: v.Status, Verdict: v,
			PreparedBy: o.By.User, PreparedAt: o.Now, Draft: draft, Early: o.Now.Before(o.Period.End(o.Config.Zone))}
		if result.Unnamed, err = statements.Unnamed(ctx, p, o.Config, run); err != nil {
			return nil, err
		}
		if result.Changed, err = reconcile.SettingsMoved(ctx, p, o.Config, closed, run); err != nil {
			return nil, err
		}
		result.Moved, err = movedTables(ctx, p, o.Setting, closed, o.Period, run.ID)
		return result, err
	})
}

// signOff keeps the preparer's record and their sign-off.
func signOff(ctx context.Context, p *books.Books, o CloseOptions, signed state.SignOff, run state.Run, v books.Verdict) error {
	before, err := p.State.SignOffs(ctx, o.Period, signed.Version)
	if err != nil {
		return err
	}
	options := reconcile.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period}
	lines, err := signedLines(ctx, p, o.Setting, options, signed.Version, int64(len(before))+1, run, v, 0)
	if err != nil {
		return err
	}
	proof, err := p.Prove(ctx, o.Setting, identity.KindPrepare, books.RightClose, lines...)
	if err != nil {
		return err
	}
	_, err = p.State.RecordSignOff(ctx, signed, proof)
	return err
}

// isDraft says whether a program closes the month, in a lake whose people prove who
// they are: it signs nothing, and a preparer does.
func isDraft(ctx context.Context, p *books.Books, s books.Setting) (bool, error) {
	people, err := p.People(ctx)
	if err != nil || !people.On {
		return false, err
	}
	grants, err := p.Grants(ctx, s)
	return s.By.Program || !grants.Has(s.By.User, books.RolePreparer), err
}

// reconciled reconciles a period over what the lake now holds, and judges it.
func reconciled(ctx context.Context, p *books.Books, o reconcile.Options) (state.Run, books.Verdict, error) {
	r, err := reconcile.RunIn(ctx, p, o)
	if err != nil {
		return state.Run{}, books.Verdict{}, err
	}
	if err := r.Close(); err != nil {
		return state.Run{}, books.Verdict{}, err
	}
	v, err := p.Verdict(ctx, o.Setting, r.Run)
	return r.Run, v, err
}

// decidedByPreparer is the error of one person who decides an exception and
// prepares the month that it stands in.
func decidedByPreparer(action string, period pipeline.Period, d decision.Decision) error {
	return pipeline.Refusef(action, string(period), "%s decided exception %s, and who decides doesn't prepare", d.By, d.ExceptionID).
		WithHint("let somebody else prepare the month, or decide the exception")
}
