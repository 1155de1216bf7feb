package reconcile

import (
	"context"

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

// LoadClosing loads what the month before the period closed with, if it is
// closed: the results of the run that its certificate names.
func LoadClosing(ctx context.Context, p *books.Books, eng *engine.Engine, closed books.Closures, period pipeline.Period) error {
	l, ok := closed.Lock(period.Previous())
	if !ok {
		return nil
	}
	results, err := p.Lake.RunTables(ctx, l.RunID)
	if err != nil {
		return err
	}
	tables, err := p.Lake.Tables(ctx, books.Latest, engine.ClosingTables()...)
	if err != nil {
		return err
	}
	var closing []pipeline.TableFiles
	for _, t := range tables {
		for _, r := range results {
			if r.Table == t.Name {
				t.Files = r.Paths
				closing = append(closing, t)
			}
		}
	}
	eng.LoadClosing(closing)
	return nil
}
