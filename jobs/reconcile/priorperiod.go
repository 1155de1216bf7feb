package reconcile

import (
	"context"
	"fmt"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
)

// CheckClosed says whether the last closed period before this one is still as
// it was locked: for the control prior_period. What it finds is part of the
// run's id, so a history that was changed is another run.
//
// In every reconciliation it is the cheap check: the certificate, the SQL, the
// hash chain and the files of the results. With full, as when the period is
// prepared, the closed one is run again over the rows that it covers, and every
// number is compared; a pass of both is the same outcome.
func CheckClosed(ctx context.Context, p *books.Books, s books.Setting, closed books.Closures, period pipeline.Period, full bool) ([]engine.ClosedTable, error) {
	l, ok := closed.Last()
	if !ok || l.Period >= period {
		return nil, nil
	}
	broken := func(what string, rows int64, why string) engine.ClosedTable {
		return engine.ClosedTable{Period: l.Period, Version: l.Version, Table: what, Rows: rows, Differing: max(rows, 1), Problem: why}
	}
	c, err := p.ReadCertificate(l)
	if err == nil {
		_, err = ModelsOf(p, c)
	}
	if err != nil {
		if pipeline.KindOf(err) == pipeline.KindVerification {
			return []engine.ClosedTable{broken("certificate", 0, "its certificate is not what was signed")}, nil
		}
		return nil, err
	}
	if full {
		r, err := Reperform(ctx, p, s, c)
		if err != nil {
			return nil, err
		}
		return closedTables(c, r), nil
	}
	return cheapCheck(ctx, p, c, broken)
}

func cheapCheck(ctx context.Context, p *books.Books, c *certificate.Certificate, broken func(string, int64, string) engine.ClosedTable) (list []engine.ClosedTable, err error) {
	if c.LastBatch != "" {
		batches, err := p.Lake.Batches(ctx, lake.AsOf{Batch: c.LastBatch})
		if err != nil && !pipeline.IsMisnamed(err) {
			return nil, err
		}
		if n := len(batches); n == 0 || batches[n-1].Chain != c.Chain {
			list = append(list, broken("history", 0, "the hash chain up to "+c.LastBatch+" is not the one that was signed"))
		}
	}
	tables, err := p.Lake.RunTables(ctx, c.RunID)
	if err != nil {
		return nil, err
	}
	for _, want := range c.Results {
		one := broken(want.Table, want.Rows, "its files are not those that were signed")
		for _, have := range tables {
			if have.Table != want.Table {
				continue
			}
			files, err := p.Lake.CertifiedFiles(have)
			if err == nil && fmt.Sprint(files) == fmt.Sprint(want.Files) {
				one.Differing, one.Problem = 0, ""
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// closedTables is the outcome of running a closed period again.
func closedTables(c *certificate.Certificate, r *Reperformance) []engine.ClosedTable {
	var list []engine.ClosedTable
	for _, problem := range r.Problems {
		list = append(list, engine.ClosedTable{Period: c.Period, Version: c.Version, Table: "certificate", Differing: 1, Problem: problem})
	}
	for _, t := range r.Tables {
		one := engine.ClosedTable{Period: c.Period, Version: c.Version, Table: t.Table, Rows: t.Locked}
		switch {
		case t.FileMoved:
			one.Differing, one.Problem = max(t.Locked, 1), "its files are not those that were signed"
		case !t.Same:
			one.Differing, one.Problem = t.Missing+t.Added, "run again over the same rows it comes out otherwise"
		}
		list = append(list, one)
	}
	return list
}
