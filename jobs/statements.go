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

// statementsFolder holds a folder per period.
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
	final   bool     // the period is being closed: not provisional
}

// StatementsResult says what was written.
type StatementsResult struct {
	Period     pipeline.Period
	RunID      string
	Folder     string // that holds the files
	Statements int64
	Written    []string // the files, when one creator was asked for
}

// Statements renders the statements of a period's current run. All of a
// period's files are replaced together; those of one creator one by one. A
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
	base := filepath.Join(o.Config.Dir, statementsFolder)
	target, next := filepath.Join(base, string(o.Period)), filepath.Join(base, "."+string(o.Period)+".new")
	if err := errors.Join(os.RemoveAll(next), os.MkdirAll(next, 0o755)); err != nil {
		return nil, statementsError(next, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(next)) }()
	r := renderer{dir: next, formats: o.Formats, workers: o.Config.threads(), progress: func(written int64) {
		o.tell(Event{Step: "statements", Object: string(o.Period), Done: written, Unit: "statements"})
	}}
	count, err := r.render(ctx, func(ctx context.Context, add func(*reports.Statement) error) error {
		return eachStatement(ctx, p, run, o, add)
	})
	if err != nil {
		return nil, err
	}
	if count == 0 && o.Creator != "" {
		return nil, unknownCreator(ctx, p, run, o)
	}
	result = &StatementsResult{Period: o.Period, RunID: run.ID, Folder: target, Statements: count}
	if o.Creator == "" {
		if err = writeMark(next, o.mark(run, count)); err == nil {
			err = replaceFolder(next, target)
		}
	} else {
		result.Written, err = replaceFiles(next, target)
	}
	if err != nil {
		return nil, statementsError(target, err)
	}
	o.tell(Event{Step: "statements", Object: string(o.Period), Done: count, Unit: "statements", Finished: true})
	return result, nil
}

// standing gives the result of an earlier rendering of the same run by the same
// carat, if its files still stand: then there is nothing to write again.
func standing(run state.Run, o StatementsOptions) (*StatementsResult, bool) {
	target := filepath.Join(o.Config.Dir, statementsFolder, string(o.Period))
	entries, err := os.ReadDir(target)
	if err != nil {
		return nil, false
	}
	files := int64(len(entries) - 1) // without the mark
	count := files / int64(len(StatementFormats))
	if files%int64(len(StatementFormats)) != 0 || !hasMark(target, o.mark(run, count)) {
		return nil, false
	}
	return &StatementsResult{Period: o.Period, RunID: run.ID, Folder: target, Statements: count}, true
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

// replaceFiles moves the files of next into target, each over the old one.
func replaceFiles(next, target string) ([]string, error) {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(next)
	if err != nil {
		return nil, err
	}
	var written []string
	for _, e := range entries {
		to := filepath.Join(target, e.Name())
		if err := os.Rename(filepath.Join(next, e.Name()), to); err != nil {
			return nil, err
		}
		written = append(written, to)
	}
	sort.Strings(written)
	return written, nil
}

func statementsError(object string, err error) error {
	e := pipeline.Errorf(pipeline.KindInternal, "write statements to", object, "%w", cause(err))
	if errors.Is(err, fs.ErrPermission) {
		e.Kind = pipeline.KindUsage
		return e.WithHint("carat needs to write to that folder: check its owner and permissions")
	}
	return e
}
