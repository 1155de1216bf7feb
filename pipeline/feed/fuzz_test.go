package feed_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

func FuzzLayout(f *testing.F) {
	feedtest.FuzzReport[pipeline.CoinPurchase](f, "layout", func(o *feed.Options) { o.Layouts = []feed.Layout{*germanLayout()} }, germanSheet, purchaseSheet)
}

// FuzzRecognise looks at anything, whole.
func FuzzRecognise(f *testing.F) {
	feedtest.AddSamples(f, "*/*/*")
	files, err := filepath.Glob(filepath.Join("*", "testdata", "reports", "*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add([]byte(feedtest.UTF16Text(string(text), true, true)))
	}
	f.Add(feedtest.WorkbookOf(f, func(w *excelize.File) { _, _ = w.NewSheet("x") }, []any{"line_id", "account", "booked_at", "amount", "currency", "reference"}))
	f.Add(feedtest.Zipped(f, feedtest.ZipEntry{Name: "a.csv", Text: purchaseSheet}))
	f.Add(feedtest.Gzipped(f, purchaseSheet))
	f.Fuzz(func(t *testing.T, content []byte) {
		out := feedtest.Read[pipeline.SettlementLine](t, "settlement_lines", content, nil)
		if out.Err != nil && pipeline.KindOf(out.Err) != pipeline.KindBadInput {
			t.Errorf("kind %d: %v", pipeline.KindOf(out.Err), out.Err)
		}
	})
}
