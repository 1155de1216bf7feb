package closepackage_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"carat/jobs"
	"carat/jobs/closepackage"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	carat "carat/sql"
)

// The close package tells which rows a layout left out, with their sums, and each batch that
// was taken out, with its reason; neither where there is none.
func TestPackageTellsWhatWasLeftOutAndTakenOut(t *testing.T) {
	const yaml = "first_period: 2026-10\nmax_reject_share: 0.5\nfeeds:\n  bank_lines:\n    layout: {time_format: YYYY-MM-DD, columns: {booked_at: Date, amount: Amount, reference: Ref}, constants: {account: a, currency: USD}, id: content, leave_out: [{column: Status, is: [Pending], reason: not booked}]}\n"
	page := func(files map[string]string, undo bool) string {
		t.Helper()
		inbox := maps.Clone(trial.SmallMonth)
		maps.Copy(inbox, files)
		s := trial.Folder(t, yaml, inbox)
		trial.Ingest(t, s)
		if undo {
			batches, err := ingest.DryRun(t.Context(), ingest.Options{Setting: s}) // which say as what they stand
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(batches, func(f ingest.DryFile) bool { return f.File == "bank_lines-2.csv" })
			if _, err := ingest.Undo(t.Context(), ingest.UndoOptions{Setting: s, Batch: batches[i].Batch, Reason: "day and month <the other way>"}); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(s.Config.Dir + "/inbox/bank_lines-2.csv"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: carat.Files, Period: "2026-10"}); err != nil {
			t.Fatal(err)
		}
		r, err := closepackage.Write(t.Context(), closepackage.Options{Setting: s, SQL: carat.Files, Period: "2026-10"})
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(r.Files[slices.IndexFunc(r.Files, func(f string) bool { return strings.HasSuffix(f, ".html") })])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	const head = "Date,Ref,Amount,Status\n"
	full := page(map[string]string{
		"bank_lines-1.csv": head + "2026-10-05,x,1.00,Posted\n2026-10-06,y,-2.50,Pending\n2026-10-06,z,-4.00,PENDING\n", "bank_lines-2.csv": head + "2026-10-07,w,3.00,Posted\n",
	}, true)
	for _, want := range []string{"Rows left out", "not booked: Status is", "amount -6.5", "Batches taken out", "day and month &lt;the other way&gt;"} {
		if !strings.Contains(full, want) {
			t.Errorf("no %q", want)
		}
	}
	bare := page(nil, false)
	for _, not := range []string{"Rows left out", "Batches taken out"} {
		if strings.Contains(bare, not) {
			t.Errorf("%q of nothing", not)
		}
	}
}

// The close package tells what was set otherwise for this run than when a month was signed
// last, or first run; nothing of a first run.
func TestPackageTellsWhichSettingsChanged(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\nmax_reject_share: 0.5\n", trial.SmallMonth)
	trial.Ingest(t, s)
	page := func() string {
		t.Helper()
		if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: carat.Files, Period: "2026-10"}); err != nil {
			t.Fatal(err)
		}
		r, err := closepackage.Write(t.Context(), closepackage.Options{Setting: s, SQL: carat.Files, Period: "2026-10"})
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(r.Files[slices.IndexFunc(r.Files, func(f string) bool { return strings.HasSuffix(f, ".html") })])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if first := page(); strings.Contains(first, "Settings that changed") {
		t.Error("a first run has changed settings")
	}
	s.Config.FluxPercent++
	now := page()
	for _, want := range []string{"Settings that changed", "flux_percent", "otherwise than the first run of 2026-10"} {
		if !strings.Contains(now, want) {
			t.Errorf("no %q", want)
		}
	}
}
