package ingest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/books"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
)

// Of a layout that makes ids of content it is told which rows of a second file did not
// come in, and where those that they are taken for stand; equal rows of one file come in
// each.
func TestEqualRowsOfASecondFileAreNamed(t *testing.T) {
	const head = "Date;Ref;Montant\n"
	s := trial.Folder(t, dryConfig, map[string]string{"bank_lines-1.csv": head + "06/10/2026;frais;-1,50\n06/10/2026;frais;-1,50\n"})
	ctx := context.Background()
	if r, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil || r.Files[0].RowsAccepted != 2 {
		t.Fatal(err, r)
	}
	path := filepath.Join(s.Config.Dir, "inbox", "bank_lines-2.csv")
	if err := os.WriteFile(path, []byte(head+"07/10/2026;x;1,50\n06/10/2026;frais;-1,50\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := "1 of 2 rows say what rows that are here say, and did not come in: line 3 is line 2 of b000001 (bank_lines-1.csv); if they are others, have both in one file"
	files, err := ingest.DryRun(ctx, ingest.Options{Setting: s, Files: []string{path}})
	if err != nil || len(files) != 1 || !strings.Contains(strings.Join(files[0].Notes, "\n"), want) {
		t.Errorf("%v %+v", err, files)
	}
	var told []string
	s.Progress = func(e books.Event) { told = append(told, e.Note) }
	if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil || !strings.Contains(strings.Join(told, "\n"), want) {
		t.Errorf("%v %q", err, told)
	}
}

// A spreadsheet that can't be read is somebody's data: it is a file that failed, not one
// that was left alone.
func TestSpreadsheetsThatAreNotRead(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\n", map[string]string{"bank.xls": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more"})
	r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
	if want := "read bank.xls: an Excel file of the old format, or one with a password"; err == nil || !strings.Contains(err.Error(), want) || len(r.Files) != 1 || r.Files[0].Result != ingest.FileFailed {
		t.Errorf("%v %+v", err, r)
	}
}
