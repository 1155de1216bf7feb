package jobs

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/state"
	"carat/reports"
)

// statementsFolder lies in a period's folder of what people open.
const statementsFolder = "statements"

// The result tables that statements are made of.
const (
	tableSummaries = "statement_summaries"
	tableLines     = "statement_lines"
	tableRates     = "statement_rates"
)

// StatementsOptions say which statements to write.
type StatementsOptions struct {
	Setting
	Period  pipeline.Period
	Creator string   // "": every creator with activity or a balance
	Formats []string // of StatementFormats; none: all
	Build   string   // the version of carat, which another rendering follows from
	Zip     bool     // also all of them as one file
	final   bool     // the period is being closed: not provisional
}

// StatementsResult says what was written.
type StatementsResult struct {
	Period     pipeline.Period
	RunID      string
	Folder     string // that holds the files
	Statements int64
	Changed    int64    // those that were written; the others stood as they were
	Removed    int64    // those of an earlier run that are no more
	Written    []string // the files, when one creator was asked for
	Zip        string   // the file with all of them, when asked for
}

// Statements renders the statements of a period's current run into
// out/PERIOD/statements/SHARD/CREATOR, with an index of all files and their
// hashes. Files whose statement says what it said before are left alone, and a
// run that was broken off goes on where it was. A
// period that was not reconciled and a creator that has no statement are
// not-found errors.
func Statements(ctx context.Context, o StatementsOptions) (result *StatementsResult, err error) {
	if err := errors.Join(checkFormats(o.Formats), wantLake(o.Setting)); err != nil {
		return nil, err
	}
	p, err := openLocked(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	closed, err := p.closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	if err := closed.refuseClosed("write statements of", o.Period); err != nil {
		return nil, err
	}
	run, err := p.currentRun(ctx, o.Period)
	if err != nil {
		return nil, err
	}
	return statements(ctx, p, run, o)
}

// statements is Statements of a run, in a place that is open and locked.
func statements(ctx context.Context, p *place, run state.Run, o StatementsOptions) (result *StatementsResult, err error) {
	if len(o.Formats) == 0 {
		o.Formats = StatementFormats
	}
	target := filepath.Join(o.Config.outFolder(o.Period), statementsFolder)
	if err := os.MkdirAll(target, 0o755); err != nil {
		return nil, statementsError(target, err)
	}
	result = &StatementsResult{Period: o.Period, RunID: run.ID, Folder: target}
	if o.Creator != "" {
		err = oneStatement(ctx, p, run, o, result)
	} else {
		err = allStatements(ctx, p, run, o, result)
	}
	if err != nil {
		return nil, statementsError(target, err)
	}
	if o.Zip {
		if result.Zip, err = zipStatements(target); err != nil {
			return nil, statementsError(target, err)
		}
	}
	o.tell(Event{Step: "statements", Object: string(o.Period), Done: result.Statements, Unit: "statements", Finished: true})
	return result, nil
}

// renderer gives a renderer into a folder.
func (o StatementsOptions) renderer(target string) *renderer {
	return &renderer{dir: target, formats: o.Formats, workers: o.Config.threads(), salt: o.Build, progress: func(written int64) {
		o.tell(Event{Step: "statements", Object: string(o.Period), Done: written, Unit: "statements"})
	}}
}

// allStatements renders every statement of a run beside what earlier runs left.
func allStatements(ctx context.Context, p *place, run state.Run, o StatementsOptions, result *StatementsResult) (err error) {
	w, err := resume(result.Folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	r := o.renderer(result.Folder)
	r.known, r.done = w.known, w.add
	counts, err := r.render(ctx, func(ctx context.Context, add func(*reports.Statement) error) error {
		return eachStatement(ctx, p, run, o, add)
	})
	if err != nil {
		return err
	}
	if err := w.finish(); err != nil {
		return err
	}
	result.Statements, result.Changed, result.Removed = counts.all, counts.changed, w.removed
	return writeMark(result.Folder, o.mark(run, 0))
}

// oneStatement renders the statements of one creator, and takes them into the
// index if there is one.
func oneStatement(ctx context.Context, p *place, run state.Run, o StatementsOptions, result *StatementsResult) error {
	index := filepath.Join(result.Folder, indexFile)
	var entries []indexEntry
	r := o.renderer(result.Folder)
	r.known = func(e *indexEntry) (old *indexEntry, err error) {
		err = eachEntry(index, func(known *indexEntry) error {
			if known.compare(e) == 0 {
				old = known
			}
			return nil
		})
		return old, err
	}
	r.done = func(e *indexEntry) error {
		for _, format := range o.Formats {
			result.Written = append(result.Written, filepath.Join(result.Folder, e.file(format)))
		}
		entries = append(entries, *e)
		return nil
	}
	counts, err := r.render(ctx, func(ctx context.Context, add func(*reports.Statement) error) error {
		return eachStatement(ctx, p, run, o, add)
	})
	if err != nil {
		return err
	}
	if counts.all == 0 {
		return unknownCreator(ctx, p, run, o)
	}
	sort.Strings(result.Written)
	result.Statements, result.Changed = counts.all, counts.changed
	return replaceEntries(result.Folder, entries)
}

// standing gives the result of an earlier rendering of the same run by the same
// carat, if its files still stand: then there is nothing to write again.
func standing(run state.Run, o StatementsOptions) (*StatementsResult, bool) {
	result := &StatementsResult{Period: o.Period, RunID: run.ID, Folder: filepath.Join(o.Config.outFolder(o.Period), statementsFolder)}
	if !hasMark(result.Folder, o.mark(run, 0)) {
		return nil, false
	}
	r := renderer{dir: result.Folder, formats: StatementFormats}
	gone := errors.New("a file is gone")
	err := eachEntry(filepath.Join(result.Folder, indexFile), func(e *indexEntry) error {
		if !r.stands(e) {
			return gone
		}
		result.Statements++
		return nil
	})
	return result, err == nil
}

// eachStatement hands over the statements of a run.
func eachStatement(ctx context.Context, p *place, run state.Run, o StatementsOptions, add func(*reports.Statement) error) (err error) {
	eng, err := p.openReader(ctx, o.Config, latest, nil, tableSummaries, tableLines, tableRates)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	people, err := p.lake.People(ctx)
	if err != nil {
		return err
	}
	payers := o.Config.payers()
	return eng.Statements(ctx, "", engine.StatementFilter{RunID: run.ID, CreatorID: o.Creator}, func(one *pipeline.Statement) error {
		one.Summary.Provisional = !o.final
		return add(&reports.Statement{
			Summary: one.Summary, Lines: one.Lines, Rates: rateTotals(one.Rates),
			DisplayName: people[one.Summary.CreatorID].DisplayName, Payer: payers[one.Summary.Entity],
			Zone: o.Config.Zone, RunID: run.ID,
		})
	})
}

// rateTotals are the rates of a statement as a report takes them.
func rateTotals(rates []pipeline.StatementRate) []reports.RateTotal {
	totals := make([]reports.RateTotal, 0, len(rates))
	for _, r := range rates {
		t := reports.RateTotal{RateFrom: r.RateFrom, RateTo: r.RateTo, Rate: r.Rate, Coins: r.Coins, Diamonds: r.Diamonds, Amount: r.Amount}
		if r.DiamondsPerCoin != nil {
			t.DiamondsPerCoin = *r.DiamondsPerCoin
		}
		totals = append(totals, t)
	}
	return totals
}

// unknownCreator says which creator may have been meant.
func unknownCreator(ctx context.Context, p *place, run state.Run, o StatementsOptions) error {
	e := pipeline.Errorf(pipeline.KindNotFound, "find statement of", o.Creator, "no creator of that id has activity or a balance in %s", o.Period)
	var known []string
	o.Creator = ""
	err := eachStatement(ctx, p, run, o, func(s *reports.Statement) error {
		known = append(known, s.Summary.CreatorID)
		return nil
	})
	if err != nil {
		return errors.Join(e, err)
	}
	if meant := Closest(e.Object, known); meant != "" {
		return e.WithHint("did you mean %s?", meant)
	}
	return e.WithHint("`carat query 'select distinct creator_id from statement_summaries'` lists them")
}

func statementsError(object string, err error) error {
	var known *pipeline.Error
	if errors.As(err, &known) {
		return err
	}
	e := pipeline.Errorf(pipeline.KindInternal, "write statements to", object, "%w", cause(err))
	if errors.Is(err, fs.ErrPermission) {
		e.Kind = pipeline.KindUsage
		return e.WithHint("carat needs to write to that folder: check its owner and permissions")
	}
	return e
}
