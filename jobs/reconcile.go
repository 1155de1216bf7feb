package jobs

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// Where a period stands after a run.
const (
	StatusBalanced   = "balanced"
	StatusExceptions = "exceptions" // a review control found something
	StatusBlocked    = "blocked"    // a blocking control found something
)

// Control is the result of one control in one run.
type Control = state.Control

// ReconcileOptions say what to reconcile.
type ReconcileOptions struct {
	Setting
	SQL    fs.FS // the models
	Period pipeline.Period
	// reperform also runs the last closed period again.
	reperform bool
}

// ReconcileResult is what a run found.
type ReconcileResult struct {
	Period   pipeline.Period
	RunID    string
	Status   string // with the decisions in force counted in
	Controls []Control
	Verdict  Verdict
	// Repeated says that the same inputs were reconciled before: nothing was
	// written again.
	Repeated bool
	// SignOffFell says why the sign-off of a prepared period fell away; "" when
	// none did.
	SignOffFell string
}

// Reconcile runs the controls of a period over all that the lake holds and
// publishes the results: all of them or none. A period without a row is a
// not-found error. What the controls found is a result, not an error.
func Reconcile(ctx context.Context, o ReconcileOptions) (result *ReconcileResult, err error) {
	p, err := openLocked(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	job, err := p.begin(ctx, o.Setting, "reconcile", o.Period)
	if err != nil {
		return nil, err
	}
	defer func() { err = job.end(ctx, err) }()
	r, err := reconcile(ctx, p, o)
	if err != nil {
		return nil, err
	}
	job.tookSnapshots(r.run)
	if err := r.close(); err != nil {
		return nil, err
	}
	return r.result(ctx, p, o.Setting)
}

// reconciled is a finished run, with the engine that holds its models if it
// was run just now.
type reconciled struct {
	run      state.Run
	repeated bool
	eng      *engine.Engine // nil when repeated
	// signOffFell says why the period's sign-off fell away, "" when none did.
	signOffFell string
}

func (r *reconciled) close() error {
	if r.eng == nil {
		return nil
	}
	return r.eng.Close()
}

// result judges the run by what was decided. The run's own engine must be
// closed: two of them would take twice the memory.
func (r *reconciled) result(ctx context.Context, p *place, s Setting) (*ReconcileResult, error) {
	v, err := p.verdict(ctx, s, r.run)
	if err != nil {
		return nil, err
	}
	return &ReconcileResult{Period: r.run.Period, RunID: r.run.ID, Status: v.Status, Controls: r.run.Controls, Verdict: v,
		Repeated: r.repeated, SignOffFell: r.signOffFell}, nil
}

// reconcile is Reconcile in a place that is open and locked.
func reconcile(ctx context.Context, p *place, o ReconcileOptions) (*reconciled, error) {
	tables, err := p.lake.Tables(ctx, latest)
	if err != nil {
		return nil, err
	}
	batches, err := p.batches(ctx, latest)
	if err != nil {
		return nil, err
	}
	closed, err := p.closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	if err := closed.refuseClosed("reconcile", o.Period); err != nil {
		return nil, err
	}
	first, version := closed.first, closed.version(o.Period)
	if err := checkPeriod(o.Period, first, tables); err != nil {
		return nil, err
	}
	m, err := o.models()
	if err != nil {
		return nil, err
	}
	prior, err := p.checkClosed(ctx, o.Setting, closed, o.Period, o.reperform)
	if err != nil {
		return nil, err
	}
	locks, err := p.locks(closed, o.Period)
	if err != nil {
		return nil, err
	}
	id, err := runID(o.Config, o.Period, first, version, batches, m.files(), prior, locks)
	if err != nil {
		return nil, err
	}
	if known, found, err := p.state.Run(ctx, id); err != nil || found {
		if err == nil {
			err = p.state.MakeCurrent(ctx, known, o.Now)
		}
		r := &reconciled{run: known, repeated: true}
		if err == nil {
			r.signOffFell, err = p.settleSignOff(ctx, o.Setting, o.Period, version, id)
		}
		return r, err
	}
	run := state.Run{ID: id, Period: o.Period, CreatedAt: o.Now, Inputs: map[string]int64{}}
	for _, t := range tables {
		if t.Snapshot != 0 && isRaw(t.Name) {
			run.Inputs[t.Name] = t.Snapshot
		}
	}
	eng, err := openEngine(ctx, p, o.Config, o.Config.threadsFor(tables))
	if err != nil {
		return nil, err
	}
	r := &reconciled{run: run, eng: eng}
	if err := p.loadClosing(ctx, eng, closed, o.Period); err != nil {
		return nil, errors.Join(err, r.close())
	}
	if err := r.execute(ctx, p, o, m, tables, o.parameters(id, closed, batches, prior, locks)); err != nil {
		return nil, errors.Join(err, r.close())
	}
	if r.signOffFell, err = p.settleSignOff(ctx, o.Setting, o.Period, version, id); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// execute runs the models and publishes their results.
func (r *reconciled) execute(ctx context.Context, p *place, o ReconcileOptions, m models, tables []pipeline.TableFiles, params engine.Parameters) (err error) {
	if err := loadForModels(ctx, r.eng, tables); err != nil {
		return err
	}
	outcome, err := r.eng.Reconcile(ctx, m.dialect, m.list, params, func(model string, done, total int) {
		o.tell(Event{Step: "reconcile", Object: model, Done: int64(done), Total: int64(total), Unit: "models"})
	})
	if err != nil {
		return err
	}
	for _, c := range outcome.Controls {
		r.run.Controls = append(r.run.Controls, state.Control{
			Control: c.Control, Severity: c.Severity, Checked: c.Checked, Exceptions: c.Exceptions, Result: c.Result})
	}
	r.run.Status = outcome.Status()
	dir, err := p.lake.StagingDir("run-" + r.run.ID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }() // tables without rows stay there
	files, err := r.eng.Export(ctx, dir)
	if err != nil {
		return err
	}
	_, err = p.lake.Publish(ctx, lake.Run{ID: r.run.ID, Period: o.Period}, files, func(tx *sql.Tx) error {
		return p.state.RecordRun(ctx, tx, r.run)
	})
	if err != nil {
		return err
	}
	o.tell(Event{Step: "reconcile", Object: string(o.Period), Done: int64(len(r.run.Controls)), Unit: "controls", Finished: true})
	return nil
}

// tableRejects is the one raw table that is no feed.
const tableRejects = "rejects"

func isRaw(table string) bool {
	_, feed := pipeline.FeedByName(table)
	return feed || table == tableRejects
}

// loadForModels makes the lake's tables known to models. Results of earlier
// runs are among them for a user's own controls; carat's read none.
func loadForModels(ctx context.Context, eng *engine.Engine, tables []pipeline.TableFiles) error {
	var raw, results []pipeline.TableFiles
	for _, t := range tables {
		if isRaw(t.Name) {
			raw = append(raw, t)
		} else {
			results = append(results, t)
		}
	}
	return errors.Join(eng.Hold(ctx, engine.RawPrefix, raw), eng.Load(ctx, engine.RawPrefix, results))
}

// parameters are what the models know of the run.
func (o ReconcileOptions) parameters(id string, closed closures, batches []pipeline.Batch, prior []engine.ClosedTable, locks []engine.Lock) engine.Parameters {
	c := o.Config
	params := engine.Parameters{
		Period: o.Period, FirstPeriod: closed.first, RunID: id, TimeZone: c.Zone, ReportingCurrency: c.ReportingCurrency,
		DefaultEntity: c.Entity, Clawback: c.Clawback, BreakageMonths: c.BreakageMonths, FXMaxAgeDays: c.FXMaxAgeDays,
		ExpectedDaily: c.expectedDaily(), Batches: batches, Tolerances: c.Tolerances, Materiality: c.Materiality,
		Approvers: c.Approvers, Accounts: c.Accounts, StatementVersion: closed.version(o.Period), Closed: prior, Locks: locks,
	}
	for _, e := range c.Entities {
		params.Entities = append(params.Entities, engine.Entity{ID: e.ID, FunctionalCurrency: e.FunctionalCurrency, Revenue: e.Revenue})
	}
	for _, name := range channels {
		params.Channels = append(params.Channels, engine.Channel{Name: name, StoreFeeRate: c.StoreFeeRate[name], DueDays: c.DueDays[name]})
	}
	return params
}

// monthFolder begins the Hive-style folder of an accounting month.
const monthFolder = "accounting_month="

// checkPeriod wants the period to be one of which the lake holds rows, or an
// empty one before such: months are closed in order, also those in which
// nothing happened.
func checkPeriod(period, first pipeline.Period, tables []pipeline.TableFiles) error {
	known := monthsWithRows(tables)
	if len(known) > 0 && period >= first && (slices.Contains(known, period) || period < known[len(known)-1]) {
		return nil
	}
	e := pipeline.Errorf(pipeline.KindNotFound, "reconcile", string(period), "no row lies in that month")
	if len(known) == 0 {
		return e.WithHint("nothing was ingested yet: put feed files into the inbox and run `carat ingest`")
	}
	names := make([]string, len(known))
	for i, month := range known {
		names[i] = string(month)
	}
	return e.WithHint("there are rows in %s", strings.Join(names, ", "))
}

// monthsWithRows gives the accounting months in which events lie, in order.
func monthsWithRows(tables []pipeline.TableFiles) []pipeline.Period {
	months := map[pipeline.Period]bool{}
	for _, t := range tables {
		if f, ok := pipeline.FeedByName(t.Name); !ok || f.Reference || t.Name == feedBalances {
			continue
		}
		for _, file := range t.Files {
			if _, rest, ok := strings.Cut(file, monthFolder); ok && len(rest) >= len("2026-10") {
				months[pipeline.Period(rest[:len("2026-10")])] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(months))
}
