package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/engine"
	"carat/pipeline/engine/trino"
	"carat/pipeline/lake"
	"carat/pipeline/state"
	"carat/pipeline/undo"
)

// Control is the result of one control in one run.
type Control = state.Control

// Options say what to reconcile.
type Options struct {
	books.Setting
	SQL    fs.FS // the models
	Period pipeline.Period
	// Reperform also runs the last closed period again.
	Reperform bool
	// FromStart publishes nothing: the period's run is built once more from the start,
	// and every number is compared.
	FromStart bool
	// OneByOne builds one model at a time: Progress is told each before it is begun,
	// and what a process used between two is what the first of them cost.
	OneByOne bool
}

// Result is what a run found.
type Result struct {
	Period   pipeline.Period
	RunID    string
	Status   string // with the decisions in force counted in
	Controls []Control
	Verdict  books.Verdict
	// Repeated says that the same inputs were reconciled before: nothing was
	// written again.
	Repeated bool
	// Carried says that the run began with what the month before closed with, and Start
	// why it didn't although carat.yaml lets it; "" where carat.yaml doesn't.
	Carried bool
	Start   string
	// SignOffFell says why the sign-off of a prepared period fell away; "" when
	// none did.
	SignOffFell string
	// Changed is what was set otherwise in the run before.
	Changed Changes
}

// Run runs the controls of a period over all that the lake holds and
// publishes the results: all of them or none. A period without a row is a
// not-found error. What the controls found is a result, not an error.
func Run(ctx context.Context, o Options) (result *Result, err error) {
	return books.Locked(ctx, o.Setting, books.RightReconcile, o.Period, func(p *books.Books, job *books.Job) (result *Result, err error) {
		r, err := RunIn(ctx, p, o)
		if err != nil {
			return nil, err
		}
		job.TookSnapshots(r.Run)
		if r.onIt != "" {
			job.Took("engine " + r.onIt)
		}
		if err := r.Close(); err != nil {
			return nil, err
		}
		return r.Result(ctx, p, o.Setting)
	})
}

// Finished is a finished run, with the engine that holds its models if it
// was run just now.
type Finished struct {
	Run      state.Run
	Repeated bool
	eng      *engine.Engine // nil when repeated
	cluster  *trino.Server  // that builds the models; nil: eng does
	onIt     string         // what a cluster that was asked calls itself; "" for none
	carried  bool           // forward from the month before
	start    string         // why it isn't
	// signOffFell says why the period's sign-off fell away, "" when none did.
	signOffFell string
	changed     Changes
}

// Close gives the run's engine back.
func (r *Finished) Close() error {
	var err error
	if r.cluster != nil {
		err, r.cluster = r.cluster.Close(), nil
	}
	if r.eng == nil {
		return err
	}
	return errors.Join(err, r.eng.Close())
}

// Result judges the run by what was decided. The run's own engine must be
// closed: two of them would take twice the memory.
func (r *Finished) Result(ctx context.Context, p *books.Books, s books.Setting) (*Result, error) {
	v, err := p.Verdict(ctx, s, r.Run)
	if err != nil {
		return nil, err
	}
	return &Result{Period: r.Run.Period, RunID: r.Run.ID, Status: v.Status, Controls: r.Run.Controls, Verdict: v,
		Repeated: r.Repeated, Carried: r.carried, Start: r.start, SignOffFell: r.signOffFell, Changed: r.changed}, nil
}

// RunIn is Run in books that are open and locked.
func RunIn(ctx context.Context, p *books.Books, o Options) (*Finished, error) {
	if err := p.Lake.CheckOwn(ctx); err != nil {
		return nil, err
	}
	tables, err := p.Lake.Tables(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	batches, err := p.Batches(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	if undone, left := undo.Unfinished(batches); undone != "" {
		return nil, pipeline.Errorf(pipeline.KindUsage, "reconcile", string(o.Period), "%s was taken out of the history, and what was dropped against it in %s is still to be read again", undone, strings.Join(left, ", ")).
			WithHint("`carat undo %s --reason …` goes on where it was cut short", undone)
	}
	closed, err := p.Closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	if err := closed.RefuseClosed("reconcile", o.Period); err != nil {
		return nil, err
	}
	first, version := closed.First, closed.Version(o.Period)
	if err := checkPeriod(o.Period, closed, tables); err != nil {
		return nil, err
	}
	m, err := o.Models()
	if err != nil {
		return nil, err
	}
	prior, err := CheckClosed(ctx, p, o.Setting, closed, o.Period, o.Reperform)
	if err != nil {
		return nil, err
	}
	locks, err := LocksBefore(p, closed, o.Period)
	if err != nil {
		return nil, err
	}
	opening, err := OpeningOf(ctx, p, closed, o.Period)
	if err != nil {
		return nil, err
	}
	told, err := p.Decided(ctx, closed, o.Period)
	if err != nil {
		return nil, err
	}
	start := ""
	if o.Config.History == config.HistoryCarried {
		if start, err = notCarried(ctx, p, o, m, closed, batches, tables, prior); err != nil {
			return nil, err
		}
	}
	batches, tables = ReadBy(o.Period, batches, tables)
	id, err := RunID(o.Config, o.Period, first, version, batches, m.Files(), prior, locks, opening, told)
	if err != nil {
		return nil, err
	}
	known, found, err := p.State.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	r := &Finished{}
	if o.Period != first { // before the first month there is nothing to carry
		r.start = start
	}
	var settings map[string]string
	if r.changed, settings, err = o.sinceRun(ctx, p, m); err != nil {
		return nil, err
	}
	if !found && o.Config.History == config.HistoryCarried && start == "" {
		// what is signed is built from the start: a month that is prepared without a run isn't carried
		if known, found, err = p.State.Run(ctx, CarriedID(id)); err != nil {
			return nil, err
		}
		if found || !o.Reperform {
			id, r.carried = CarriedID(id), true
		}
	}
	if o.FromStart && !found {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "compare", string(o.Period), "what is there now was not reconciled yet").WithHint("`carat reconcile --period %s` first", o.Period)
	}
	if found && !o.Reperform && !o.FromStart {
		return r, r.repeat(ctx, p, o, known, version)
	}
	run := state.Run{ID: id, Period: o.Period, CreatedAt: o.Now, Inputs: map[string]int64{}}
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	run.Settings = string(text)
	for _, t := range tables {
		if t.Snapshot != 0 && books.IsRaw(t.Name) {
			run.Inputs[t.Name] = t.Snapshot
		}
	}
	eng, err := books.OpenEngine(ctx, p, o.Config, books.ThreadsFor(o.Config, tables))
	if err != nil {
		return nil, err
	}
	eng.Apart = runOwn(o.Setting)
	r.Run, r.eng = run, eng
	read := tables
	if r.carried && !found {
		read = engine.SplitEarlier(tables, o.Period)
	}
	if err := r.onCluster(ctx, p, o, read); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if err := LoadClosing(ctx, p, eng, closed, o.Period); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	params := o.Parameters(id, closed, batches, prior, locks, told)
	if params.CheckAllLots, err = checkAllLots(ctx, p, o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	params.OneByOne = o.OneByOne
	if found { // and the month is being prepared: what will be signed is compared first, with what all rows from the start come to
		if err := errors.Join(r.again(ctx, p, o, m, tables, params), r.Close()); err != nil {
			return nil, err
		}
		if o.FromStart {
			r.Run, r.Repeated, r.eng = known, true, nil
			return r, nil
		}
		return r, r.repeat(ctx, p, o, known, version)
	}
	params.Carries = r.carried
	if err := r.execute(ctx, p, o, m, tables, params); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if r.signOffFell, err = p.SettleSignOff(ctx, o.Setting, o.Period, version, id); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// repeat makes a run that is known the current one of its period again.
func (r *Finished) repeat(ctx context.Context, p *books.Books, o Options, known state.Run, version int64) (err error) {
	r.Run, r.Repeated, r.eng = known, true, nil
	if err = p.State.MakeCurrent(ctx, known, o.Now); err == nil {
		r.signOffFell, err = p.SettleSignOff(ctx, o.Setting, o.Period, version, known.ID)
	}
	return err
}

// runsLookedAt bounds the runs among which one is looked for that found lots not
// as specified.
const runsLookedAt = 200

// checkAllLots says whether the run compares the lots of all viewers with the
// rules in SQL: that of a month which is being prepared, and each of a month of
// which a run found them to differ.
func checkAllLots(ctx context.Context, p *books.Books, o Options) (bool, error) {
	if o.Reperform || o.FromStart {
		return true, nil
	}
	runs, err := p.State.Runs(ctx, runsLookedAt)
	return slices.ContainsFunc(runs, func(r state.Run) bool {
		return r.Period == o.Period && slices.ContainsFunc(r.Controls, func(c Control) bool { return c.Control == "lots_as_specified" && c.Exceptions > 0 })
	}), err
}

// execute runs the models and publishes their results.
func (r *Finished) execute(ctx context.Context, p *books.Books, o Options, m Models, tables []pipeline.TableFiles, params engine.Parameters) (err error) {
	if params.Carries {
		tables = engine.SplitEarlier(tables, o.Period)
	}
	if err := loadForModels(ctx, r.eng, tables); err != nil {
		return err
	}
	outcome, err := r.eng.Reconcile(ctx, m.Dialect, m.List, params, func(model string, done, total int) {
		o.Tell(books.Event{Step: "reconcile", Object: model, Done: int64(done), Total: int64(total), Unit: "models"})
	})
	if err != nil {
		return err
	}
	for _, c := range outcome.Controls {
		judged := state.Control{Control: c.Control, Severity: c.Severity, Checked: c.Checked, Exceptions: c.Exceptions, Result: c.Result,
			ReviewOnly: c.ReviewOnly, NotCompared: c.NotCompared}
		if c.NotComparedReason != "" {
			judged.NotComparedReason = &c.NotComparedReason
		}
		r.Run.Controls = append(r.Run.Controls, judged)
	}
	r.Run.Status = outcome.Status()
	dir, err := p.Lake.StagingDir("run-" + r.Run.ID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }() // tables without rows stay there
	files, err := r.eng.Export(ctx, dir)
	if err != nil {
		return err
	}
	_, err = p.Lake.Publish(ctx, lake.Run{ID: r.Run.ID, Period: o.Period}, files, func(tx *sql.Tx) error {
		return p.State.RecordRun(ctx, tx, r.Run)
	})
	if err != nil {
		return err
	}
	o.Tell(books.Event{Step: "reconcile", Object: string(o.Period), Done: int64(len(r.Run.Controls)), Unit: "controls", Finished: true})
	return nil
}

// loadForModels makes the lake's tables known to models. Results of earlier
// runs are among them for a user's own controls; carat's read none.
func loadForModels(ctx context.Context, eng *engine.Engine, tables []pipeline.TableFiles) error {
	var raw, results []pipeline.TableFiles
	for _, t := range tables {
		if books.IsRaw(t.Name) || engine.IsEarlier(t.Name) {
			raw = append(raw, t)
		} else {
			results = append(results, t)
		}
	}
	return errors.Join(eng.Hold(ctx, engine.RawPrefix, raw), eng.Load(ctx, engine.RawPrefix, results))
}

// Parameters are what the models know of the run.
func (o Options) Parameters(id string, closed books.Closures, batches []pipeline.Batch, prior []engine.ClosedTable, locks []engine.Lock,
	told decision.Decided) engine.Parameters {
	c := o.Config
	params := engine.Parameters{
		Period: o.Period, FirstPeriod: closed.First, RunID: id, TimeZone: c.Zone, ReportingCurrency: c.ReportingCurrency,
		DefaultEntity: c.Entity, Clawback: c.Clawback, BreakageMonths: c.BreakageMonths, FXMaxAgeDays: c.FXMaxAgeDays,
		ExpectedDaily: c.ExpectedDaily(), Batches: batches, Tolerances: c.Tolerances, Materiality: c.Materiality, DebtAllowance: c.DebtAllowance,
		PayoutDueDays: c.PayoutDueDays, BelowMinimumDays: c.BelowMinimumDays, PayoutFXTolerance: c.PayoutFXTolerance, Escheat: c.Escheat,
		FluxPercent: c.FluxPercent, RefundReserve: c.RefundReserve, DAC7Basis: c.DAC7Basis,
		Approvers: c.Approvers, Accounts: c.Accounts, Settlement: c.Settlement, StatementVersion: closed.Version(o.Period), Closed: prior, Locks: locks,
		DecidedRates: told.Rates, DecidedMatches: told.Matches,
	}
	for _, e := range c.Entities {
		params.Entities = append(params.Entities, engine.Entity{ID: e.ID, FunctionalCurrency: e.FunctionalCurrency, Revenue: e.Revenue})
	}
	for _, name := range config.Channels {
		params.Channels = append(params.Channels, engine.Channel{Name: name, StoreFeeRate: c.StoreFeeRate[name], DueDays: c.DueDays[name]})
	}
	return params
}

// checkPeriod wants the period to be one of which the lake holds rows, an empty
// one before such, or the empty one that comes next: months are closed in order,
// also those in which nothing happened.
func checkPeriod(period pipeline.Period, closed books.Closures, tables []pipeline.TableFiles) error {
	known := pipeline.MonthsWithRows(tables)
	last, isClosed := closed.Last()
	switch {
	case len(known) > 0 && period >= closed.First && (slices.Contains(known, period) || period < known[len(known)-1]):
		return nil
	case isClosed && period == last.Period.Next():
		return nil
	case period == closed.First && opens(tables):
		return nil
	case isClosed && period > last.Period && (len(known) == 0 || known[len(known)-1] <= last.Period):
		return pipeline.Errorf(pipeline.KindUsage, "reconcile", string(period), "no row lies in that month").WithHint("months are closed in order, and %s comes next", last.Period.Next())
	case len(known) == 0:
		return pipeline.Errorf(pipeline.KindNotFound, "reconcile", string(period), "no row lies in that month").WithHint("nothing was ingested yet: put feed files into the inbox and run `carat ingest`")
	}
	names := make([]string, len(known))
	for i, month := range known {
		names[i] = string(month)
	}
	return pipeline.Misnamed("reconcile", string(period), string(period), names, "no row lies in that month, but in %s", monthsSaid(names))
}

// opens tells whether balances were fed, with which a first month begins.
func opens(tables []pipeline.TableFiles) bool {
	return slices.ContainsFunc(tables, func(t pipeline.TableFiles) bool { return t.Name == "balances" && len(t.Files) > 0 })
}

// monthsSaid names some months, of many the first and the last.
func monthsSaid(names []string) string {
	const most = 4
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return names[0] + " to " + names[len(names)-1]
}

// Blocked is the error of a result whose period blocking controls hold up, nil
// for others.
func (r *Result) Blocked() error {
	if r.Status != books.StatusBlocked {
		return nil
	}
	return books.BlockedError("reconcile", r.Period, r.Verdict)
}
