package chain

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go/table"
)

// A compaction is a link of the one hash chain, between the batches: its
// snapshot's properties hold the hash of the files that it replaced, the hash
// of those that it wrote, and the chain value before it; the next batch, or
// compaction, continues from its value. It adds no row, so it has no seq.

// CompactionID gives the id of the nth compaction of a lake.
func CompactionID(number int64) string { return fmt.Sprintf("c%06d", number) }

func compactionNumber(id string) (int64, error) {
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

// ReadCompaction reads a compaction's summary. The error says which id doesn't parse.
func ReadCompaction(snap *table.Snapshot) (Compaction, error) {
	p := snap.Summary.Properties
	number, err := compactionNumber(p[PropCompaction])
	if err != nil {
		return Compaction{}, err
	}
	after, err := BatchSeq(p[PropAfter])
	return Compaction{number, after, p[PropChain]}, err
}

// Compaction is what finding and chaining compactions needs of each.
type Compaction struct {
	Number int64
	After  int64 // seq of the last batch before
	Chain  string
}
