package feed_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// A file that nearly fits a layout is told which, and what is missing; one that has little in
// common with any is told nothing of them.
func TestNearestLayout(t *testing.T) {
	north := bankLayout(func(l *feed.Layout) { l.Name = "north" })
	named := bankLayout(func(l *feed.Layout) { l.Name, l.Files = "named", []string{"north*.csv"} })
	for _, c := range []struct {
		name, text, want string
		layout           feed.Layout
	}{
		{"x.csv", "Date;Ref;Amount (EUR)\n05/10/2026;a;1\n", `column "Amount", which feeds: bank_lines: layout north says is amount, is not there; found Date, Ref, Amount (EUR); did you mean "Amount (EUR)"?`, north},
		{"x.csv", "Some bank\n\nDate,Ref,Amount\n05/10/2026,a,1\n", `its columns are those of feeds: bank_lines: layout north, with ',' between them where that says ';'`, north},
		{"North-1.csv", "Date;Ref;Amount\n05/10/2026;a;1\n", `its columns are those of feeds: bank_lines: layout named, which is for files called north*.csv (capitals count)`, named},
		{"x.csv", "Name;Phone;Amount\na;b;1\n", "", north},
		{"x.csv", "", "", north},
		{"x.json", `{"Date":"05/10/2026","Ref":"a","Value":"1"}` + "\n", `column "Amount", which feeds: bank_lines: layout north says is amount, is not there`, north},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got := feed.NearestLayout(f, c.name, map[string][]feed.Layout{"bank_lines": {c.layout}})
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %q: %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

// So is a workbook, by its sheet's columns, and one whose heading has two lines in a cell.
func TestNearestLayoutOfAWorkbook(t *testing.T) {
	named := bankLayout(func(l *feed.Layout) { l.Name, l.Files = "named", []string{"north*.xlsx"} })
	lines := bankLayout(func(l *feed.Layout) { l.Name, l.Columns["reference"] = "lines", "Refe-\nrence" })
	for _, c := range []struct {
		name, ref, amount, want string
		layout                  feed.Layout
	}{
		{"North.xlsx", "Ref", "Amount", "its columns are those of feeds: bank_lines: layout named, which is for files called north*.xlsx (capitals count)", named},
		{"x.xlsx", "Ref", "Amount (EUR)", `column "Amount", which feeds: bank_lines: layout north says is amount, is not there`, bankLayout(func(l *feed.Layout) { l.Name = "north" })},
		{"x.xlsx", "Phone", "Colour", "", bankLayout(func(l *feed.Layout) { l.Name = "north" })},
		{"x.xlsx", "Refe-\nrence", "Betrag", `column "Amount", which feeds: bank_lines: layout lines says is amount, is not there`, lines},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, feedtest.WorkbookOf(t, nil, []any{"Date", c.ref, c.amount}, []any{"05/10/2026", "a", 1}), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got := feed.NearestLayout(f, c.name, map[string][]feed.Layout{"bank_lines": {c.layout}})
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %q: %q, want %q", c.name, c.amount, got, c.want)
		}
	}
	// A heading of two lines in a cell is read, and written in a first layout.
	book := feedtest.WorkbookOf(t, nil, []any{"Date", "Refe-\nrence", "Amount"}, []any{"05/10/2026", "a", 1.5}, []any{"06/10/2026", "b", -2})
	out := feedtest.Read[pipeline.BankLine](t, "bank_lines.xlsx", book, func(o *feed.Options) { o.Layouts = []feed.Layout{lines} })
	if out.Err != nil || len(out.Rows) != 2 || out.Rows[0].Reference != "a" || out.Rows[1].Amount != -2_000_000 {
		t.Errorf("%v %+v", out.Err, out.Rows)
	}
}

// A file in UTF-8 isn't read by an encoding of one byte a letter; one that is in it is.
func TestUTF8UnderAnotherEncoding(t *testing.T) {
	western := bankLayout(func(l *feed.Layout) { l.Name, l.Encoding = "western", "windows-1252" })
	for text, want := range map[string]string{
		"Date;Ref;Amount\n05/10/2026;M\u00fcller;1\n": "its letters are in UTF-8, and layout western says encoding: windows-1252, by which each would be two or three others",
		"Date;Ref;Amount\n05/10/2026;M\xfcller;1\n":   "",
		"Date;Ref;Amount\n05/10/2026;Muller;1\n":      "",
	} {
		out, got := bankTexts(t, "bank_lines.csv", text, western)
		if want == "" && (out.Err != nil || len(got) != 1) || want != "" && (out.Err == nil || !strings.Contains(out.Err.Error(), want)) {
			t.Errorf("%q: %v %q, want %q", text, out.Err, got, want)
		}
	}
}
