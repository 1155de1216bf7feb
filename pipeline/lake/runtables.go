package lake

import (
	"context"
	"database/sql"
	"fmt"
	"sort"

	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/store"

	"github.com/apache/iceberg-go/table"
)

// ID is the lake's own id, which a copy shares.
func (l *Lake) ID() string { return l.catalog.LakeID() }

// RunTable is what one result table holds of one run.
type RunTable struct {
	Table         string
	Snapshot      int64
	Rows          int64
	NumbersSHA256 string   // over every column but run_id
	NumbersForm   int      // of that hash
	Paths         []string // of its files, on this machine
}

// RunTables gives the result tables of a published run, by name: none when
// there is no such run.
func (l *Lake) RunTables(ctx context.Context, run string) ([]RunTable, error) {
	r, _, err := l.catalog.Published().Named(ctx, run)
	if err != nil {
		return nil, l.fail("read run", run, err)
	}
	var list []RunTable
	for _, t := range r.Tables {
		one := RunTable{Table: t.Name, Snapshot: t.Snapshot, Rows: t.Rows, NumbersSHA256: t.NumbersSHA256, NumbersForm: t.NumbersForm}
		if one.Paths, err = l.catalog.PathsOf(t.Files); err != nil {
			return nil, l.fail("read run", run, fmt.Errorf("table %s: %w", t.Name, err))
		}
		if err := l.disk.Local(ctx, one.Paths); err != nil {
			return nil, l.fail("read run", run, err)
		}
		list = append(list, one)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Table < list[j].Table })
	return list, nil
}

// CertifiedFiles hashes the files of a run's table as they lie.
func (l *Lake) CertifiedFiles(t RunTable) ([]certificate.CertifiedFile, error) {
	files := []certificate.CertifiedFile{}
	for _, path := range t.Paths {
		sum, err := l.disk.HashFile(path)
		if err != nil {
			return nil, l.fail("hash", path, err)
		}
		files = append(files, certificate.CertifiedFile{Path: l.disk.Relative(path), SHA256: sum.SHA256})
	}
	return files, nil
}

// Tag names a snapshot of each table, so that nothing expires it, and does
// inTx: all in one transaction of the catalog's database. A table that has the
// tag already is left alone. The lake must be locked.
func (l *Lake) Tag(ctx context.Context, name string, snapshots map[string]int64, inTx func(*sql.Tx) error) error {
	if !store.PlainName(name) {
		return pipeline.Errorf(pipeline.KindInternal, "tag", fmt.Sprintf("%q", name), "not a plain name")
	}
	if err := l.catalog.Refresh(ctx); err != nil {
		return l.fail("tag", name, err)
	}
	var names []string
	for table := range snapshots {
		names = append(names, table)
	}
	sort.Strings(names)
	var changes []catalog.Change
	for _, one := range names {
		c, needed, err := l.tagChange(one, name, snapshots[one])
		if err != nil {
			return l.fail("tag", name, err)
		}
		if needed {
			changes = append(changes, c)
		}
	}
	if err := l.catalog.Apply(ctx, changes, inTx); err != nil {
		// Metadata that no catalog row names does no harm; taking it away when
		// the outcome is unknown could.
		l.catalog.KeepCreated()
		return l.fail("tag", name, err)
	}
	return l.fail("tag", name, l.catalog.Refresh(ctx))
}

func (l *Lake) tagChange(name, tag string, snapshot int64) (c catalog.Change, needed bool, err error) {
	base, ok := l.catalog.Table(name)
	if !ok {
		return c, false, fmt.Errorf("table %s: no such table", name)
	}
	meta := base.Iceberg.Metadata()
	for ref, at := range meta.Refs() {
		if ref == tag && at.SnapshotID == snapshot {
			return c, false, nil
		}
	}
	if meta.SnapshotByID(snapshot) == nil && chain.HasExpired(meta) {
		return c, false, nil // it has expired: batch numbers, or the run's row, say what it held
	}
	if meta.SnapshotByID(snapshot) == nil {
		return c, false, fmt.Errorf("table %s: no snapshot %d", name, snapshot)
	}
	c = catalog.Change{Name: name, Base: base}
	update := table.NewSetSnapshotRefUpdate(tag, snapshot, table.TagRef, 0, 0, 0)
	if c.Meta, err = chain.Updated(meta, []table.Update{update}, base.Location); err != nil {
		return c, false, fmt.Errorf("table %s: %w", name, err)
	}
	return c, true, nil
}

// Tags gives the tags of a table and the snapshots that they name.
func (l *Lake) Tags(ctx context.Context, name string) (map[string]int64, error) {
	if err := l.catalog.Refresh(ctx); err != nil {
		return nil, l.fail("read tags of", name, err)
	}
	t, ok := l.catalog.Table(name)
	if !ok {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "read tags of", name, "the lake has no such table")
	}
	tags := map[string]int64{}
	for ref, at := range t.Iceberg.Metadata().Refs() {
		if at.SnapshotRefType == table.TagRef {
			tags[ref] = at.SnapshotID
		}
	}
	return tags, nil
}
