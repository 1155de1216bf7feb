package jobs

import (
	"context"
	"errors"
	"io/fs"

	"carat/pipeline"
)

// RunOptions say what to run.
type RunOptions struct {
	Setting
	SQL    fs.FS // the models
	Period pipeline.Period
}

// RunResult is what became of each part; those not reached are nil.
type RunResult struct {
	Ingest     *IngestResult
	Reconcile  *ReconcileResult
	Statements *StatementsResult
	Package    *PackageResult
}

// Run ingests the inbox, reconciles the period and writes its statements and
// its close package, all under one lock. Files that fail don't stop it: their errors are returned
// beside a result that is complete.
func Run(ctx context.Context, o RunOptions) (result *RunResult, err error) {
	inputs, ignored, err := FindInputs(o.Config)
	if err != nil {
		return nil, err
	}
	p, err := openLocked(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	job, err := p.begin(ctx, o.Setting, "run", o.Period)
	if err != nil {
		return nil, err
	}
	defer func() { err = job.end(ctx, err) }()
	closed, err := p.closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	if err := closed.refuseClosed("run", o.Period); err != nil {
		return nil, err
	}
	result = &RunResult{}
	var failures error
	if result.Ingest, failures = ingest(ctx, p, o.Setting, inputs, ignored); failures != nil && !isFileError(failures) {
		return result, failures
	}
	job.took(result.Ingest.Inputs()...)
	r, err := reconcile(ctx, p, ReconcileOptions{Setting: o.Setting, SQL: o.SQL, Period: o.Period})
	if err != nil {
		return result, errors.Join(failures, err)
	}
	job.tookSnapshots(r.run)
	if err := r.close(); err != nil {
		return result, errors.Join(failures, err)
	}
	if result.Reconcile, err = r.result(ctx, p, o.Setting); err != nil {
		return result, errors.Join(failures, err)
	}
	render := StatementsOptions{Setting: o.Setting, SQL: o.SQL, Period: o.Period}
	if render.history, err = p.history(ctx, o.Setting, r.run); err != nil {
		return result, errors.Join(failures, err)
	}
	if done, ok := standing(r.run, render); ok && r.repeated {
		result.Statements = done
	} else if result.Statements, err = statements(ctx, p, r.run, render); err != nil {
		return result, errors.Join(failures, err)
	}
	signed, err := p.signatures(ctx, o.Setting, o.Period)
	if err != nil {
		return result, errors.Join(failures, err)
	}
	pack := PackageOptions{Setting: o.Setting, SQL: o.SQL, Period: o.Period, signed: signed.hash()}
	if done, ok := standingPackage(r.run, pack); ok && r.repeated {
		result.Package = done
		return result, failures
	}
	result.Package, err = closePackage(ctx, p, r.run, pack)
	return result, errors.Join(failures, err)
}
