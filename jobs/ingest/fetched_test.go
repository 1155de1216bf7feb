package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/config"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
)

// What a source brought and isn't of its feeds is no success, whether it gives one feed or
// several; a name without an ending keeps no statement out.
func TestWhatASourceBringsOfAnotherFeedIsAFailure(t *testing.T) {
	const yaml = `first_period: 2026-10
sources:
  one: {kind: http, feeds: [bank_lines], url: "https://bank.example/a"}
  two: {kind: http, feeds: [bank_lines, provider_payments], url: "https://bank.example/b"}
`
	const (
		stripe    = "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Transfer\ntxn_1,charge,ch_1,10.00,0.59,9.41,usd,2026-10-03 09:15,2026-10-05 00:00,po_1\n"
		statement = ":20:A\n:25:10020030/1\n:28C:1/1\n:60F:C261001EUR1,00\n:61:2610051005C2,50NTRFNONREF//1\n:86:x\n:62F:C261006EUR3,50\n-\n"
	)
	for _, source := range []string{"one", "two"} {
		for name, c := range map[string]struct {
			text, result, want string
		}{
			"statement.20261006": {statement, ingest.FileIngested, ""},
			"balance.csv":        {stripe, ingest.FileFailed, "settlement_lines"},
			"balance.20261006":   {stripe, ingest.FileFailed, "its content is of settlement_lines, and its source gives bank_lines"},
			"letter.pdf":         {"%PDF-1.7\n", "", ""},
		} {
			s := trial.Folder(t, yaml, nil)
			folder := filepath.Join(s.Config.Dir, "inbox", source)
			if err := os.Mkdir(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, name), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
			result := ""
			if r != nil && len(r.Files) > 0 {
				result = r.Files[0].Result
			}
			if failed := c.result == ingest.FileFailed; result != c.result || failed != (pipeline.KindOf(err) == pipeline.KindBadInput) || failed && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s/%s: %q %v, %+v", source, name, result, err, r)
			}
			if c.result == "" && len(ingest.LeftAlone(s.Config)) != 1 {
				t.Errorf("%s/%s: %+v", source, name, ingest.LeftAlone(s.Config))
			}
		}
	}
}

// Two sources give files of one name and one header: each has its own layout, and a file of
// neither has the layout without a source.
func TestALayoutIsOfOneSource(t *testing.T) {
	const layouts = `first_period: 2026-10
sources:
  north: {kind: http, feeds: [bank_lines], url: "https://bank.example/a"}
  south: {kind: http, feeds: [bank_lines], url: "https://bank.example/b"}
feeds:
  bank_lines:
    layout:
    - {files: ["north/statement*.csv"], constants: {account: north, currency: EUR}, columns: {line_id: Ref, booked_at: Day, amount: Amount}, time_format: YYYY-MM-DD}
    - {files: ["south/statement*.csv"], constants: {account: south, currency: USD}, columns: {line_id: Ref, booked_at: Day, amount: Amount}, time_format: YYYY-MM-DD}
    - {files: ["bank_lines-*.csv"], constants: {account: hand, currency: JPY}, columns: {line_id: Ref, booked_at: Day, amount: Amount}, time_format: YYYY-MM-DD}
`
	s := trial.Folder(t, layouts, nil)
	for name, id := range map[string]string{"north/statement-1.csv": "n", "south/statement-1.csv": "s", "bank_lines-1.csv": "h"} {
		path := filepath.Join(s.Config.Dir, "inbox", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("Ref,Day,Amount\n"+id+",2026-10-05,7\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if dry, err := ingest.DryRun(t.Context(), ingest.Options{Setting: s}); err != nil || len(dry) != 3 {
		t.Errorf("%v: %+v", err, dry)
	}
	if r, err := ingest.Files(t.Context(), ingest.Options{Setting: s}); err != nil || len(r.Files) != 3 {
		t.Fatalf("%v: %+v", err, r)
	}
	got, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select string_agg(line_id || ' ' || account || ' ' || currency, ', ' order by line_id) from bank_lines"})
	if want := "[[h hand JPY, n north EUR, s south USD]]"; err != nil || fmt.Sprint(got.Rows) != want {
		t.Errorf("%v, want %q: %v", got.Rows, want, err)
	}
	for _, wrong := range []string{"east/statement.csv", "north/deep/statement.csv", "/statement.csv", "north/"} {
		if _, err := config.Parse([]byte(strings.Replace(layouts, "south/statement*.csv", wrong, 1)), ".", "carat.yaml"); err == nil || !strings.Contains(err.Error(), "source") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
