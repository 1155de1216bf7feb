package ingest_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
)

// treeOf hashes every file below a folder.
func treeOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	tree := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		tree[path] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

const dryConfig = `first_period: 2026-10
max_reject_share: 1
feeds:
  bank_lines:
    layout:
      separator: ";"
      decimal_comma: true
      time_format: DD/MM/YYYY
      columns: {booked_at: Date, amount: Montant, reference: Ref}
      constants: {account: a, currency: EUR}
      leave_out: [{column: Ref, begins: [Solde], reason: a balance}]
      id: content
`

// A dry run says what would be, and no byte of lake and state is another.
func TestDryRunWritesNothing(t *testing.T) {
	const head = "Date;Ref;Montant\n06/10/2026;frais;-1,50\n"
	s := trial.Folder(t, dryConfig, map[string]string{"bank_lines-1.csv": head})
	ctx := context.Background()
	if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "releve.csv")
	if err := os.WriteFile(path, []byte(head+"07/10/2026;x;1.5\n08/10/2026;n;7\n08/10/2026;Solde du jour;5,50\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := treeOf(t, s.Config.Dir)
	files, err := ingest.DryRun(ctx, ingest.Options{Setting: s, Files: []string{path, filepath.Join(s.Config.Dir, "inbox", "bank_lines-1.csv")}})
	if err != nil || len(files) != 2 {
		t.Fatal(err, files)
	}
	if after := treeOf(t, s.Config.Dir); !maps.Equal(before, after) {
		for name, sum := range after {
			if before[name] != sum {
				t.Errorf("%s was changed or made", name)
			}
		}
	}
	slices.SortFunc(files, func(a, b ingest.DryFile) int { return strings.Compare(b.File, a.File) })
	f := files[0]
	if f.Result != ingest.FileWouldIngest || f.Format != "layout" || f.RowsRead != 4 || f.RowsAccepted != 1 || f.RowsRejected != 1 || f.RowsDuplicate != 1 || f.RowsLeftOut != 1 ||
		f.Sums["amount"] != "7" || f.SumsRead["amount"] != "5.5" || len(f.LayoutSHA256) != 64 {
		t.Errorf("%+v", f)
	}
	if len(f.Rejects) != 1 || f.Rejects[0].Line != 3 || f.Rejects[0].Code != "not_a_number" || len(f.Rows) != 2 || !slices.Contains(f.Rows[0], "2026-10-06T00:00:00Z") || !slices.Contains(f.Rows[0], "-1.5") {
		t.Errorf("%+v %q", f.Rejects, f.Rows)
	}
	if files[1].Result != ingest.FileKnown || files[1].Batch != "b000001" {
		t.Errorf("%+v", files[1])
	}
}

// A layout that rejects too much is what a dry run is for: it shows all of it.
func TestDryRunShowsWhatWouldFail(t *testing.T) {
	s := trial.Folder(t, strings.Replace(dryConfig, "max_reject_share: 1\n", "", 1), map[string]string{
		"bank_lines-1.csv": "Date;Ref;Montant\n06/10/2026;frais;-1,50\n07/10/2026;x;1.5\n10-08-2026;y;2,00\n"})
	files, err := ingest.DryRun(context.Background(), ingest.Options{Setting: s})
	if err == nil || !strings.Contains(err.Error(), "2 of 3 rows are rejected") || len(files) != 1 {
		t.Fatal(err, files)
	}
	f := files[0]
	if f.Result != ingest.FileWouldFail || f.Error == "" || f.Format != "layout" || f.RowsRead != 3 || f.RowsAccepted != 1 || f.RowsRejected != 2 || len(f.Rejects) != 2 ||
		len(f.Rows) != 1 || f.Sums["amount"] != "-1.5" || len(f.LayoutSHA256) != 64 {
		t.Errorf("%+v", f)
	}
}

// A file that an ingest wouldn't read to its end is read to it, and its good rows are shown.
func TestDryRunShowsGoodRowsBehindTooManyBadOnes(t *testing.T) {
	text := "Date;Ref;Montant\n" + strings.Repeat("06/10/2026;a;x\n", 100_001) + "07/10/2026;b;1,50\n"
	s := trial.Folder(t, strings.Replace(dryConfig, "max_reject_share: 1\n", "", 1), map[string]string{"bank_lines-1.csv": text})
	files, err := ingest.DryRun(context.Background(), ingest.Options{Setting: s})
	if err == nil || !strings.Contains(err.Error(), "100000 rows are rejected up to line 100001, and it was not read on") || len(files) != 1 {
		t.Fatal(err, files)
	}
	if f := files[0]; f.Result != ingest.FileWouldFail || f.RowsRead != 100_002 || f.RowsRejected != 100_001 || len(f.Rejects) != 1 || f.Rejects[0].Line != 2 || len(f.Rows) != 1 || f.Sums["amount"] != "1.5" {
		t.Errorf("%+v", f)
	}
	if _, err := ingest.Files(context.Background(), ingest.Options{Setting: s}); err == nil || !strings.Contains(err.Error(), "100000 rows are rejected up to line 100001") {
		t.Errorf("an ingest: %v", err)
	}
}

// Where there is no lake yet, none is made; a bad file is said to be one.
func TestDryRunWithoutALake(t *testing.T) {
	s := trial.Folder(t, dryConfig, map[string]string{"bank_lines-1.csv": "Date;Ref;Montant\n06/10/2026;frais;-1,50\n", "payouts-1.csv": "no\n1\n"})
	before := treeOf(t, s.Config.Dir)
	files, err := ingest.DryRun(context.Background(), ingest.Options{Setting: s})
	if err == nil || !strings.Contains(err.Error(), "payouts-1.csv:1: required columns") || len(files) != 2 {
		t.Fatal(err, files)
	}
	if after := treeOf(t, s.Config.Dir); !maps.Equal(before, after) {
		t.Errorf("%v, then %v", slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
	}
	for _, f := range files {
		if want := map[string]string{"bank_lines": ingest.FileWouldIngest, "payouts": ingest.FileWouldFail}[f.Feed]; f.Result != want {
			t.Errorf("%+v", f)
		}
	}
}
