package shape

import (
	"maps"
	"strconv"

	"carat/pipeline"

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

// ManifestBytes is up to what size they are merged: a merge writes all of a manifest
// anew, so one that holds all files of a table costs ever more. It is about a thousand
// files; iceberg-go's own number is 8 MiB.
const ManifestBytes = 128 << 10

// merging says how manifests are merged.
var merging = iceberg.Properties{
	table.ManifestMinMergeCountKey:   strconv.Itoa(ManifestsAtMost),
	table.ManifestTargetSizeBytesKey: strconv.Itoa(ManifestBytes),
}

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
	maps.Copy(p, merging)
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

// Evolve gives the updates that add the columns a table lacks.
func Evolve(tbl *table.Table, want []pipeline.Column) ([]table.Update, error) {
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

// NewProperties gives the update that brings a table of an earlier carat to the
// properties of today.
func NewProperties(tbl *table.Table) []table.Update {
	lacking := maps.Clone(merging)
	maps.DeleteFunc(lacking, func(name, _ string) bool { return tbl.Properties()[name] != "" })
	if len(lacking) == 0 {
		return nil
	}
	return []table.Update{table.NewSetPropertiesUpdate(lacking)}
}

// New makes the first metadata of a table, in a folder as recorded. Field ids are those of the
// columns: iceberg-go's own table creation would number them anew.
func New(shape Shape, folder string) (table.Metadata, error) {
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
		func() error { return b.SetLoc(folder) },
		func() error { return b.SetProperties(tableProperties(shape.Raw)) },
	} {
		if err := set(); err != nil {
			return nil, err
		}
	}
	return b.Build()
}
