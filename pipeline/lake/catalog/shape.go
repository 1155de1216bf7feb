package catalog

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"

	"carat/pipeline"
	"carat/pipeline/lake/chain"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
)

// icebergVersion is the format version of all tables: the one that every
// reader of DESIGN section 3 knows.
const icebergVersion = 2

// ManifestsAtMost is from how many manifests of a table on they are merged into one.
// Each costs every reader about half a millisecond; iceberg-go's own number is 100.
const ManifestsAtMost = 10

// tableProperties of every table. Raw tables keep all snapshots besides: the
// hash chain lives in their summaries.
func tableProperties(raw bool) iceberg.Properties {
	p := iceberg.Properties{
		table.ManifestMergeEnabledKey:             "true",
		table.ManifestMinMergeCountKey:            strconv.Itoa(ManifestsAtMost),
		table.MetadataDeleteAfterCommitEnabledKey: "true",
		table.MetadataPreviousVersionsMaxKey:      "20",
		"write.parquet.compression-codec":         "zstd",
	}
	if raw {
		p["gc.enabled"] = "false"
	}
	return p
}

// Shape is what a table must look like.
type Shape struct {
	Name     string
	Columns  []pipeline.Column
	Identity string // partition by the identity of this column; "" for none
	Day      string // and by the day of this one
	Raw      bool
}

// Ensure makes the raw tables that are missing and adds columns that
// are new, in one transaction.
func (cat *Catalog) Ensure(ctx context.Context, shapes []Shape) error {
	if err := cat.RefreshRaw(ctx); err != nil {
		return err
	}
	var changes []Change
	for _, shape := range shapes {
		c, needed, err := cat.shapeChange(shape)
		if err != nil {
			return fmt.Errorf("table %s: %w", shape.Name, err)
		}
		if needed {
			changes = append(changes, c)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	err := cat.Apply(ctx, changes, nil)
	if err != nil {
		if now, lerr := cat.locations(ctx); lerr == nil && !anyPoints(now, changes) {
			err = errors.Join(err, cat.removeMade(cat.files.takeCreated()))
		}
		// Another process may have made them in the same moment.
		if rerr := cat.RefreshRaw(ctx); rerr == nil && cat.hasShapes(changes) {
			return nil
		}
	}
	return err
}

func anyPoints(locations map[string]string, changes []Change) bool {
	for _, c := range changes {
		if c.created != "" && locations[c.Name] == c.created {
			return true
		}
	}
	return false
}

func (cat *Catalog) hasShapes(changes []Change) bool {
	for _, c := range changes {
		t, ok := cat.Table(c.Name)
		if !ok || !t.Iceberg.Schema().Equals(c.Meta.CurrentSchema()) {
			return false
		}
	}
	return true
}

// shapeChange gives what brings a table into shape, and whether anything does.
func (cat *Catalog) shapeChange(shape Shape) (Change, bool, error) {
	have, ok := cat.Table(shape.Name)
	if !ok {
		meta, err := cat.newTable(shape)
		return Change{Name: shape.Name, Meta: meta}, true, err
	}
	updates, err := evolve(have.Iceberg, shape.Columns)
	if err != nil || len(updates) == 0 {
		return Change{}, false, err
	}
	meta, err := chain.Updated(have.Iceberg.Metadata(), updates, have.Location)
	return Change{Name: shape.Name, Base: have, Meta: meta}, true, err
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
	return []table.Update{table.NewSetPropertiesUpdate(iceberg.Properties{table.ManifestMinMergeCountKey: strconv.Itoa(ManifestsAtMost)})}
}

// newTable makes the first metadata of a table. Field ids are those of the
// columns: iceberg-go's own table creation would number them anew.
func (cat *Catalog) newTable(shape Shape) (table.Metadata, error) {
	schema, err := icebergSchema(shape.Columns)
	if err != nil {
		return nil, err
	}
	spec, err := partitionSpec(schema, shape.Identity, shape.Day)
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
		func() error { return b.SetLoc(path.Join(cat.id.Root, Namespace+".db", shape.Name)) },
		func() error { return b.SetProperties(tableProperties(shape.Raw)) },
	} {
		if err := set(); err != nil {
			return nil, err
		}
	}
	return b.Build()
}
