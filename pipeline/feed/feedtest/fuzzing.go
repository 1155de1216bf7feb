package feedtest

import (
	"fmt"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
)

// CheckIdentity reads hostile content: no panic, and every record is counted.
func CheckIdentity[T any](t *testing.T, name string, content []byte) {
	var texts []string
	for _, c := range []struct{ block, workers int }{{1 << 20, 1}, {7, 2}} {
		out := Read[T](t, name, content, func(o *feed.Options) { o.BlockBytes, o.Workers = c.block, c.workers })
		if out.Err != nil { // what was read before differs, the verdict may not
			texts = append(texts, "bad file")
			continue
		}
		texts = append(texts, fmt.Sprint(out.Report.RowsRead, out.Report.RowsAccepted, out.Report.ControlTotals, out.Report.UnknownColumns, out.Rejects))
	}
	if texts[0] != texts[1] {
		t.Errorf("depends on the blocks:\n%s\n%s", texts[0], texts[1])
	}
}

// FuzzReport feeds hostile content to a format's parser: no panic, every record
// is counted, and no accepted row breaks gross + tax + fee = net where the
// format says all of them.
func FuzzReport[T any](f *testing.F, format string, change func(*feed.Options), seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
		f.Add([]byte(strings.ReplaceAll(seed, "\n", "\r\n")))
		f.Add([]byte(seed[:len(seed)/2]))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		out := Read[T](t, "report.txt", content, func(o *feed.Options) {
			o.Format = format
			if change != nil {
				change(o)
			}
		})
		if out.Err != nil {
			if pipeline.KindOf(out.Err) != pipeline.KindBadInput {
				t.Errorf("kind %d: %v", pipeline.KindOf(out.Err), out.Err)
			}
			return
		}
		again := Read[T](t, "other.csv.txt", content, func(o *feed.Options) {
			o.Format, o.BlockBytes, o.Workers = format, 7, 3
			if change != nil {
				change(o)
			}
		})
		if a, b := fmt.Sprint(out.Report.RowsRead, out.Report.ControlTotals), fmt.Sprint(again.Report.RowsRead, again.Report.ControlTotals); a != b {
			t.Errorf("the same content gives\n%s\n%s", a, b)
		}
		ids := map[string]bool{}
		for _, row := range out.Rows {
			line, ok := any(row).(pipeline.SettlementLine)
			if !ok {
				return
			}
			if strings.HasPrefix(format, "apple") && ids[line.LineID] {
				t.Errorf("two lines have the id %s", line.LineID)
			}
			ids[line.LineID] = true
			sum := line.GrossAmount
			for _, part := range []*int64{line.TaxAmount, line.FeeAmount} {
				if part != nil {
					sum += *part
				}
			}
			if !strings.HasPrefix(format, "apple") && sum != line.NetAmount {
				t.Errorf("%s: gross + tax + fee is %d, net %d", line.LineID, sum, line.NetAmount)
			}
		}
	})
}
