package ingest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
