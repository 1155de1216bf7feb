package jobs

import (
	"context"
	"errors"
	"io/fs"

	"carat/jobs/books"
	"carat/jobs/closepackage"
	"carat/jobs/ingest"
	"carat/jobs/reconcile"
	"carat/jobs/statements"
	"carat/jobs/written"
	"carat/pipeline"
)

// RunOptions say what to run.
type RunOptions struct {
	books.Setting
	SQL    fs.FS // the models
	Period pipeline.Period
}

// RunResult is what became of each part; those not reached are nil.
type RunResult struct {
	Ingest     *ingest.Result
	Reconcile  *reconcile.Result
	Statements *statements.Result
	Package    *closepackage.Result
}

// Run ingests the inbox, reconciles the period and writes its statements and
// its close package, all under one lock. Files that fail don't stop it: their errors are returned
// beside a result that is complete.
func Run(ctx context.Context, o RunOptions) (result *RunResult, err error) {
	inputs, ignored, err := ingest.FindInputs(o.Config)
	if err != nil {
		return nil, err
	}
	return books.Locked(ctx, o.Setting, books.RightRun, o.Period, func(p *books.Books, job *books.Job) (result *RunResult, err error) {
		closed, err := p.Closures(ctx, o.Config)
		if err != nil {
			return nil, err
		}
		if err := closed.RefuseClosed("run", o.Period); err != nil {
			return nil, err
		}
		result = &RunResult{}
		var failures error
		if result.Ingest, failures = ingest.FilesIn(ctx, p, o.Setting, inputs, ignored); result.Ingest == nil {
			return nil, failures // nothing was begun
		} else if failures != nil && !ingest.IsFileError(failures) {
			return result, failures
		}
		job.Took(result.Ingest.Inputs()...)
		r, err := reconcile.RunIn(ctx, p, reconcile.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period})
		if err != nil {
			return result, errors.Join(failures, err)
		}
		job.TookSnapshots(r.Run)
		if err := r.Close(); err != nil {
			return result, errors.Join(failures, err)
		}
		if result.Reconcile, err = r.Result(ctx, p, o.Setting); err != nil {
			return result, errors.Join(failures, err)
		}
		render := statements.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period}
		if render.History, err = statements.HistoryOf(ctx, p, o.Setting, r.Run); err != nil {
			return result, errors.Join(failures, err)
		}
		if done, ok := statements.Standing(r.Run, render); ok && r.Repeated {
			result.Statements = done
		} else if statements.OnDemand(o.Config) {
			n, err := statements.Count(ctx, p, o.Config, r.Run)
			if err != nil {
				return result, errors.Join(failures, err)
			}
			result.Statements = &statements.Result{Period: o.Period, RunID: r.Run.ID, Statements: n}
		} else if result.Statements, err = statements.WriteIn(ctx, p, r.Run, render); err != nil {
			return result, errors.Join(failures, err)
		}
		signed, err := closepackage.SignaturesOf(ctx, p, o.Setting, o.Period)
		if err != nil {
			return result, errors.Join(failures, err)
		}
		pack := closepackage.Options{Setting: o.Setting, SQL: o.SQL, Period: o.Period, Signed: signed.Hash()}
		if done, ok := closepackage.Standing(r.Run, pack); ok && r.Repeated && written.AsWritten(ctx, p, o.Config, "run", o.Period) == nil {
			result.Package = done
			return result, failures
		}
		result.Package, err = closepackage.WriteIn(ctx, p, r.Run, pack)
		return result, errors.Join(failures, err)
	})
}
