package lake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"

	"carat/pipeline"
	"github.com/apache/iceberg-go"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
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
	if !plainName(run.ID) {
		return false, pipeline.Errorf(pipeline.KindInternal, "publish run", fmt.Sprintf("%q", run.ID), "not a plain name")
	}
	if _, err := pipeline.ParsePeriod(string(run.Period)); err != nil {
		return false, pipeline.Errorf(pipeline.KindInternal, "publish run", run.ID, "%w", err)
	}
	if err := l.refresh(ctx); err != nil {
		return false, l.fail("publish run", run.ID, err)
	}
	if l.hasRun(run.ID) {
		return false, nil
	}
	if err := l.publish(ctx, run, tables, inTx); err != nil {
		return false, l.fail("publish run", run.ID, err)
	}
	return true, l.fail("publish run", run.ID, l.refresh(ctx))
}

func (l *Lake) publish(ctx context.Context, run Run, tables map[string][]string, inTx func(*sql.Tx) error) error {
	dir, err := l.StagingDir("publish-" + run.ID)
	if err != nil {
		return err
	}
	m := &move{lake: l, dir: dir, Run: run.ID}
	var appends []tableAppend
	for name, files := range tables {
		a, err := l.resultAppend(m, run, name, files)
		if err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
		if a.shape != nil {
			appends = append(appends, a)
		}
	}
	sort.Slice(appends, func(i, j int) bool { return appends[i].name < appends[j].name })
	err = m.run(ctx, func() error {
		changes, err := l.appendChanges(ctx, appends)
		if err != nil {
			return err
		}
		return l.apply(ctx, changes, inTx)
	})
	return errors.Join(err, m.tidy())
}

// resultAppend takes one table's staged files. A table for which there is no
// file at all can't be made, as nothing tells its columns; shape is nil then.
func (l *Lake) resultAppend(m *move, run Run, name string, paths []string) (tableAppend, error) {
	_, raw := l.rawInfo[name]
	if raw || name == rejectsTable || !plainName(name) {
		return tableAppend{}, fmt.Errorf("%q can't be a result table", name)
	}
	a := tableAppend{name: name, props: iceberg.Properties{propRun: run.ID, propPeriod: string(run.Period)}}
	var sums []fileHash
	numbers := newNumbersHash()
	for i, path := range paths {
		cols, rows, err := parquetColumns(path)
		if err != nil {
			return a, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		if a.shape == nil {
			a.shape = &tableShape{name: name, columns: cols, identity: "period"}
		}
		if rows == 0 {
			continue // it told the columns, and belongs to no partition
		}
		sum, err := hashFile(path)
		if err != nil {
			return a, err
		}
		if err := numbers.add(path); err != nil {
			return a, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		if err := l.disk.syncFile(path); err != nil {
			return a, err
		}
		rel := filepath.Join("period="+string(run.Period), run.ID+"-"+fmt.Sprintf("%02d", i)+".parquet")
		to := filepath.Join(l.tableDir(name), "data", rel)
		m.add(path, to, sum)
		sums = append(sums, fileHash{name: l.relative(to), sha256: sum})
		a.files = append(a.files, stagedFile{Rel: rel, Path: to, Rows: rows, SHA256: sum})
	}
	if t, ok := l.tableCalled(name); ok && a.shape == nil {
		a.shape = &tableShape{name: name, columns: sqlColumns(t.tbl.Schema()), identity: "period"}
	}
	a.props[propFilesSHA256] = filesSHA256(sums)
	a.props[propNumbersSHA256] = numbers.sum()
	a.props[propRows] = strconv.FormatInt(numbers.rows, 10)
	return a, nil
}

func (l *Lake) relative(path string) string {
	rel, err := filepath.Rel(l.cfg.Root, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// hasRun says whether a run is in the result tables as last seen.
func (l *Lake) hasRun(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, t := range l.tables {
		if _, raw := l.rawInfo[name]; raw {
			continue
		}
		for _, snap := range t.tbl.Metadata().Snapshots() {
			if snap.Summary != nil && snap.Summary.Properties[propRun] == id {
				return true
			}
		}
	}
	return false
}

// parquetColumns reads the columns and the number of rows of a file.
func parquetColumns(path string) (cols []pipeline.Column, rows int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	defer recoverReading(&err)
	pf, err := parquet.OpenFile(f, info.Size(), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return nil, 0, err
	}
	for _, field := range pf.Schema().Fields() {
		c := pipeline.Column{ID: field.ID(), Name: field.Name(), Optional: field.Optional()}
		if c.ID == 0 {
			return nil, 0, fmt.Errorf("column %s has no field id", c.Name)
		}
		if c.Type, err = parquetType(field); err != nil {
			return nil, 0, fmt.Errorf("column %s: %w", c.Name, err)
		}
		cols = append(cols, c)
	}
	return cols, pf.NumRows(), nil
}

// parquetType gives the SQL type of a leaf.
func parquetType(field parquet.Field) (string, error) {
	if !field.Leaf() {
		return "", errors.New("nested columns have no place in the lake")
	}
	if lt := field.Type().LogicalType(); lt != nil && lt.Value != nil {
		switch t := lt.Value.(type) {
		case *format.DecimalType:
			return "DECIMAL(" + strconv.Itoa(int(t.Precision)) + "," + strconv.Itoa(int(t.Scale)) + ")", nil
		case *format.StringType:
			return "VARCHAR", nil
		case *format.DateType:
			return "DATE", nil
		case *format.TimestampType:
			if _, micros := t.Unit.Value.(*format.MicroSeconds); t.IsAdjustedToUTC && micros {
				return "TIMESTAMP WITH TIME ZONE", nil
			}
		case *format.IntType:
			if t.IsSigned && t.BitWidth == 64 {
				return "BIGINT", nil
			}
			if t.IsSigned && t.BitWidth == 32 {
				return "INTEGER", nil
			}
		}
		return "", fmt.Errorf("type %s has no place in the lake", field.Type())
	}
	if ct := field.Type().ConvertedType(); ct != nil {
		switch *ct {
		case deprecated.UTF8:
			return "VARCHAR", nil
		case deprecated.Date:
			return "DATE", nil
		case deprecated.Int64:
			return "BIGINT", nil
		case deprecated.Int32:
			return "INTEGER", nil
		}
		return "", fmt.Errorf("type %s has no place in the lake", field.Type())
	}
	switch field.Type().Kind() {
	case parquet.Boolean:
		return "BOOLEAN", nil
	case parquet.Int64:
		return "BIGINT", nil
	case parquet.Int32:
		return "INTEGER", nil
	}
	return "", fmt.Errorf("type %s has no place in the lake", field.Type())
}
