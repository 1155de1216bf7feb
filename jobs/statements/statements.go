package statements

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/state"
	"carat/reports/statement"
)

// FolderName lies in a period's folder of what people open.
const FolderName = books.StatementsFolder

// The result tables that statements are made of.
const (
	TableSummaries = "statement_summaries"
	TableLines     = "statement_lines"
	tableRates     = "statement_rates"
	tableDays      = "statement_days"
	tableStreams   = "statement_streams"
	tableHolds     = "statement_holds"
	tableTerms     = "statement_terms"
)

var statementTables = []string{TableSummaries, TableLines, tableRates, tableDays, tableStreams, tableHolds, tableTerms}

// Options say which statements to write.
type Options struct {
	books.Setting
	Period  pipeline.Period
	Creator string   // "": every creator with activity or a balance
	Agency  string   // only this agency's, and no creator's; "": all
	Formats []string // of StatementFormats; none: all
	Zip     bool     // also all of them as one file
	SQL     fs.FS    // the queries over the statements of several months
	Final   bool     // the period is closed or being closed: not provisional
	Says    string   // the words of a closed period's standing, for the index; "" while it is open
	History history  // what the statements say of other months and versions
}

// Result says what was written.
type Result struct {
	Period     pipeline.Period
	RunID      string
	Folder     string   // that holds the files; "": they are made on demand
	Statements int64    // of creators
	Agencies   int64    // statements of agencies
	Changed    int64    // those that were written; the others stood as they were
	Removed    int64    // those of an earlier run that are no more
	Written    []string // the files, when one creator was asked for
	Zip        string   // the file with all of them, when asked for
	Restored   bool     // final ones that were missing or changed
}

// Write renders the statements of a period's current run into
// out/PERIOD/statements/SHARD/CREATOR, those of agencies into agencies/AGENCY, with an index of all files and their
// hashes. Files whose statement says what it said before are left alone, and a
// run that was broken off goes on where it was. A
// period that was not reconciled and a creator that has no statement are
// not-found errors. Those of a closed period stay as they are, a locked error;
// only when files are missing or changed are they put back. Where the certificate
// lists none, since they are made on demand, they are made of the rows that it signs.
func Write(ctx context.Context, o Options) (result *Result, err error) {
	if err := errors.Join(checkFormats(o.Formats), books.WantLake(o.Setting)); err != nil {
		return nil, err
	}
	return books.Locked(ctx, o.Setting, books.RightStatements, o.Period, func(p *books.Books, job *books.Job) (result *Result, err error) {
		if err := p.Lake.CheckOwn(ctx); err != nil {
			return nil, err
		}
		closed, err := p.Closures(ctx, o.Config)
		if err != nil {
			return nil, err
		}
		if l, ok := closed.Lock(o.Period); ok {
			return restoreStatements(ctx, p, o, closed, l)
		}
		run, err := p.CurrentRun(ctx, o.Period)
		if err != nil {
			return nil, err
		}
		job.Of(run.ID)
		return WriteIn(ctx, p, run, o)
	})
}

// WriteIn is Write of a run, in books that are open and locked.
func WriteIn(ctx context.Context, p *books.Books, run state.Run, o Options) (result *Result, err error) {
	if len(o.Formats) == 0 {
		o.Formats = Formats
	}
	if o.History, err = HistoryOf(ctx, p, o.Setting, run); err != nil {
		return nil, err
	}
	target := o.Folder("")
	if err := os.MkdirAll(target, 0o700); err != nil {
		return nil, WriteError(target, err)
	}
	result = &Result{Period: o.Period, RunID: run.ID, Folder: target}
	switch {
	case o.Agency != "":
		err = oneAgency(ctx, p, run, o, result)
	case o.Creator != "":
		err = oneStatement(ctx, p, run, o, result)
	default:
		err = allStatements(ctx, p, run, o, result)
	}
	if err != nil {
		return nil, WriteError(target, err)
	}
	if o.Zip {
		if result.Zip, err = zipStatements(target); err != nil {
			return nil, WriteError(target, err)
		}
	}
	o.Tell(books.Event{Step: "statements", Object: string(o.Period), Done: result.Statements, Unit: "statements", Finished: true})
	return result, nil
}

// Folder is where the period's statements lie; with an ending, beside that.
func (o Options) Folder(ending string) string {
	return filepath.Join(o.Config.OutFolder(o.Period), FolderName+ending)
}

// RenderInto renders all of a run's statements into a new folder, and gives
// their number.
func RenderInto(ctx context.Context, p *books.Books, run state.Run, o Options, next string) (int64, error) {
	o.Formats, o.Creator, o.Agency = Formats, "", ""
	var err error
	if o.History, err = HistoryOf(ctx, p, o.Setting, run); err != nil {
		return 0, err
	}
	if err := errors.Join(os.RemoveAll(next), os.MkdirAll(next, 0o700)); err != nil {
		return 0, WriteError(next, err)
	}
	result := &Result{Folder: next}
	err = allStatements(ctx, p, run, o, result)
	return result.Statements, err
}

// notClosed is what the index says of an open month: how far it is changes with
// every decision, and then the index is not written again.
const notClosed = "not closed"

// renderer gives a renderer into a folder.
func (o Options) renderer(target string) *renderer {
	return &renderer{dir: target, formats: o.Formats, workers: o.Config.Workers(), salt: o.Build, says: cmp.Or(o.Says, notClosed), progress: func(written int64) {
		o.Tell(books.Event{Step: "statements", Object: string(o.Period), Done: written, Unit: "statements"})
	}}
}

// allStatements renders every statement of a run beside what earlier runs left.
func allStatements(ctx context.Context, p *books.Books, run state.Run, o Options, result *Result) (err error) {
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
	if result.Agencies, err = writeAgencies(ctx, p, run, o, result.Folder); err != nil {
		return err
	}
	return disk.WriteMark(result.Folder, o.Mark(run, 0))
}

// oneStatement renders the statements of one creator, and takes them into the
// index if there is one.
func oneStatement(ctx context.Context, p *books.Books, run state.Run, o Options, result *Result) error {
	index := filepath.Join(result.Folder, IndexFile)
	var entries []Entry
	r := o.renderer(result.Folder)
	r.known = func(e *Entry) (old *Entry, err error) {
		err = EachEntry(index, func(known *Entry) error {
			if known.compare(e) == 0 {
				old = known
			}
			return nil
		})
		return old, err
	}
	r.done = func(e *Entry) error {
		for _, format := range o.Formats {
			result.Written = append(result.Written, filepath.Join(result.Folder, e.File(format)))
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

// Standing gives the result of an earlier rendering of the same run by the same
// carat, if its files still stand: then there is nothing to write again.
func Standing(run state.Run, o Options) (*Result, bool) {
	result := &Result{Period: o.Period, RunID: run.ID, Folder: o.Folder("")}
	if !disk.HasMark(result.Folder, o.Mark(run, 0)) {
		return nil, false
	}
	if !agenciesStand(result.Folder) {
		return nil, false
	}
	r := renderer{dir: result.Folder, formats: Formats}
	gone := errors.New("a file is gone")
	err := EachEntry(filepath.Join(result.Folder, IndexFile), func(e *Entry) error {
		if !r.stands(e) {
			return gone
		}
		result.Statements++
		return nil
	})
	return result, err == nil
}

// eachStatement hands over the statements of a run.
func eachStatement(ctx context.Context, p *books.Books, run state.Run, o Options, add func(*statement.Statement) error) (err error) {
	eng, err := p.OpenReader(ctx, o.Config, books.Latest, nil, statementTables...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	people, err := p.Lake.People(ctx)
	if err != nil {
		return err
	}
	payers := Payers(o.Config)
	filter := engine.StatementFilter{RunID: run.ID, CreatorID: o.Creator, Queries: o.SQL, Year: o.History.year, Before: o.History.before.RunID}
	return eng.Statements(ctx, filter, func(one *pipeline.Statement) error {
		one.Summary.Provisional = !o.Final
		return add(&statement.Statement{
			Statement: one, DisplayName: people[one.Summary.CreatorID].DisplayName, Payer: payers[one.Summary.Entity],
			Zone: o.Config.Zone, RunID: run.ID, Replaced: o.History.replaced(),
			Language: languageOf(o.Config, one.Summary.Country),
		})
	})
}

// unknownCreator says which creator may have been meant.
func unknownCreator(ctx context.Context, p *books.Books, run state.Run, o Options) error {
	var known []string
	name := o.Creator
	o.Creator = ""
	err := eachStatement(ctx, p, run, o, func(s *statement.Statement) error {
		known = append(known, s.Summary.CreatorID)
		return nil
	})
	if err != nil {
		return err
	}
	e := pipeline.Misnamed("find statement of", name, name, known, "no creator of that id has activity or a balance in %s", o.Period)
	if e.Hint != "" {
		return e
	}
	return e.WithHint("`carat query 'select distinct creator_id from statement_summaries'` lists them")
}

// WriteError is the error of a file of statements that can't be written.
func WriteError(object string, err error) error {
	var known *pipeline.Error
	if errors.As(err, &known) {
		return err
	}
	e := pipeline.Errorf(pipeline.KindInternal, "write statements to", object, "%w", disk.Cause(err))
	if errors.Is(err, fs.ErrPermission) {
		e.Kind = pipeline.KindUsage
		return e.WithHint("carat needs to write to that folder: check its owner and permissions")
	}
	return e
}
