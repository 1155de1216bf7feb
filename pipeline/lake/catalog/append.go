package catalog

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/shape"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Append is one snapshot to be: files that lie in place, maybe none.
type Append struct {
	Name  string
	Shape *shape.Shape // of a table that may be missing or lack columns
	Files []pages.StagedFile
	Props iceberg.Properties
}

// AppendChanges builds the next state of each table with its files added. The
// tables must have been refreshed under the lock.
func (cat *Catalog) AppendChanges(ctx context.Context, appends []Append) ([]Change, error) {
	var changes []Change
	for _, a := range appends {
		c, err := cat.appendChange(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", a.Name, err)
		}
		changes = append(changes, c)
	}
	return changes, nil
}

func (cat *Catalog) appendChange(ctx context.Context, a Append) (Change, error) {
	base, ok := cat.Table(a.Name)
	c := Change{Name: a.Name, Base: base}
	var updates []table.Update
	var meta table.Metadata
	location := ""
	switch {
	case ok:
		meta, location = base.Iceberg.Metadata(), base.Location
		if a.Shape != nil {
			var err error
			if updates, err = shape.Evolve(base.Iceberg, a.Shape.Columns); err != nil {
				return c, err
			}
		}
		updates = append(updates, shape.NewProperties(base.Iceberg)...)
	case a.Shape != nil:
		c.Base = nil
		var err error
		if meta, err = cat.newTable(*a.Shape); err != nil {
			return c, err
		}
	default:
		return c, errors.New("no such table")
	}
	c.Meta = meta
	var err error
	c.Meta, c.Props, err = cat.Snapshotted(c, location, updates, a.Props, func(tbl *table.Table, tx *table.Transaction, props iceberg.Properties) error {
		a.Props = props
		return cat.addFiles(ctx, tbl, tx, a)
	})
	return c, err
}

// DataFile describes a file that lies in place to Iceberg. It checks that the
// file holds as many rows as were written.
func (cat *Catalog) DataFile(ctx context.Context, tbl *table.Table, f pages.StagedFile) (iceberg.DataFile, error) {
	df, err := table.FileToDataFile(ctx, cat.files, cat.files.record(f.Path), tbl.Schema(), tbl.Spec(), 0, tbl.Properties())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(f.Path), err)
	}
	if df.Count() != f.Rows {
		return nil, fmt.Errorf("%s holds %d rows, %d were written", filepath.Base(f.Path), df.Count(), f.Rows)
	}
	return df, nil
}

// addFiles adds one snapshot with the files. Without files it is still one: a
// batch of no accepted rows is part of the history too.
func (cat *Catalog) addFiles(ctx context.Context, tbl *table.Table, tx *table.Transaction, a Append) error {
	if len(a.Files) == 0 {
		return tx.AddFiles(ctx, nil, a.Props, true)
	}
	var files []iceberg.DataFile
	for _, f := range a.Files {
		df, err := cat.DataFile(ctx, tbl, f)
		if err != nil {
			return err
		}
		files = append(files, df)
	}
	// Names are made of batch or run ids, which the lock makes unique, so the
	// search through all earlier files for duplicates is not needed.
	return tx.AddDataFiles(ctx, files, a.Props, table.WithoutAutoNameMapping(), table.WithoutDuplicateCheck())
}
