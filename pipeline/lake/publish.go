package lake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sort"
	"strconv"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/published"
	"carat/pipeline/lake/shape"
	"carat/pipeline/lake/store"

	"github.com/apache/iceberg-go"
)

// Run is one run whose results are published.
type Run struct {
	ID     string // a hash of what went in; the same inputs are the same run
	Period pipeline.Period
}

// Publish puts a run's results into the result tables: Parquet files of one
// period each, staged below StagingDir, by table. The tables are made from the
// files' columns (names, types and field ids) when they are missing, and
// columns that are new are added. All tables and inTx, which writes the run's
// own row to the catalog's database, are one transaction. It gives false, and
// changes nothing, when the run was published before. The lake must be locked.
func (l *Lake) Publish(ctx context.Context, run Run, tables map[string][]string, inTx func(*sql.Tx) error) (published bool, err error) {
	if !store.PlainName(run.ID) {
		return false, pipeline.Errorf(pipeline.KindInternal, "publish run", fmt.Sprintf("%q", run.ID), "not a plain name")
	}
	if _, err := pipeline.ParsePeriod(string(run.Period)); err != nil {
		return false, pipeline.Errorf(pipeline.KindInternal, "publish run", run.ID, "%w", err)
	}
	if err := l.catalog.Refresh(ctx); err != nil {
		return false, l.fail("publish run", run.ID, err)
	}
	if known, err := l.catalog.HasRun(ctx, run.ID); err != nil || known {
		return false, l.fail("publish run", run.ID, err)
	}
	if err := l.publish(ctx, run, tables, inTx); err != nil {
		return false, l.fail("publish run", run.ID, err)
	}
	return true, l.fail("publish run", run.ID, l.catalog.Refresh(ctx))
}

func (l *Lake) publish(ctx context.Context, run Run, tables map[string][]string, inTx func(*sql.Tx) error) error {
	dir, err := l.StagingDir("publish-" + run.ID)
	if err != nil {
		return err
	}
	m := l.catalog.NewMove(dir)
	m.Run = run.ID
	records, err := l.catalog.RecordsHead(ctx)
	if err != nil {
		return err
	}
	var appends []catalog.Append
	sums := map[string][]chain.FileHash{}
	for name, files := range tables {
		a, err := l.resultAppend(m, run, name, files)
		if err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
		if records != "" {
			a.Props[chain.PropRecords] = records
		}
		if a.Shape != nil {
			appends = append(appends, a)
		}
		for _, f := range a.Files {
			sums[name] = append(sums[name], chain.FileHash{Name: l.disk.Relative(f.Path), SHA256: f.SHA256})
		}
	}
	sort.Slice(appends, func(i, j int) bool { return appends[i].Name < appends[j].Name })
	err = m.Commit(ctx, func() error {
		changes, err := l.catalog.AppendChanges(ctx, appends)
		if err != nil {
			return err
		}
		return l.catalog.ApplyRun(ctx, published.Run{ID: run.ID, Period: string(run.Period)}, changes, sums, inTx)
	})
	return errors.Join(err, m.Tidy())
}

// resultAppend takes one table's staged files. A table for which there is no
// file at all can't be made, as nothing tells its columns; shape is nil then.
func (l *Lake) resultAppend(m *catalog.Move, run Run, name string, paths []string) (catalog.Append, error) {
	_, raw := l.rawInfo[name]
	if raw || name == pages.RejectsTable || !store.PlainName(name) {
		return catalog.Append{}, fmt.Errorf("%q can't be a result table", name)
	}
	a := catalog.Append{Name: name, Props: iceberg.Properties{chain.PropRun: run.ID, chain.PropPeriod: string(run.Period)}}
	var sums []chain.FileHash
	numbers, err := pages.NewNumbersHash(pages.NumbersForm)
	if err != nil {
		return a, err
	}
	for i, path := range paths {
		cols, rows, err := pages.ParquetColumns(path)
		if err != nil {
			return a, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		if a.Shape == nil {
			a.Shape = &shape.Shape{Name: name, Columns: cols, Identity: "period"}
		}
		if rows == 0 {
			continue // it told the columns, and belongs to no partition
		}
		sum, err := store.HashFile(path)
		if err != nil {
			return a, err
		}
		if err := numbers.Add(path); err != nil {
			return a, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		if err := l.disk.SyncFile(path); err != nil {
			return a, err
		}
		rel := filepath.Join("period="+string(run.Period), run.ID+"-"+fmt.Sprintf("%02d", i)+".parquet")
		if rel, err = l.disk.Unique(rel); err != nil {
			return a, err
		}
		to := filepath.Join(l.catalog.TableDir(name), "data", rel)
		m.Add(path, to, sum)
		sums = append(sums, chain.FileHash{Name: l.disk.Relative(to), SHA256: sum})
		a.Files = append(a.Files, pages.StagedFile{Rel: rel, Path: to, Rows: rows, SHA256: sum})
	}
	if t, ok := l.catalog.Table(name); ok && a.Shape == nil {
		a.Shape = &shape.Shape{Name: name, Columns: shape.SQLColumns(t.Iceberg.Schema()), Identity: "period"}
	}
	a.Props[chain.PropFilesSHA256] = chain.FilesSHA256(sums)
	a.Props[chain.PropNumbersSHA256], a.Props[chain.PropNumbersForm] = numbers.Sum(), strconv.Itoa(pages.NumbersForm)
	a.Props[chain.PropRows] = strconv.FormatInt(numbers.Rows, 10)
	return a, nil
}
