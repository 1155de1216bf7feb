package month

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/closepackage"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/jobs/names"
	"carat/jobs/reconcile"
	"carat/jobs/statements"
	"carat/jobs/written"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/identity"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// ApproveOptions say which period to lock.
type ApproveOptions struct {
	books.Setting
	SQL    fs.FS // the models
	Period pipeline.Period
	// Saw is what whoever approves was looking at; where it is another by now, nothing is
	// signed. Zero: they looked at nothing.
	Saw Signing
}

// ApproveResult is what was locked.
type ApproveResult struct {
	Period      pipeline.Period
	Version     int64
	RunID       string
	Standing    books.Standing
	PreparedBy  string
	ApprovedBy  string
	Certificate string // its file, below the lake folder
	SHA256      string // of the certificate
	Statements  int64
	Folder      string // of the final statements
	Moved       []certificate.MovedTable
	Shared      []certificate.SharedAccount // accounts of the operating system under which several of them acted
	Package     []string                    // files of the close package that tells of it
}

// Approve locks a prepared period. It reconciles once more over what the lake
// now holds: a sign-off falls away when any number has moved. The approver is
// neither the preparer nor one who decided an exception, nor the scheduler.
func Approve(ctx context.Context, o ApproveOptions) (result *ApproveResult, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	return books.Locked(ctx, o.Setting, books.RightApprove, o.Period, func(p *books.Books, job *books.Job) (result *ApproveResult, err error) {
		closed, err := p.Closures(ctx, o.Config)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(closed.InOrder("approve", o.Period), noScheduler(ctx, p, o), written.AsWritten(ctx, p, o.Config, "approve", o.Period)); err != nil {
			return nil, err
		}
		if err := isOver(o); err != nil {
			return nil, err
		}
		version := closed.Version(o.Period)
		if _, err := signed(ctx, p, o, version); err != nil {
			return nil, err
		}
		run, v, err := reconciled(ctx, p, reconcile.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period})
		if err != nil {
			return nil, err
		}
		job.TookSnapshots(run)
		// The run just made may have moved what was signed.
		signed, err := signed(ctx, p, o, version)
		if err != nil {
			return nil, err
		}
		if err := o.Saw.as(ctx, p, "approve", o.Period, run, v, signed.Attempt); err != nil {
			return nil, err
		}
		if err := mayApprove(o, signed, v); err != nil {
			return nil, err
		}
		if err := payersNamed(ctx, p, o, run); err != nil {
			return nil, err
		}
		lines, err := holds(ctx, p, o, signed, run, v)
		if err != nil {
			return nil, err
		}
		return lockPeriod(ctx, p, o, closed, signed, lines, run, v)
	})
}

// noScheduler refuses the scheduler, under whichever name it runs.
func noScheduler(ctx context.Context, p *books.Books, o ApproveOptions) error {
	list, err := p.State.Grants(ctx)
	if err != nil {
		return err
	}
	if names.Same(o.By.User, books.SchedulerUser) || books.Grants(list).Has(o.By.User, books.RoleScheduler) {
		return pipeline.Refusef("approve", string(o.Period), "%s runs the scheduled jobs, and a program approves nothing", o.By.User).
			WithHint("an approver does: `carat approve --period %s`", o.Period)
	}
	return nil
}

// signed gives the sign-off that stands, or why there is none.
func signed(ctx context.Context, p *books.Books, o ApproveOptions, version int64) (state.SignOff, error) {
	signed, stands, fell, err := p.SignOff(ctx, o.Period, version)
	switch {
	case err != nil:
		return signed, err
	case fell != "":
		return signed, pipeline.Errorf(pipeline.KindBlocked, "approve", string(o.Period), "the sign-off fell away: %s", fell).
			WithHint("prepare it again: `carat close --period %s`", o.Period)
	case !stands:
		return signed, pipeline.Errorf(pipeline.KindUsage, "approve", string(o.Period), "nobody has prepared it").
			WithHint("prepare it: `carat close --period %s`", o.Period)
	case names.Same(signed.PreparedBy, o.By.User):
		return signed, pipeline.Refusef("approve", string(o.Period), "%s prepared it, and who prepares doesn't approve", o.By.User).
			WithHint("let somebody else approve the month")
	}
	if o.Now.Before(signed.PreparedAt) {
		return signed, clockError("approve", o.Period, o.Now, "the month was prepared", signed.PreparedAt)
	}
	return signed, nil
}

// clockError is the error of a signature that would be dated before what it rests
// on.
func clockError(action string, period pipeline.Period, now time.Time, what string, at time.Time) error {
	return pipeline.Errorf(pipeline.KindUsage, action, string(period), "it would be dated %s, and %s on %s", now.UTC().Format(time.RFC3339), what, at.UTC().Format(time.RFC3339)).
		WithHint("the machine's clock is wrong now, or was then: set it right")
}

// mayApprove says why a period can't be locked, by its exceptions and by who
// decided about them.
func mayApprove(o ApproveOptions, signed state.SignOff, v books.Verdict) error {
	if len(v.BlockedBy) > 0 {
		return books.BlockedError("approve", o.Period, v)
	}
	if len(v.Undecided) > 0 {
		return pipeline.Errorf(pipeline.KindBlocked, "approve", string(o.Period), "exceptions of %s need a decision", strings.Join(v.Undecided, ", ")).
			WithHint("`carat exceptions --period %s --export decisions.csv`, decide, then `carat exceptions --import decisions.csv`", o.Period)
	}
	for _, d := range v.Decisions {
		switch {
		case o.Now.Before(d.At):
			return clockError("approve", o.Period, o.Now, "exception "+d.ExceptionID+" was decided", d.At)
		case names.Same(d.By, signed.PreparedBy) && o.Config.FourEyes != config.FourEyesTwo:
			return decidedByPreparer("approve", o.Period, d)
		case names.Same(d.By, o.By.User):
			return pipeline.Refusef("approve", string(o.Period), "%s decided exception %s, and who decides doesn't approve", d.By, d.ExceptionID).
				WithHint("let somebody else approve the month")
		}
	}
	return nil
}

// payersNamed refuses final statements that would name nobody as their payer. The
// name is asked for before the lock, since those statements stay as they are; it
// moves no number, so the sign-off stands.
func payersNamed(ctx context.Context, p *books.Books, o ApproveOptions, run state.Run) error {
	unnamed, err := statements.Unnamed(ctx, p, o.Config, run)
	if err != nil || len(unnamed) == 0 {
		return err
	}
	return pipeline.Errorf(pipeline.KindUsage, "approve", string(o.Period), "the final statements would name nobody as their payer: %s has no name in carat.yaml", strings.Join(unnamed, ", ")).
		WithHint("set `%s` with the legal name, and approve again; no number moves, so the sign-off stands", statements.HowToName(o.Config, unnamed))
}

// lockPeriod writes the final statements, if files are not made on demand, and the certificate, which wait for the
// lock, then locks the period in one transaction with the tags, and puts them in
// place. A crash before the transaction leaves the period prepared; after it, the
// next command that locks the lake puts them in place, and the package that tells
// who signed is written by `carat package`.
func lockPeriod(ctx context.Context, p *books.Books, o ApproveOptions, closed books.Closures, signed state.SignOff, lines []identity.Field, run state.Run, v books.Verdict) (*ApproveResult, error) {
	// The approver signs before the certificate is made, which names what was signed, and before
	// a file is written: who has no key, or is shown first what to sign, leaves none behind.
	proof, err := p.Prove(ctx, o.Setting, identity.KindApprove, books.RightApprove, lines...)
	if err != nil {
		return nil, err
	}
	standing := books.Standing{Verdict: v, Lock: state.Lock{Period: o.Period, Version: signed.Version, RunID: run.ID, PreparedBy: signed.PreparedBy, ApprovedBy: o.By.User}}
	render := statements.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period, Final: true, Says: standing.Words()}
	next, target := render.Folder(statements.FinalEnding), render.Folder("")
	count, err := statements.FinalInto(ctx, p, run, render, next)
	if err != nil {
		return nil, err
	}
	if err := statements.WriteMoved(ctx, p, o.Setting, o.SQL, closed, o.Period, run.ID, next); err != nil {
		return nil, err
	}
	list, files, err := disk.ListFiles(next)
	if err != nil {
		return nil, statements.WriteError(next, err)
	}
	c := &certificate.Certificate{
		Format: certificate.CertificateFormat, Lake: p.Lake.ID(), Period: o.Period, Version: signed.Version, Status: v.Status, RunID: run.ID,
		Prepared: certificate.Signature{User: signed.PreparedBy, OSUser: signed.OSUser, At: signed.PreparedAt.UTC()},
		Approved: certificate.Signature{User: o.By.User, OSUser: o.By.OSUser, At: o.Now.UTC()}, Build: o.Build, Engine: run.Engine, Decisions: v.Decisions,
		SharedAccounts: books.SharedAccounts(signed, o.By, v.Decisions),
		Statements:     certificate.CertifiedList{Statements: count, Files: files, SHA256: certificate.SHA256Text(list), OnDemand: statements.OnDemand(o.Config)},
	}
	if err := certify(ctx, p, o, closed, run, c); err != nil {
		return nil, err
	}
	if err := named(ctx, p, c, signed, proof); err != nil {
		return nil, err
	}
	text, sum, err := c.Encode()
	if err != nil {
		return nil, err
	}
	tag := closeTag(o.Period, c.Version)
	if err := p.Lake.StageCertificate(o.Period, c.Version, tag, text, list); err != nil {
		return nil, err
	}
	if render.History, err = statements.HistoryOf(ctx, p, o.Setting, run); err != nil {
		return nil, err
	}
	if err := disk.WriteMark(next, render.Mark(run, 0)); err != nil {
		return nil, statements.WriteError(next, err)
	}
	snapshots := map[string]int64{}
	for _, t := range c.Tables {
		snapshots[t.Table] = t.Snapshot
	}
	for _, t := range c.Results {
		snapshots[t.Table] = t.Snapshot
	}
	lock := state.Lock{Period: o.Period, Version: c.Version, RunID: run.ID, CertificateSHA256: sum, PreparedBy: signed.PreparedBy, PreparedOS: signed.OSUser,
		ApprovedBy: o.By.User, ApprovedOS: o.By.OSUser, LockedAt: o.Now}
	err = p.Lake.Tag(ctx, tag, snapshots, func(tx *sql.Tx) error {
		return p.State.RecordLock(ctx, tx, lock, proof)
	})
	if err != nil {
		return nil, err
	}
	// From here on the month is locked: what is left is done by the next command too.
	if err := p.Lake.PlaceCertificate(o.Period, c.Version); err != nil {
		return nil, err
	}
	if err := o.Step("place", target); err != nil {
		return nil, err
	}
	if err := disk.ReplaceFolder(next, target); err != nil {
		return nil, statements.WriteError(target, err)
	}
	if err := o.Step("placed", target); err != nil {
		return nil, err
	}
	pack, err := closepackage.WriteIn(ctx, p, run, closepackage.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period})
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindOf(err), "approve", string(o.Period), "the month is closed, but its close package was not written: %w", err).
			WithHint("write it with `carat package --period %s`", o.Period)
	}
	return &ApproveResult{Period: o.Period, Version: c.Version, RunID: run.ID, Standing: books.Standing{Verdict: v, Lock: lock}, PreparedBy: signed.PreparedBy,
		ApprovedBy: o.By.User, Certificate: lake.CertificateFile(o.Period, c.Version), SHA256: sum, Statements: count, Folder: target, Moved: c.Moved, Shared: c.SharedAccounts, Package: pack.Files}, nil
}
