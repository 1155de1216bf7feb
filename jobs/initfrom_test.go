package jobs_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs"
	"carat/jobs/config"
)

// Files of a series are of one kind if one layout reads them: their names alone don't tell.
// What is written is what `carat check` takes, but for what it asks.
func TestInitFromLooksAtEachFile(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		as    map[string]string
		want  []string
	}{
		"three banks under one name": {
			map[string]string{"export-1.csv": "Date,Ref,Amount\n2026-10-05,a,1.50\n", "export-2.csv": "Datum;Text;Betrag\n05.10.2026;a;1,50\n25.10.2026;b;-1,50\n",
				"export-3.csv": "Date,Ref,Amount\n05/10/2026,a,1.50\n25/10/2026,b,1.50\n", "export-4.csv": "Date,Ref,Amount\n2026-11-05,a,2.50\n"},
			map[string]string{"export-1.csv": "bank_lines by a layout", "export-2.csv": "bank_lines by a layout", "export-3.csv": "bank_lines by a layout", "export-4.csv": "like export-1.csv"},
			[]string{`files: ["export-1.csv", "export-4.csv"] # ?`, `files: ["export-2.csv"] # ?`, `files: ["export-3.csv"] # ?`, "name: export\n", "name: export-2\n", "name: export-3\n", "time_format: DD/MM/YYYY", "decimal_comma: true"},
		},
		"a name with digits and without": {
			map[string]string{"japan.csv": "Date,Ref,Amount\n2026-10-05,a,1.50\n", "japan8.csv": "Date,Ref,Amount\n2026-10-05,a,1.50\n"},
			map[string]string{"japan.csv": "bank_lines by a layout", "japan8.csv": "bank_lines by a layout"},
			[]string{`files: ["japan.csv"]`, `files: ["japan8.csv"] # ?`, "name: japan\n", "name: japan-2\n"},
		},
		"a later month settles which is the day": {
			map[string]string{"bank-1.csv": "Date,Ref,Amount\n05/10/2026,a,1.50\n", "bank-2.csv": "Date,Ref,Amount\n10/25/2026,a,1.50\n"},
			map[string]string{"bank-1.csv": "bank_lines by a layout", "bank-2.csv": "like bank-1.csv"},
			[]string{`files: ["bank-*.csv"]`, "time_format: MM/DD/YYYY"},
		},
		"a word of a later month": {
			map[string]string{"sales-1.csv": "order,user,product,coins,total,currency,kind,channel,created\no1,u1,p,100,9.99,EUR,buy,web,2026-10-05\n", "sales-2.csv": "order,user,product,coins,total,currency,kind,channel,created\no2,u1,p,100,9.99,EUR,gift card,web,2026-11-05\n"},
			map[string]string{"sales-2.csv": "like sales-1.csv"},
			[]string{`kind: {buy: "", gift card: ""}`},
		},
		"another encoding": {
			map[string]string{"b-1.csv": "Date,Ref,Amount\n2026-10-05,Geb\xfchr,1.50\n", "b-2.csv": "Date,Ref,Amount\n2026-10-05,Gebühr,1.50\n"},
			map[string]string{"b-2.csv": "bank_lines by a layout"},
			[]string{"encoding: windows-1252"},
		},
	} {
		from, dir := t.TempDir(), filepath.Join(t.TempDir(), "books")
		for file, text := range c.files {
			if err := os.WriteFile(filepath.Join(from, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := jobs.InitFrom(context.Background(), dir, from)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, f := range r.Files {
			if want := c.as[f.File]; want != "" && f.As != want {
				t.Errorf("%s: %s is %s, not %s", name, f.File, f.As, want)
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, config.File))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no %s in\n%s", name, want, text)
			}
		}
		checked, err := config.Check(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range checked.Problems {
			if strings.Contains(p.Text, "two layouts") || strings.Contains(p.Text, "pattern") {
				t.Errorf("%s: %s", name, p.Text)
			}
		}
	}
}
