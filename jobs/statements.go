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
	"carat/reports/statement"
)

// statementsFolder lies in a period's folder of what people open.
const statementsFolder = "statements"

// The result tables that statements are made of.
const (
	tableSummaries = "statement_summaries"
	tableLines     = "statement_lines"
	tableRates     = "statement_rates"
	tableDays      = "statement_days"
	tableStreams   = "statement_streams"
	tableHolds     = "statement_holds"
	tableTerms     = "statement_terms"
)

var statementTables = []string{tableSummaries, tableLines, tableRates, tableDays, tableStreams, tableHolds, tableTerms}

// StatementsOptions say which statements to write.
type StatementsOptions struct {
	Setting
	Period  pipeline.Period
	Creator string   // "": every creator with activity or a balance
	Formats []string // of StatementFormats; none: all
	Zip     bool     // also all of them as one file
	SQL     fs.FS    // the queries over the statements of several months
	final   bool     // the period is closed or being closed: not provisional
	history history  // what the statements say of other months and versions
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
	Restored   bool     // final ones that were missing or changed
}

// Statements renders the statements of a period's current run into
// out/PERIOD/statements/SHARD/CREATOR, with an index of all files and their
// hashes. Files whose statement says what it said before are left alone, and a
// run that was broken off goes on where it was. A
// period that was not reconciled and a creator that has no statement are
// not-found errors. Those of a closed period stay as they are, a locked error;
// only when files are missing or changed are they put back.
func Statements(ctx context.Context, o StatementsOptions) (result *StatementsResult, err error) {
	if err := errors.Join(checkFormats(o.Formats), wantLake(o.Setting)); err != nil {
		return nil, err
	}
	p, err := openLocked(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	job, err := p.begin(ctx, o.Setting, "statements", o.Period)
	if err != nil {
		return nil, err
	}
	defer func() { err = job.end(ctx, err) }()
	closed, err := p.closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	if l, ok := closed.lock(o.Period); ok {
		return p.restoreStatements(ctx, o, closed, l)
	}
	run, err := p.currentRun(ctx, o.Period)
	if err != nil {
		return nil, err
	}
	job.of(run.ID)
	return statements(ctx, p, run, o)
}

// statements is Statements of a run, in a place that is open and locked.
func statements(ctx context.Context, p *place, run state.Run, o StatementsOptions) (result *StatementsResult, err error) {
	if len(o.Formats) == 0 {
		o.Formats = StatementFormats
	}
	if o.history, err = p.history(ctx, o.Setting, run); err != nil {
		return nil, err
	}
	target := o.folder("")
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

// folder is where the period's statements lie; with an ending, beside that.
func (o StatementsOptions) folder(ending string) string {
	return filepath.Join(o.Config.outFolder(o.Period), statementsFolder+ending)
}

// renderInto renders all of a run's statements into a new folder, and gives
// their number.
func renderInto(ctx context.Context, p *place, run state.Run, o StatementsOptions, next string) (int64, error) {
	o.Formats, o.Creator = StatementFormats, ""
	var err error
	if o.history, err = p.history(ctx, o.Setting, run); err != nil {
		return 0, err
	}
	if err := errors.Join(os.RemoveAll(next), os.MkdirAll(next, 0o755)); err != nil {
		return 0, statementsError(next, err)
	}
	result := &StatementsResult{Folder: next}
	err = allStatements(ctx, p, run, o, result)
	return result.Statements, err
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
	counts, err := r.render(ctx, func(ctx context.Context, add func(*statement.Statement) error) error {
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
	counts, err := r.render(ctx, func(ctx context.Context, add func(*statement.Statement) error) error {
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
	result := &StatementsResult{Period: o.Period, RunID: run.ID, Folder: o.folder("")}
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
func eachStatement(ctx context.Context, p *place, run state.Run, o StatementsOptions, add func(*statement.Statement) error) (err error) {
	eng, err := p.openReader(ctx, o.Config, latest, nil, statementTables...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	people, err := p.lake.People(ctx)
	if err != nil {
		return err
	}
	payers := o.Config.payers()
	filter := engine.StatementFilter{RunID: run.ID, CreatorID: o.Creator, Queries: o.SQL, Year: o.history.year, Before: o.history.before.RunID}
	return eng.Statements(ctx, filter, func(one *pipeline.Statement) error {
		one.Summary.Provisional = !o.final
		return add(&statement.Statement{
			Statement: one, DisplayName: people[one.Summary.CreatorID].DisplayName, Payer: payers[one.Summary.Entity],
			Zone: o.Config.Zone, RunID: run.ID, Replaced: o.history.replaced(),
		})
	})
}

// unknownCreator says which creator may have been meant.
func unknownCreator(ctx context.Context, p *place, run state.Run, o StatementsOptions) error {
	e := pipeline.Errorf(pipeline.KindNotFound, "find statement of", o.Creator, "no creator of that id has activity or a balance in %s", o.Period)
	var known []string
	o.Creator = ""
	err := eachStatement(ctx, p, run, o, func(s *statement.Statement) error {
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
