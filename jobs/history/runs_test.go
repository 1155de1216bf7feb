package history_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"carat/jobs/books"
	"carat/jobs/history"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
)

// A job whose process is gone is told as cut short from then on, and one that runs as
// running: by the lake's lock, which ends with the process.
func TestJobsThatWereCutShort(t *testing.T) {
	ctx := context.Background()
	s := trial.Folder(t, "first_period: 2026-10\n", map[string]string{"bank_lines-1.csv": "line_id,account,booked_at,amount,currency\nb1,a,2026-10-01T00:00:00Z,1,EUR\n"})
	if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil {
		t.Fatal(err)
	}
	results := func(want ...string) {
		t.Helper()
		list, err := history.Runs(ctx, history.RunsOptions{Setting: s, Limit: 10})
		if err != nil || len(list.Rows) != len(want) {
			t.Fatalf("%v %v", err, list)
		}
		for i, row := range list.Rows {
			if row[6] != want[i] {
				t.Errorf("job %v is told %v, not %s", row[0], row[6], want[i])
			}
		}
	}
	begin := func() *books.Books {
		t.Helper()
		p, err := books.OpenLocked(ctx, s, books.RightIngest)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Begin(ctx, s, "ingest", ""); err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := begin()
	results("running", "done")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	// What a killed process leaves in the file whose lock it held.
	if err := os.WriteFile(filepath.Join(s.Config.Lake, "lock"), []byte(`{"pid":1,"host":"here"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	results("cut short", "done")
	second := begin()
	results("running", "cut short", "done")
	if one, err := history.Runs(ctx, history.RunsOptions{Setting: s, ID: "2"}); err != nil || one.Rows[8][1] != "cut short" && one.Rows[7][1] != "cut short" {
		t.Errorf("%v %v", err, one)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	results("cut short", "cut short", "done")
}
