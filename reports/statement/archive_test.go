package statement_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"carat/reports/locale"
	"carat/reports/statement"
)

// verapdf checks PDF files by all rules of PDF/A-3 with conformance A and of PDF/UA-1.
// Without it the test is skipped by name, or fails where CI is true.
func verapdf(t *testing.T, files ...string) {
	t.Helper()
	java := program(t, "java")
	classes := os.Getenv("CARAT_VERAPDF")
	if classes == "" && os.Getenv("CI") == "true" {
		t.Fatal("CARAT_VERAPDF is not set, and CI is true")
	}
	if classes == "unreachable" {
		t.Skip("veraPDF can't be fetched from Maven Central by .ci/run")
	}
	if classes == "" {
		t.Skip("needs veraPDF: CARAT_VERAPDF names its folder, which .ci/run makes")
	}
	cmd := exec.Command(java, append([]string{"-XX:TieredStopAtLevel=1", "-cp", classes + string(os.PathListSeparator) + classes + "/*", "Check", "3a,ua1"}, files...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("veraPDF: %v\n%s", err, out)
	}
	if n := strings.Count(string(out), " passed\n"); n != 2*len(files) {
		t.Errorf("veraPDF passed %d checks, want %d\n%s", n, 2*len(files), out)
	}
}

// hardNames are creators' names in scripts that are set by their font's rules, without
// a font, and of characters that mean nothing to others.
var hardNames = []string{
	"สมชาย ใจดีน้ำ", "प्रिया श्रीवास्तव", "မောင်မောင် ကျော်", "ಶ್ರೀನಿವಾಸ", "پرویز سلام", "שָׁלוֹם", "김철수 李小龍 カタ", "ខ្មែរ বাংলা தமிழ்", "🦄 x\u0301\uE000\uFFFE", "<&>\x01\"",
}

// What is printed is for everybody and for long: each statement holds the rules of
// tagged and of archived PDF.
func TestStatementPDFIsTaggedAndArchivable(t *testing.T) {
	dir := t.TempDir()
	var files []string
	var r renderer
	write := func(name string, b []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(name, err)
		}
		path := filepath.Join(dir, name+".pdf")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	for _, f := range fixtures {
		b, err := r.PDF(f.make(t))
		write(f.name, b, err)
	}
	for i, name := range hardNames {
		s := rich(t)
		s.DisplayName, s.Payer.Name = name, name
		b, err := r.PDF(s)
		write(fmt.Sprint("name", i), b, err)
	}
	for _, l := range locale.Languages()[1:] {
		s := rich(t)
		s.Language = l.Tag
		b, err := r.PDF(s)
		write(l.Tag, b, err)
	}
	for n := range 5 { // tables over several pages, provisional ones
		b, err := r.PDF(generated(t, n))
		write(fmt.Sprint("generated", n), b, err)
	}
	verapdf(t, files...)
}

// The rows that a paper was made from come out of it as they went in.
func TestStatementPDFHoldsItsRows(t *testing.T) {
	detach := program(t, "pdfdetach")
	var r renderer
	s := rich(t)
	b, err := r.PDF(s)
	if err != nil {
		t.Fatal(err)
	}
	want, err := r.CSV(s)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "statement.pdf")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(detach, "-saveall", "-o", dir, path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := &s.Summary
	got, err := os.ReadFile(filepath.Join(dir, statement.FileName(m.CreatorID, m.Entity, m.Currency, "csv")))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v: the attached rows are %d bytes, the CSV %d", err, len(got), len(want))
	}
}

// Who listens hears the same words in the same order, a table as rows under a head,
// and no page's foot.
func TestStatementPDFStructure(t *testing.T) {
	pdfinfo := program(t, "pdfinfo")
	var r renderer
	d := newDraft(t, "USD")
	rates := rates{at(t, "2026-09-30T22:00:00Z"), nil, rate(t, "0.5"), rate(t, "0.01")}
	d.opening(0, "0")
	for i := range 60 { // over two pages
		d.gift(rates, fmt.Sprintf("Gift%02d", i), 1, 200, 100, "1")
	}
	b, err := r.PDF(d.close("120", "60", "0", "0"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(pdfinfo, "-struct-text", "-")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	text := string(out)
	for _, want := range []string{"Document\n", "H1 (block)\n", "Table (block)\n", "\"Gift59\"", "TH:\n", "TD\n", "\"Gifts\""} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the structure:\n%.3000s", want, text)
		}
	}
	for _, not := range []string{statement.CarriedForward, statement.BroughtForward, "Page 1"} {
		if strings.Contains(text, not) {
			t.Errorf("%q is read out", not)
		}
	}
}
