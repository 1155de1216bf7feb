package chain

import (
	"strings"
	"testing"

	"github.com/apache/iceberg-go/table"
)

// Of several properties that don't parse always the same is told.
func TestReadBatchTellsTheFirstThatIsWrong(t *testing.T) {
	for range 50 {
		snap := &table.Snapshot{Summary: &table.Summary{Properties: map[string]string{PropBatch: "b000001", propSeq: "1", propSourceBytes: "x",
			propRowsRead: "y", propRowsAccepted: "z", propIngestedAt: "soon", propControlTotals: "{}"}}}
		if _, err := ReadBatch("gift_events", snap); err == nil || !strings.HasPrefix(err.Error(), propSourceBytes+" of b000001: ") {
			t.Fatalf("%v, want %s", err, propSourceBytes)
		}
	}
}
