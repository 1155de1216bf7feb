package chain

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go/table"
)

// A compaction is a link of the one hash chain, between the batches: its
// properties hold the hash of the files that it replaced, the hash
// of those that it wrote, and the chain value before it; the next batch, or
// compaction, continues from its value. It adds no row, so it has no seq.

// CompactionID gives the id of the nth compaction of a lake.
func CompactionID(number int64) string { return fmt.Sprintf("c%06d", number) }

// CompactionNumber gives the number of an id; an error for what is none.
func CompactionNumber(id string) (int64, error) {
	digits, ok := strings.CutPrefix(id, "c")
	number, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || number < 1 || CompactionID(number) != id {
		return 0, fmt.Errorf("%q is not a compaction's id like c000007", id)
	}
	return number, nil
}

// IsCompaction says whether a snapshot is a compaction.
func IsCompaction(snap *table.Snapshot) bool {
	return snap.Summary != nil && snap.Summary.Properties[PropCompaction] != ""
}
