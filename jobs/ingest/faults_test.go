package ingest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/books"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
)

const giftPrices = "gift_id,valid_from,name,coins\n5655,2026-01-01T00:00:00Z,Rose,1\n"

// onFirst calls fn once, when the job is first told of.
func onFirst(step, object string, fn func()) books.Progress {
	done := false
	return func(e books.Event) {
		if !done && e.Step == step && e.Object == object {
			done = true
			fn()
		}
	}
}

// TestFileThatGrowsWhileItIsRead: nothing of it is taken, the file beside it
// is, and the whole file is taken by the next run.
func TestFileThatGrowsWhileItIsRead(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10", map[string]string{"gift_catalog.csv": giftPrices, "coin_purchases.csv": octoberSale})
	path := filepath.Join(s.Config.Dir, "inbox", "coin_purchases.csv")
	s.Progress = onFirst("ingest", "coin_purchases.csv", func() {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(strings.ReplaceAll(strings.TrimPrefix(octoberSale, trial.PurchaseHeader), "p1", "p2")); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	})
	r, err := ingest.Files(t.Context(), ingest.Options{Setting: s})
	if pipeline.KindOf(err) != pipeline.KindBadInput || !strings.HasPrefix(err.Error(), "read coin_purchases.csv: it changed while it was read (") ||
		!strings.HasSuffix(err.Error(), "; nothing of it was taken; write it under a name that begins with a point, rename it when it is whole, and ingest again") {
		t.Errorf("a file that grows: %v", err)
	}
	if len(r.Files) != 2 || r.Files[0].Result != ingest.FileIngested || r.Files[1].Result != ingest.FileFailed {
		t.Errorf("files %+v", r.Files)
	}
	s.Progress = nil
	if r, err = ingest.Files(t.Context(), ingest.Options{Setting: s}); err != nil || r.Files[1].RowsAccepted != 2 {
		t.Errorf("the whole file: %+v, %v", r, err)
	}
}

// TestFileThatIsTakenAway after the inbox was listed is no error; one that a
// person named is.
func TestFileThatIsTakenAway(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10", map[string]string{"gift_catalog.csv": giftPrices, "coin_purchases.csv": octoberSale})
	path := filepath.Join(s.Config.Dir, "inbox", "coin_purchases.csv")
	remove := func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	s.Progress = onFirst("ingest", "gift_catalog.csv", remove)
	r, err := ingest.Files(t.Context(), ingest.Options{Setting: s})
	if err != nil || len(r.Files) != 1 || len(r.Ignored) != 1 || r.Ignored[0] != (ingest.IgnoredFile{Name: "coin_purchases.csv", Reason: "it was taken away after the inbox was listed"}) {
		t.Errorf("%+v, %v", r, err)
	}
	if err := os.WriteFile(path, []byte(octoberSale), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Config.Dir, "inbox", "gift_catalog.csv"), []byte(strings.ReplaceAll(giftPrices, "Rose", "Lily")), 0o644); err != nil {
		t.Fatal(err)
	}
	s.Progress = onFirst("ingest", "gift_catalog.csv", remove)
	_, err = ingest.Files(t.Context(), ingest.Options{Setting: s, Files: []string{filepath.Join(s.Config.Dir, "inbox", "gift_catalog.csv"), path}})
	if pipeline.KindOf(err) != pipeline.KindBadInput || err.Error() != "read coin_purchases.csv: no such file or directory" {
		t.Errorf("a file that was named: %v", err)
	}
}
