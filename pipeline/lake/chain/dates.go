package chain

import (
	"encoding/json"
	"fmt"

	"github.com/apache/iceberg-go/table"
)

// Updated gives a table's metadata with updates that add no snapshot. It is never
// dated before what it comes from: such a file couldn't be read again.
func Updated(meta table.Metadata, updates []table.Update, location string) (table.Metadata, error) {
	next, err := table.UpdateTableMetadata(meta, updates, location)
	if err != nil || next.LastUpdatedMillis() >= meta.LastUpdatedMillis() {
		return next, err
	}
	text, err := json.Marshal(next)
	if err != nil {
		return nil, err
	}
	return withFields(text, map[string]any{"last-updated-ms": meta.LastUpdatedMillis()})
}

// Removed gives a table's metadata without some of its snapshots, dated as it was.
func Removed(meta table.Metadata, update table.Update) (table.Metadata, error) {
	next, err := table.UpdateTableMetadata(meta, []table.Update{update}, "")
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(next)
	if err != nil {
		return nil, err
	}
	return withFields(text, map[string]any{"last-updated-ms": meta.LastUpdatedMillis()})
}

// Redated gives a table's metadata with every date of its logs changed.
func Redated(meta table.Metadata, date func(ms int64) int64) (table.Metadata, error) {
	text, err := json.Marshal(meta)
	if err != nil {
		return nil, err
	}
	var logs struct {
		Updated   int64                    `json:"last-updated-ms"`
		Snapshots []table.SnapshotLogEntry `json:"snapshot-log"`
		Metadata  []table.MetadataLogEntry `json:"metadata-log"`
	}
	if err := json.Unmarshal(text, &logs); err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	for i := range logs.Snapshots {
		logs.Snapshots[i].TimestampMs = date(logs.Snapshots[i].TimestampMs)
	}
	for i := range logs.Metadata {
		logs.Metadata[i].TimestampMs = date(logs.Metadata[i].TimestampMs)
	}
	fields := map[string]any{"last-updated-ms": date(logs.Updated)}
	if logs.Snapshots != nil {
		fields["snapshot-log"] = logs.Snapshots
	}
	if logs.Metadata != nil {
		fields["metadata-log"] = logs.Metadata
	}
	return withFields(text, fields)
}

// withFields reads metadata with some of its fields replaced.
func withFields(text []byte, fields map[string]any) (table.Metadata, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	for name, value := range fields {
		var err error
		if all[name], err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	return table.ParseMetadataBytes(text)
}
