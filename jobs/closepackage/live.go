package closepackage

import (
	"context"
	"errors"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/reports/closepackage"
)

// Look shows the close package of a period's current run as it stands now, without
// writing a file: whoever looks takes what they want of it while look runs, since its
// sections read their rows when they are asked. A period that was not reconciled is a
// not-found error. Nothing of a month is of one entity alone, so the right to it is
// that to the evidence.
func Look(ctx context.Context, o Options, look func(*closepackage.Package) error) (err error) {
	return o.with(ctx, func(b *packageBuilder) error {
		pack, err := b.told()
		if err != nil {
			return err
		}
		return look(pack)
	})
}

// Sums gives the month's money, as the package's cover has it, with the run that it is of.
func Sums(ctx context.Context, o Options) (figures []closepackage.Figure, run string, err error) {
	err = o.with(ctx, func(b *packageBuilder) error {
		flows, err := b.flows()
		if err != nil {
			return err
		}
		run = b.run.ID
		figures, err = b.figures(flows)
		return err
	})
	return figures, run, err
}

// with opens what a package is gathered in, for whoever only looks.
func (o Options) with(ctx context.Context, do func(*packageBuilder) error) (err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightEvidence)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	run, err := p.CurrentRun(ctx, o.Period)
	if err != nil {
		return err
	}
	tables, err := p.Lake.Tables(ctx, books.Latest)
	if err != nil {
		return err
	}
	eng, err := p.OpenReader(ctx, o.Config, books.Latest, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	b := &packageBuilder{ctx: ctx, books: p, run: run, options: o, eng: eng, tables: map[string]pipeline.TableFiles{}}
	for _, t := range tables {
		b.tables[t.Name] = t
	}
	return do(b)
}
