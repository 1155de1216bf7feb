package jobs

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"

	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// ApproveOptions say which period to lock.
type ApproveOptions struct {
	Setting
	SQL    fs.FS // the models
	Period pipeline.Period
}

// ApproveResult is what was locked.
type ApproveResult struct {
	Period      pipeline.Period
	Version     int64
	RunID       string
	Status      string
	Verdict     Verdict
	PreparedBy  string
	ApprovedBy  string
	Certificate string // its file, below the lake folder
	SHA256      string // of the certificate
	Statements  int64
	Folder      string // of the final statements
	Moved       []pipeline.MovedTable
	Package     []string // files of the close package that tells of it
}

// Approve locks a prepared period. It reconciles once more over what the lake
// now holds: a sign-off falls away when any number has moved. The approver is
// neither the preparer nor one who decided an exception, nor the scheduler.
func Approve(ctx context.Context, o ApproveOptions) (result *ApproveResult, err error) {
	if err := wantLake(o.Setting); err != nil {
		return nil, err
	}
	p, err := openLocked(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	job, err := p.begin(ctx, o.Setting, "approve", o.Period)
	if err != nil {
		return nil, err
	}
	defer func() { err = job.end(ctx, err) }()
	closed, err := p.closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(closed.inOrder("approve", o.Period), p.may(ctx, o.Setting, "approve", string(o.Period), RoleApprover), p.noScheduler(ctx, o)); err != nil {
		return nil, err
	}
	version := closed.version(o.Period)
	if _, err := p.signed(ctx, o, version); err != nil {
		return nil, err
	}
	run, v, err := p.reconciled(ctx, ReconcileOptions{Setting: o.Setting, SQL: o.SQL, Period: o.Period})
	if err != nil {
		return nil, err
	}
	job.tookSnapshots(run)
	// The run just made may have moved what was signed.
	signed, err := p.signed(ctx, o, version)
	if err != nil {
		return nil, err
	}
	if err := mayApprove(o, signed, v); err != nil {
		return nil, err
	}
	return p.lockPeriod(ctx, o, closed, signed, run, v)
}

// noScheduler refuses the scheduler, under whichever name it runs.
func (p *place) noScheduler(ctx context.Context, o ApproveOptions) error {
	list, err := p.state.Grants(ctx)
	if err != nil {
		return err
	}
	if o.By.User == SchedulerUser || grants(list).has(o.By.User, RoleScheduler) {
		return pipeline.Errorf(pipeline.KindUsage, "approve", string(o.Period), "%s runs the scheduled jobs, and a program approves nothing", o.By.User).
			WithHint("an approver does: `carat approve --period %s`", o.Period)
	}
	return nil
}

// signed gives the sign-off that stands, or why there is none.
func (p *place) signed(ctx context.Context, o ApproveOptions, version int64) (state.SignOff, error) {
	signed, stands, fell, err := p.signOff(ctx, o.Period, version)
	switch {
	case err != nil:
		return signed, err
	case fell != "":
		return signed, pipeline.Errorf(pipeline.KindBlocked, "approve", string(o.Period), "the sign-off fell away: %s", fell).
			WithHint("prepare it again: `carat close --period %s`", o.Period)
	case !stands:
		return signed, pipeline.Errorf(pipeline.KindUsage, "approve", string(o.Period), "nobody has prepared it").
			WithHint("prepare it: `carat close --period %s`", o.Period)
	case signed.PreparedBy == o.By.User:
		return signed, pipeline.Errorf(pipeline.KindUsage, "approve", string(o.Period), "%s prepared it, and who prepares doesn't approve", o.By.User).
			WithHint("let somebody else approve the month")
	}
	return signed, nil
}

// mayApprove says why a period can't be locked, by its exceptions and by who
// decided about them.
func mayApprove(o ApproveOptions, signed state.SignOff, v Verdict) error {
	if len(v.BlockedBy) > 0 {
		return blockedError("approve", o.Period, v)
	}
	if len(v.Undecided) > 0 {
		return pipeline.Errorf(pipeline.KindBlocked, "approve", string(o.Period), "exceptions of %s need a decision", strings.Join(v.Undecided, ", ")).
			WithHint("`carat exceptions --period %s --export decisions.csv`, decide, then `carat exceptions --import decisions.csv`", o.Period)
	}
	for _, d := range v.Decisions {
		switch d.By {
		case signed.PreparedBy:
			return decidedByPreparer("approve", o.Period, d)
		case o.By.User:
			return pipeline.Errorf(pipeline.KindUsage, "approve", string(o.Period), "%s decided exception %s, and who decides doesn't approve", d.By, d.ExceptionID).
				WithHint("let somebody else approve the month")
		}
	}
	return nil
}

// lockPeriod writes the final statements and the certificate, then locks the
// period in one transaction with the tags. A crash before that leaves the
// period prepared; after it, the final statements are put in place by
// `carat statements`, and the package that tells who signed is written by
// `carat package`.
func (p *place) lockPeriod(ctx context.Context, o ApproveOptions, closed closures, signed state.SignOff, run state.Run, v Verdict) (*ApproveResult, error) {
	render := StatementsOptions{Setting: o.Setting, SQL: o.SQL, Period: o.Period, final: true}
	next, target := render.folder(finalEnding), render.folder("")
	count, err := renderInto(ctx, p, run, render, next)
	if err != nil {
		return nil, err
	}
	if err := p.writeMoved(ctx, o.Setting, o.SQL, closed, o.Period, run.ID, next); err != nil {
		return nil, err
	}
	list, files, err := listFiles(next)
	if err != nil {
		return nil, statementsError(next, err)
	}
	c := &pipeline.Certificate{
		Format: pipeline.CertificateFormat, Lake: p.lake.ID(), Period: o.Period, Version: signed.Version, Status: v.Status, RunID: run.ID,
		Prepared: pipeline.Signature{User: signed.PreparedBy, At: signed.PreparedAt.UTC()},
		Approved: pipeline.Signature{User: o.By.User, At: o.Now.UTC()}, Build: o.Build, Decisions: v.Decisions,
		Statements: pipeline.CertifiedList{Statements: count, Files: files, SHA256: pipeline.SHA256Text(list)},
	}
	if err := p.certify(ctx, o, closed, run, c); err != nil {
		return nil, err
	}
	text, sum, err := c.Encode()
	if err != nil {
		return nil, err
	}
	if err := p.lake.SaveCertificate(o.Period, c.Version, text, list); err != nil {
		return nil, err
	}
	if render.history, err = p.history(ctx, o.Setting, run); err != nil {
		return nil, err
	}
	if err := writeMark(next, render.mark(run, 0)); err != nil {
		return nil, statementsError(next, err)
	}
	snapshots := map[string]int64{}
	for _, t := range c.Tables {
		snapshots[t.Table] = t.Snapshot
	}
	for _, t := range c.Results {
		snapshots[t.Table] = t.Snapshot
	}
	err = p.lake.Tag(ctx, closeTag(o.Period, c.Version), snapshots, func(tx *sql.Tx) error {
		return p.state.RecordLock(ctx, tx, state.Lock{Period: o.Period, Version: c.Version, RunID: run.ID, CertificateSHA256: sum,
			PreparedBy: signed.PreparedBy, ApprovedBy: o.By.User, LockedAt: o.Now})
	})
	if err != nil {
		return nil, err
	}
	if err := replaceFolder(next, target); err != nil {
		return nil, statementsError(target, err)
	}
	pack, err := closePackage(ctx, p, run, PackageOptions{Setting: o.Setting, SQL: o.SQL, Period: o.Period})
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindOf(err), "approve", string(o.Period), "the month is closed, but its close package was not written: %w", err).
			WithHint("write it with `carat package --period %s`", o.Period)
	}
	return &ApproveResult{Period: o.Period, Version: c.Version, RunID: run.ID, Status: v.Status, Verdict: v, PreparedBy: signed.PreparedBy,
		ApprovedBy: o.By.User, Certificate: lake.CertificateFile(o.Period, c.Version), SHA256: sum, Statements: count, Folder: target, Moved: c.Moved, Package: pack.Files}, nil
}
