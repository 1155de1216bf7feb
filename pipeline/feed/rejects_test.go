package feed

import (
	"strings"
	"testing"

	"carat/pipeline"
)

// A file whose rows are bad throughout is not read to its end, and what is kept of it
// is bounded; one with good rows among them, or of which all may be bad, is.
func TestRejectsAreBounded(t *testing.T) {
	reject := func(line int64) []pipeline.Reject {
		return []pipeline.Reject{{Column: "coins", Code: "bad_number", Lineage: pipeline.Lineage{SourceLine: line}}}
	}
	feed := func(share pipeline.Rate, rows, lineStep int64) (kept int64, err error) {
		c := newRejectCounter("gifts.csv", &Options{MaxRejectShare: share, OnRejects: func(r []pipeline.Reject) error { kept += int64(len(r)); return nil }})
		for i := range rows {
			if err := c.take(reject(2 + i*lineStep)); err != nil {
				return kept, err
			}
		}
		return kept, nil
	}
	look := newRejectCounter("gifts.csv", &Options{MaxRejectShare: 10_000_000, Look: true})
	for i := range int64(rejectsAtOnce + 1) {
		if err := look.take(reject(2 + i)); err != nil {
			t.Fatal(err)
		}
	}
	if look.refused == nil || !strings.Contains(look.refused.Error(), "100000 rows are rejected up to line 100001") || look.count != rejectsAtOnce+1 {
		t.Errorf("%d, %v", look.count, look.refused)
	}
	kept, err := feed(10_000_000, 50_000_000, 1)
	if err == nil || kept >= rejectsAtOnce || pipeline.KindOf(err) != pipeline.KindBadInput ||
		!strings.Contains(err.Error(), "100000 rows are rejected up to line 100001, and it was not read on: coins is bad_number in 100000") {
		t.Errorf("%d kept, %v", kept, err)
	}
	if kept, err = feed(10_000_000, 50_000_000, 2); err == nil || kept != rejectsMax {
		t.Errorf("%d kept, %v", kept, err)
	}
	if kept, err = feed(1_000_000_000, 50_000_000, 1); err == nil || kept != rejectsMax {
		t.Errorf("%d kept, %v", kept, err)
	}
	if kept, err = feed(10_000_000, rejectsAtOnce-1, 1); err != nil || kept != rejectsAtOnce-1 {
		t.Errorf("%d kept, %v", kept, err)
	}
}
