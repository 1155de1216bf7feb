package jobs_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/engine"
	"carat/sql"
)

// rolled is one roll-forward as it was published, in whole units and millionths.
type rolled struct{ openingQuantity, openingAmount, closingQuantity, closingAmount, sumQuantity, sumAmount big.Int }

// published adds the lines of a period's roll-forwards up, without the engine.
func published(t *testing.T, s books.Setting, period pipeline.Period) map[string]*rolled {
	t.Helper()
	ctx := context.Background()
	p, err := books.OpenExisting(ctx, s, books.RightQuery)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	run, err := p.CurrentRun(ctx, period)
	if err != nil {
		t.Fatal(err)
	}
	table, err := p.Query(ctx, s.Config, books.Latest, `select identity || ' ' || entity || ' ' || coalesce(currency, '') || ' ' || subject_kind || ' ' || subject_id,
line, cast(coalesce(quantity, 0) as varchar), cast(coalesce(amount, 0) as varchar) from rollforwards where run_id = `+pipeline.SQLText(run.ID), "rollforwards")
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]*rolled{}
	for _, row := range table.Rows {
		key, line := fmt.Sprint(row[0]), fmt.Sprint(row[1])
		r := list[key]
		if r == nil {
			r = &rolled{}
			list[key] = r
		}
		quantity, ok := new(big.Int).SetString(fmt.Sprint(row[2]), 10)
		whole, micros, _ := strings.Cut(fmt.Sprint(row[3]), ".")
		amount, exact := new(big.Int).SetString(whole+(micros + "000000")[:6], 10)
		if !ok || !exact || len(micros) > 6 {
			t.Fatalf("%s %s: %v %v is no exact number", key, line, row[2], row[3])
		}
		switch line {
		case "opening":
			r.openingQuantity.Add(&r.openingQuantity, quantity)
			r.openingAmount.Add(&r.openingAmount, amount)
		case "closing":
			r.closingQuantity.Add(&r.closingQuantity, quantity)
			r.closingAmount.Add(&r.closingAmount, amount)
			continue
		}
		r.sumQuantity.Add(&r.sumQuantity, quantity)
		r.sumAmount.Add(&r.sumAmount, amount)
	}
	if len(list) == 0 {
		t.Fatalf("%s has no roll-forward", period)
	}
	return list
}

// heldIdentities reports what doesn't add up within a month, or from the month
// before to it.
func heldIdentities(t *testing.T, period pipeline.Period, before, now map[string]*rolled) {
	t.Helper()
	for key, r := range now {
		if r.sumQuantity.Cmp(&r.closingQuantity) != 0 || r.sumAmount.Cmp(&r.closingAmount) != 0 {
			t.Errorf("%s %s: opening and movements give %s and %s millionths, closing is %s and %s", period, key,
				&r.sumQuantity, &r.sumAmount, &r.closingQuantity, &r.closingAmount)
		}
	}
	for key, r := range before {
		next := now[key]
		if next == nil {
			next = &rolled{}
		}
		if r.closingQuantity.Cmp(&next.openingQuantity) != 0 || r.closingAmount.Cmp(&next.openingAmount) != 0 {
			t.Errorf("%s %s: the month before closed with %s and %s millionths, this one opens with %s and %s", period, key,
				&r.closingQuantity, &r.closingAmount, &next.openingQuantity, &next.openingAmount)
		}
	}
}

// exported runs a period's models once more and hashes each result table that has
// rows.
func exported(t *testing.T, s books.Setting, period pipeline.Period, runID string, threads int) map[string]string {
	t.Helper()
	hashes, err := func() (hashes map[string]string, err error) {
		ctx := context.Background()
		p, err := books.OpenLocked(ctx, s, books.RightRun)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, p.Close()) }()
		tables, err := p.Lake.Tables(ctx, books.Latest)
		if err != nil {
			return nil, err
		}
		batches, err := p.Batches(ctx, books.Latest)
		if err != nil {
			return nil, err
		}
		batches, tables = reconcile.ReadBy(period, batches, tables)
		closed, err := p.Closures(ctx, s.Config)
		if err != nil {
			return nil, err
		}
		locks, err := reconcile.LocksBefore(p, closed, period)
		if err != nil {
			return nil, err
		}
		o := reconcile.Options{Setting: s, SQL: sql.Files, Period: period}
		m, err := o.Models()
		if err != nil {
			return nil, err
		}
		folder := t.TempDir()
		eng, err := engine.Open(ctx, engine.Config{MemoryLimit: "1GB", Threads: threads, TempDir: filepath.Join(folder, "spill")})
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, eng.Close()) }()
		if err := eng.Load(ctx, engine.RawPrefix, tables); err != nil {
			return nil, err
		}
		if err := reconcile.LoadClosing(ctx, p, eng, closed, period); err != nil {
			return nil, err
		}
		if _, err := eng.Reconcile(ctx, m.Dialect, m.List, o.Parameters(runID, closed, batches, nil, locks, decision.Decided{}), nil); err != nil {
			return nil, err
		}
		files, err := eng.Export(ctx, folder)
		if err != nil {
			return nil, err
		}
		hashes = map[string]string{}
		for table, list := range files {
			for i, file := range list {
				if n, err := eng.Number(ctx, "select count(*) from read_parquet("+pipeline.SQLText(file)+")"); err != nil || n == 0 {
					if err != nil {
						return nil, err
					}
					continue // tables without rows are not published
				}
				text, err := os.ReadFile(file)
				if err != nil {
					return nil, err
				}
				hashes[fmt.Sprint(table, " ", i)] = fmt.Sprintf("%x", sha256.Sum256(text))
			}
		}
		return hashes, nil
	}()
	if err != nil || len(hashes) == 0 {
		t.Fatalf("run %s once more: %v", period, err)
	}
	return hashes
}

// publishedFiles hashes each result table of a run as it was published.
func publishedFiles(t *testing.T, s books.Setting, runID string) map[string]string {
	t.Helper()
	p, err := books.OpenExisting(t.Context(), s, books.RightQuery)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	tables, err := p.Lake.RunTables(t.Context(), runID)
	if err != nil || len(tables) == 0 {
		t.Fatalf("run %s has %d tables: %v", runID, len(tables), err)
	}
	hashes := map[string]string{}
	for _, table := range tables {
		for i, file := range table.Paths {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			hashes[fmt.Sprint(table.Table, " ", i)] = fmt.Sprintf("%x", sha256.Sum256(text))
		}
	}
	return hashes
}
