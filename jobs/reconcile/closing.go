package reconcile

import (
	"context"
	"slices"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/engine"
)

// LocksBefore gives the closed months before a period, each with the last batch that
// its certificate covers: what a month was closed with, its rows are judged by
// ever after. Of a certificate that is not what was signed nothing is known;
// control prior_period names it.
func LocksBefore(p *books.Books, closed books.Closures, period pipeline.Period) ([]engine.Lock, error) {
	var list []engine.Lock
	for _, l := range closed.Locks {
		if !l.InForce() || l.Period >= period {
			continue
		}
		c, err := p.ReadCertificate(l)
		if pipeline.KindOf(err) == pipeline.KindVerification && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, engine.Lock{Period: l.Period, LastBatch: c.LastBatch})
	}
	return list, nil
}

// monthsOfAYear is how far back the month lies that a month is held against besides
// the one before.
const monthsOfAYear = 12

// openedBy gives the months whose closing a month opens with, or is held against: the one
// before, and the one a year before.
func openedBy(period pipeline.Period) (before, yearAgo pipeline.Period) {
	yearAgo = period
	for range monthsOfAYear {
		yearAgo = yearAgo.Previous()
	}
	return period.Previous(), yearAgo
}

// LoadClosing loads what the month before the period closed with, and the month a
// year before, as far as they are closed: the results of the runs that their
// certificates name.
func LoadClosing(ctx context.Context, p *books.Books, eng *engine.Engine, closed books.Closures, period pipeline.Period) error {
	last, ago := openedBy(period)
	before, err := closingOf(ctx, p, closed, last)
	if err != nil {
		return err
	}
	yearAgo, err := closingOf(ctx, p, closed, ago)
	if err != nil {
		return err
	}
	eng.LoadClosing(before)
	eng.LoadYearAgo(yearAgo)
	return nil
}

// OpeningOf gives what LoadClosing loads, by its numbers.
func OpeningOf(ctx context.Context, p *books.Books, closed books.Closures, period pipeline.Period) (list []OpeningTable, err error) {
	last, ago := openedBy(period)
	for _, month := range []pipeline.Period{ago, last} {
		l, ok := closed.Lock(month)
		if !ok {
			continue
		}
		tables, err := p.Lake.RunTables(ctx, l.RunID)
		if err != nil {
			return nil, err
		}
		for _, t := range tables {
			if slices.Contains(engine.ClosingTables(), t.Table) {
				list = append(list, OpeningTable{month, t.Table, t.Rows, t.NumbersForm, t.NumbersSHA256})
			}
		}
	}
	return list, nil
}

// closingOf gives what a month closed with; nothing where it isn't closed.
func closingOf(ctx context.Context, p *books.Books, closed books.Closures, period pipeline.Period) (closing []pipeline.TableFiles, err error) {
	l, ok := closed.Lock(period)
	if !ok {
		return nil, nil
	}
	results, err := p.Lake.RunTables(ctx, l.RunID)
	if err != nil {
		return nil, err
	}
	tables, err := p.Lake.Tables(ctx, books.Latest, engine.ClosingTables()...)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		for _, r := range results {
			if r.Table == t.Name {
				t.Files = r.Paths
				closing = append(closing, t)
			}
		}
	}
	return closing, nil
}
