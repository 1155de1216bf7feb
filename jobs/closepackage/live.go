package closepackage

import (
	"context"
	"errors"
	"slices"

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
	return o.with(ctx, nil, func(b *packageBuilder) error {
		pack, err := b.told()
		if err != nil {
			return err
		}
		return look(pack)
	})
}

// Sums gives the month's money, as the package's cover has it, with the run that it is of.
func Sums(ctx context.Context, o Options) (figures []closepackage.Figure, run string, err error) {
	err = o.with(ctx, []string{"revenue_bridge", "rollforwards", books.TableExceptions}, func(b *packageBuilder) error {
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

// Table shows one section of the package, by its id; a not-found error where the month
// has none of it. One that is a table of the lake is read without all others.
func Table(ctx context.Context, o Options, id string, look func(*closepackage.Section) error) error {
	missing := pipeline.Errorf(pipeline.KindNotFound, "find", "the table", "%s has none of that name", o.Period)
	i := slices.IndexFunc(packageTables, func(t packageTable) bool { return t.id == id })
	if i < 0 {
		return Look(ctx, o, func(p *closepackage.Package) error {
			if s := p.Find(id); s != nil {
				return look(s)
			}
			return missing
		})
	}
	t := packageTables[i]
	return o.with(ctx, []string{t.table}, func(b *packageBuilder) error {
		if err := b.stand(&closepackage.Package{}); err != nil { // which rates are missing
			return err
		}
		s, ok := b.section(t)
		if !ok {
			return missing
		}
		return look(&s)
	})
}

// with opens what a package is gathered in, for whoever only looks: with some of the
// lake's tables, or with all if none is named.
func (o Options) with(ctx context.Context, names []string, do func(*packageBuilder) error) (err error) {
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
	named := len(names) > 0
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return !slices.ContainsFunc(tables, func(t pipeline.TableFiles) bool { return t.Name == name })
	})
	open := func() (*books.Reader, error) { return p.OpenReader(ctx, o.Config, books.Latest, nil, names...) }
	if named && len(names) == 0 { // an older lake has none of them
		open = func() (*books.Reader, error) { return p.OpenEmpty(ctx, o.Config) }
	}
	eng, err := open()
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
