package schedule

import (
	"testing"
	"time"

	"carat/pipeline"
)

// A file that is taken out, or read again for that, makes no feed young.
func TestUndoBringsNoFile(t *testing.T) {
	came := time.Date(2026, 10, 2, 8, 0, 0, 0, time.UTC)
	list := feedStatus([]pipeline.Batch{
		{ID: "b1", Feed: "gift_events", RowsAccepted: 54, IngestedAt: came},
		{ID: "b2", Feed: "gift_events", RowsAccepted: -3, IngestedAt: came.Add(time.Hour), Undo: &pipeline.Undo{Batch: "b1"}},
	})
	if len(list) != 1 || !list[0].LastIngest.Equal(came) || list[0].Rows != 51 {
		t.Errorf("%+v", list)
	}
}
