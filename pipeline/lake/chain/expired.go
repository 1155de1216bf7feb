package chain

import "github.com/apache/iceberg-go/table"

// KeptSnapshots is how many snapshots of a table stay, beside those that a tag holds.
// Snapshots expire: what a state as of then holds of a raw table, batch numbers say, and of
// a result table, what each run published.
const KeptSnapshots = 100

// MayHaveExpired says whether a snapshot of a date may be among those of a table that
// have expired.
func MayHaveExpired(meta table.Metadata, ms int64) bool {
	snaps := meta.Snapshots()
	return HasExpired(meta) && ms <= snaps[max(0, len(snaps)-KeptSnapshots)].TimestampMs
}

// HasExpired says whether snapshots of a table have expired.
func HasExpired(meta table.Metadata) bool {
	for _, snap := range meta.Snapshots() {
		if snap.ParentSnapshotID != nil && meta.SnapshotByID(*snap.ParentSnapshotID) == nil {
			return true
		}
	}
	return false
}

// UpTo gives a table's last snapshot up to a batch. A table's history is a line; snapshots
// that add no batch (compaction, runs) belong to the batch before.
func UpTo(meta table.Metadata, seq int64) (found *table.Snapshot) {
	for _, snap := range meta.Snapshots() {
		if SeqOf(&snap) > seq {
			break
		}
		found = &snap
	}
	return found
}
