package lake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"sort"
	"strconv"

	"carat/pipeline"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
)

// icebergVersion is the format version of all tables: the one that every
// reader of DESIGN section 3 knows.
const icebergVersion = 2

// manifestsAtMost is from how many manifests of a table on they are merged into one.
// Each costs every reader about half a millisecond; iceberg-go's own number is 100.
const manifestsAtMost = 10

// tableProperties of every table. Raw tables keep all snapshots besides: the
// hash chain lives in their summaries.
func tableProperties(raw bool) iceberg.Properties {
	p := iceberg.Properties{
		table.ManifestMergeEnabledKey:             "true",
		table.ManifestMinMergeCountKey:            strconv.Itoa(manifestsAtMost),
		table.MetadataDeleteAfterCommitEnabledKey: "true",
		table.MetadataPreviousVersionsMaxKey:      "20",
		"write.parquet.compression-codec":         "zstd",
	}
	if raw {
		p["gc.enabled"] = "false"
	}
	return p
}

// tableShape is what a table must look like.
type tableShape struct {
	name     string
	columns  []pipeline.Column
	identity string // partition by the identity of this column; "" for none
	day      string // and by the day of this one
	raw      bool
}

func (l *Lake) rawShapes() []tableShape {
	shapes := []tableShape{{name: rejectsTable, columns: plainColumns(l.rejects), raw: true}}
	for name, t := range l.rawInfo {
		s := tableShape{name: name, columns: plainColumns(t.columns), raw: true}
		if t.feed.EventColumn != "" {
			s.identity, s.day = colAccountingMonth, t.feed.EventColumn
		}
		shapes = append(shapes, s)
	}
	sort.Slice(shapes, func(i, j int) bool { return shapes[i].name < shapes[j].name })
	return shapes
}

// ensureRawTables makes the raw tables that are missing and adds columns that
// are new, in one transaction.
func (l *Lake) ensureRawTables(ctx context.Context) error {
	if err := l.refreshRaw(ctx); err != nil {
		return err
	}
	var changes []change
	for _, shape := range l.rawShapes() {
		c, needed, err := l.shapeChange(shape)
		if err != nil {
			return fmt.Errorf("table %s: %w", shape.name, err)
		}
		if needed {
			changes = append(changes, c)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	err := l.apply(ctx, changes, nil)
	if err != nil {
		if now, lerr := l.locations(ctx); lerr == nil && !anyPoints(now, changes) {
			err = errors.Join(err, l.removeMade(l.files.takeCreated()))
		}
		// Another process may have made them in the same moment.
		if rerr := l.refreshRaw(ctx); rerr == nil && l.hasShapes(changes) {
			return nil
		}
	}
	return err
}

func anyPoints(locations map[string]string, changes []change) bool {
	for _, c := range changes {
		if c.created != "" && locations[c.name] == c.created {
			return true
		}
	}
	return false
}

func (l *Lake) hasShapes(changes []change) bool {
	for _, c := range changes {
		t, ok := l.tableCalled(c.name)
		if !ok || !t.tbl.Schema().Equals(c.meta.CurrentSchema()) {
			return false
		}
	}
	return true
}

// shapeChange gives what brings a table into shape, and whether anything does.
func (l *Lake) shapeChange(shape tableShape) (change, bool, error) {
	have, ok := l.tableCalled(shape.name)
	if !ok {
		meta, err := l.newTable(shape)
		return change{name: shape.name, meta: meta}, true, err
	}
	updates, err := evolve(have.tbl, shape.columns)
	if err != nil || len(updates) == 0 {
		return change{}, false, err
	}
	meta, err := table.UpdateTableMetadata(have.tbl.Metadata(), updates, have.location)
	return change{name: shape.name, base: have, meta: meta}, true, err
}

// evolve gives the updates that add the columns a table lacks.
func evolve(tbl *table.Table, want []pipeline.Column) ([]table.Update, error) {
	added, err := addedColumns(tbl.Schema(), want)
	if err != nil || len(added) == 0 {
		return nil, err
	}
	more, err := icebergSchema(added)
	if err != nil {
		return nil, err
	}
	next := 0
	for _, s := range tbl.Metadata().Schemas() {
		next = max(next, s.ID+1)
	}
	schema := iceberg.NewSchema(next, append(tbl.Schema().Fields(), more.Fields()...)...)
	return []table.Update{table.NewAddSchemaUpdate(schema), table.NewSetCurrentSchemaUpdate(-1)}, nil
}

// newProperties gives the update that brings a table of an earlier carat to the
// properties of today.
func newProperties(tbl *table.Table) []table.Update {
	if _, known := tbl.Properties()[table.ManifestMinMergeCountKey]; known {
		return nil
	}
	return []table.Update{table.NewSetPropertiesUpdate(iceberg.Properties{table.ManifestMinMergeCountKey: strconv.Itoa(manifestsAtMost)})}
}

// newTable makes the first metadata of a table. Field ids are those of the
// columns: iceberg-go's own table creation would number them anew.
func (l *Lake) newTable(shape tableShape) (table.Metadata, error) {
	schema, err := icebergSchema(shape.columns)
	if err != nil {
		return nil, err
	}
	spec, err := partitionSpec(schema, shape.identity, shape.day)
	if err != nil {
		return nil, err
	}
	b, err := table.NewMetadataBuilder(icebergVersion)
	if err != nil {
		return nil, err
	}
	unsorted := table.UnsortedSortOrder
	for _, set := range []func() error{
		func() error { return b.SetUUID(uuid.New()) },
		func() error { return b.AddSchema(schema) },
		func() error { return b.SetCurrentSchemaID(-1) },
		func() error { return b.AddSortOrder(&unsorted) },
		func() error { return b.SetDefaultSortOrderID(-1) },
		func() error { return b.AddPartitionSpec(&spec, true) },
		func() error { return b.SetDefaultSpecID(-1) },
		func() error { return b.SetLoc(path.Join(l.id.Root, namespace+".db", shape.name)) },
		func() error { return b.SetProperties(tableProperties(shape.raw)) },
	} {
		if err := set(); err != nil {
			return nil, err
		}
	}
	return b.Build()
}

// removeMade takes away the files of a commit that failed.
func (l *Lake) removeMade(files []*newFile) error {
	var errs []error
	for _, f := range files {
		if !f.done { // given up half-way by its writer
			errs = append(errs, f.discard())
		}
		errs = append(errs, l.disk.remove(f.path), l.disk.remove(f.path+".tmp"))
	}
	return errors.Join(errs...)
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
