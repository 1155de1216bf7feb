package pages_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/internal/trial"
)

// The page of files says which of the inbox nearly fit and weren't taken, before and after
// others were, as text; those of plainly other kinds it doesn't tell of.
func TestThePageOfFilesTellsOfThoseThatNearlyFit(t *testing.T) {
	const yaml = "first_period: 2026-10\nfeeds:\n  bank_lines:\n    layout: {files: [\"releve-*.csv\"], time_format: DD/MM/YYYY, columns: {booked_at: Date, amount: Montant, reference: Libelle}, constants: {account: a, currency: EUR}, id: content}\n"
	const good = "Date,Libelle,Montant\n06/10/2026,frais,-1.50\n"
	s := trial.Folder(t, yaml, map[string]string{"<b>RELEVE<.csv": good, "notes.txt": "call the bank\n"})
	ann := opened(t, s, "ann")
	const said = "Not taken, though nearly fitting: what these files of the inbox hold is missing."
	for _, state := range []string{"nothing taken", "one taken"} {
		status, text := ann.page("/files")
		if status != http.StatusOK || !strings.Contains(text, said) || !strings.Contains(text, "&lt;b&gt;RELEVE&lt;.csv") || !strings.Contains(text, "which is for files called releve-*.csv") {
			t.Errorf("%s: %d\n%s", state, status, text)
		}
		if strings.Contains(text, "<b>RELEVE") || strings.Contains(text, "notes.txt") {
			t.Errorf("%s:\n%s", state, text)
		}
		if state == "nothing taken" {
			path := filepath.Join(s.Config.Dir, "inbox", "<b>RELEVE<.csv")
			if err := os.Rename(path, filepath.Join(s.Config.Dir, "inbox", "releve-1.csv")); err != nil {
				t.Fatal(err)
			}
			trial.Ingest(t, s)
			if _, text := ann.page("/files"); strings.Contains(text, said) {
				t.Errorf("none nearly fits:\n%s", text)
			}
			if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
