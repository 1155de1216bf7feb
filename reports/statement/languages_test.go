package statement_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"carat/reports/locale"
	"carat/reports/statement"
	"carat/reports/statement/catalog"
)

// messages gives what words.go and the files whose names begin with it say, in their
// order, and what agencies' statements and letters say besides: every text with a letter in it, and the
// marks between parts of a sentence.
func messages(t testing.TB) (all []string) {
	t.Helper()
	files, err := filepath.Glob("words*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "../agency/words.go", "../letter/words.go")
	letter := regexp.MustCompile(`[A-Za-z]`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.CaseClause: // codes of rows
				for _, s := range n.Body {
					ast.Inspect(s, func(n ast.Node) bool { return collect(t, n, letter, &all) })
				}
				return false
			}
			return collect(t, n, letter, &all)
		})
	}
	return all
}

func collect(t testing.TB, n ast.Node, letter *regexp.Regexp, all *[]string) bool {
	t.Helper()
	if clause, ok := n.(*ast.CaseClause); ok {
		for _, s := range clause.Body {
			ast.Inspect(s, func(n ast.Node) bool { return collect(t, n, letter, all) })
		}
		return false
	}
	if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		if (letter.MatchString(text) || slices.Contains([]string{", ", ". ", "."}, text)) && !slices.Contains(*all, text) {
			*all = append(*all, text)
		}
	}
	return true
}

var placeholder = regexp.MustCompile(`\{[1-9]\}`)

// Every language has every message, with the same places in it, a form for each of its
// plural categories, and no markup; and none that nobody says.
func TestNoMessageIsMissing(t *testing.T) {
	all := messages(t)
	if len(all) < 250 {
		t.Fatalf("found %d messages", len(all))
	}
	for _, l := range locale.Languages()[1:] {
		c := catalog.For(l.Tag)
		if c.Language() != l {
			t.Fatalf("%s has no catalogue", l.Tag)
		}
		for _, english := range all {
			if !c.Has(english) {
				t.Errorf("%s.txt has nothing for %q", l.Tag, english)
				continue
			}
			text := c.Text(english)
			forms := strings.Split(text, "|")
			if strings.Contains(english, "|") && len(forms) != l.Forms() || !strings.Contains(english, "|") && len(forms) != 1 {
				t.Errorf("%s.txt: %q has %d forms, %s has %v", l.Tag, text, len(forms), l.English, l.FormNames())
			}
			want := placeholder.FindAllString(strings.Split(english, "|")[0], -1)
			slices.Sort(want)
			for _, form := range forms {
				got := placeholder.FindAllString(form, -1)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%s.txt: %q has the places %v, English %v", l.Tag, form, got, want)
				}
			}
			if strings.ContainsAny(text, `<>&"`) || strings.TrimSpace(text) == "" {
				t.Errorf("%s.txt: %q is empty or holds markup", l.Tag, text)
			}
		}
		for _, english := range c.Messages() {
			if !slices.Contains(all, english) {
				t.Errorf("%s.txt: nobody says %q", l.Tag, english)
			}
		}
	}
}

// A phrase about a number has the form of its language.
func TestPluralForms(t *testing.T) {
	const coins = "{1}\u00a0coin|{1}\u00a0coins"
	for _, c := range []struct {
		tag  string
		v    int64
		want string
	}{
		{"en", 1, "{1} coin"}, {"en", -1, "{1} coin"}, {"en", 0, "{1} coins"}, {"fr", 0, "{1} pièce"}, {"fr", 2, "{1} pièces"}, {"de", 1, "{1} Münze"},
		{"ar", 0, "{1} عملة"}, {"ar", 2, "عملتان ({1})"}, {"ar", 5, "{1} عملات"}, {"ar", 11, "{1} عملة"}, {"ar", 100, "{1} عملة"}, {"ar", 103, "{1} عملات"},
		{"fr", 10_000_000, "{1} pièces"}, {"pt", 10_000_000, "{1} moedas"}, {"de", 10_000_001, "{1} Münzen"}, {"ar", 20_000_002, "{1} عملة"}, {"ja", 1, "{1} コイン"}, {"vi", 7, "{1} xu"}, {"pt-BR", 2, "{1} moedas"}, {"xx", 2, "{1} coins"},
	} {
		if got := strings.ReplaceAll(catalog.For(c.tag).Form(coins, c.v), "\u00a0", " "); got != c.want {
			t.Errorf("%s, %d: %q, want %q", c.tag, c.v, got, c.want)
		}
	}
}

// box is a word on paper, in points from the upper left corner.
type box struct {
	XMin float64 `xml:"xMin,attr"`
	YMin float64 `xml:"yMin,attr"`
	XMax float64 `xml:"xMax,attr"`
	YMax float64 `xml:"yMax,attr"`
	Text string  `xml:",chardata"`
}

// boxes gives the words of a PDF by page.
func boxes(t *testing.T, pdf []byte) (pages [][]box) {
	t.Helper()
	cmd := exec.Command(program(t, "pdftotext"), "-bbox", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Pages []struct {
			Words []box `xml:"word"`
		} `xml:"body>doc>page"`
	}
	d := xml.NewDecoder(bytes.NewReader(out))
	d.Strict, d.Entity = false, xml.HTMLEntity
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	for _, p := range doc.Pages {
		pages = append(pages, p.Words)
	}
	return pages
}

// In no language does a word lie on another, leave the page's margins, or end in an
// ellipsis.
func TestNoSentenceOverflows(t *testing.T) {
	for _, l := range locale.Languages() {
		for _, f := range fixtures {
			s := f.make(t)
			s.Language, s.Summary.Provisional = l.Tag, false // without the watermark, which lies below all
			var r renderer
			b, err := r.PDF(s)
			if err != nil {
				t.Fatal(err)
			}
			width := 596.0 // points, of A4
			if f.name == "empty" {
				width = 612 // of US Letter
			}
			nothingOverflows(t, l.Tag+", "+f.name, b, width)
		}
	}
}

// nothingOverflows looks at all words of a document on paper of a width.
func nothingOverflows(t *testing.T, name string, pdf []byte, width float64) {
	t.Helper()
	const margin = 47.9 // points
	for n, words := range boxes(t, pdf) {
		for i, w := range words {
			if strings.Contains(w.Text, "…") || w.XMin < margin-1 || w.XMax > width-margin+6 {
				t.Errorf("%s, page %d: %q is cut or lies outside (%.1f to %.1f)", name, n+1, w.Text, w.XMin, w.XMax)
			}
			for _, v := range words[i+1:] {
				across, down := min(w.XMax, v.XMax)-max(w.XMin, v.XMin), min(w.YMax, v.YMax)-max(w.YMin, v.YMin)
				if across > 1 && down > 4 {
					t.Errorf("%s, page %d: %q lies on %q", name, n+1, v.Text, w.Text)
				}
			}
		}
	}
}

// A statement in another language has no English word left of what is said, on paper
// nor on its page; its files for programs are the same bytes.
func TestWordsAreOfTheLanguage(t *testing.T) {
	english := []string{"Your balance", "Earned", "diamonds", "October", "Gifts you received", "Rates in force"}
	for _, l := range locale.Languages()[1:] {
		s := rich(t)
		s.Language = l.Tag
		var r renderer
		page := rendered(t, s, (*renderer).HTML)
		b, err := r.PDF(s)
		if err != nil {
			t.Fatal(err)
		}
		paper, err := pdfText(program(t, "pdftotext"), b)
		if err != nil {
			t.Fatal(err)
		}
		_, shown, _ := strings.Cut(page, "<main>")
		for _, word := range english {
			if strings.Contains(shown, word) || strings.Contains(paper, word) {
				t.Errorf("%s says %q", l.Tag, word)
			}
		}
		if !strings.Contains(page, "<html lang=\""+l.Tag+"\"") || l.RightToLeft != strings.Contains(page, "dir=\"rtl\"") {
			t.Errorf("%s: the page does not say its language", l.Tag)
		}
		if l.RightToLeft && !strings.ContainsFunc(paper, func(r rune) bool { return unicode.Is(unicode.Arabic, r) }) {
			t.Errorf("%s: no Arabic on paper", l.Tag)
		}
		plain := rich(t)
		if rendered(t, s, (*renderer).CSV) != rendered(t, plain, (*renderer).CSV) || rendered(t, s, (*renderer).JSON) != rendered(t, plain, (*renderer).JSON) {
			t.Errorf("%s: the files for programs differ", l.Tag)
		}
	}
}

// A statement's bytes do not depend on the ones before it, in any language.
func TestLanguagesAreDeterministic(t *testing.T) {
	var used renderer
	for range 2 {
		for _, l := range locale.Languages() {
			for _, f := range fixtures {
				s := f.make(t)
				s.Language = l.Tag
				var fresh renderer
				want, err := fresh.PDF(s)
				if err != nil {
					t.Fatal(err)
				}
				got, err := used.PDF(s)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%s, %s: its bytes depend on what was rendered before (%v)", l.Tag, f.name, err)
				}
			}
		}
	}
}

// What says the same in another language is another statement, to be made again; what
// is silent about its language is English.
func TestDigestKnowsTheLanguage(t *testing.T) {
	digests := map[string]string{}
	var r renderer
	for _, tag := range append([]string{""}, locale.Tags()...) {
		s := rich(t)
		s.Language = tag
		digest, err := r.files.Digest(s)
		if err != nil {
			t.Fatal(err)
		}
		if before, twice := digests[digest]; twice && before+tag != "en" {
			t.Errorf("%q and %q have one digest", before, tag)
		}
		digests[digest] = tag
	}
	if len(digests) != len(locale.Tags()) {
		t.Errorf("%d digests of %d languages", len(digests), len(locale.Tags()))
	}
}

// The page for reviewers is what the catalogues hold.
func TestLanguagesPage(t *testing.T) {
	const page = "../../docs/languages.md"
	var b strings.Builder
	b.WriteString(`# Languages of statements

What statements of creators and agencies say, on paper and on the page, and letters to creators and agencies, in each language: for who reviews a translation. English is in the code
(` + "`reports/statement/words*.go`, `reports/agency/words.go`, `reports/letter/words.go`" + `), the others in ` + "`reports/statement/catalog/TAG.txt`" + `, where a mistake is mended; ` + "`go test ./reports/statement -run TestLanguagesPage -update`" + ` writes
this page, and a test holds it equal. ` + "`{1}`, `{2}`" + ` stand for numbers, names, dates or days; a message about a number has a form for each plural category of its language
(Unicode CLDR, but for that of round millions in Spanish, Portuguese and French), with ‖ between them. Numbers and dates are written as the language does, with Latin digits everywhere. **The translations were made by
engineers and were not yet reviewed by native speakers.** What carat.yaml words, and everything else, is as it is written there, or in English.

Who reads which language stands in carat.yaml (` + "`statements.languages`" + `), by the country of the creator or the agency.

| language | tag | plural forms | a date | a number |
|---|---|---|---|---|
`)
	month := *at(t, "2026-10-05T12:03:00Z")
	for _, l := range locale.Languages() {
		s := rich(t)
		s.Language, s.Zone = l.Tag, nil
		f := words(s)
		fmt.Fprintf(&b, "| %s (%s) | %s | %s | %s | %s |\n", l.Name, l.English, l.Tag, strings.Join(l.FormNames(), ", "), f.AppendMoment(nil, month), f.Money(-1_234_567_890_000))
	}
	for _, l := range locale.Languages()[1:] {
		fmt.Fprintf(&b, "\n## %s (%s)\n\n| English | %s |\n|---|---|\n", l.English, l.Name, l.Name)
		cell := strings.NewReplacer("|", " ‖ ", "\n", " ⏎ ", "\u00a0", " ", "\u202f", " ", "*", "\\*").Replace
		for _, english := range messages(t) {
			fmt.Fprintf(&b, "| %s | %s |\n", cell(english), cell(catalog.For(l.Tag).Text(english)))
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != b.String() {
		t.Errorf("docs/languages.md is not what the catalogues hold: go test ./reports/statement -run TestLanguagesPage -update writes it (%v)", err)
	}
}

// words are those of a statement.
func words(s *statement.Statement) *statement.Words {
	var w statement.Words
	w.About(s)
	return &w
}

// The year stands once in a period, where the language has it, and a French month begins
// with its 1er.
func TestPeriodInLanguages(t *testing.T) {
	for tag, want := range map[string]string{"en": "1 October to 31 October 2026", "fr": "1er octobre – 31 octobre 2026", "ja": "2026年10月1日", "zh": "2026年10月1日", "de": "1. Oktober"} {
		s := rich(t)
		s.Language, s.Zone = tag, nil
		if got := words(s).Period().String(); !strings.HasPrefix(got, want) || strings.Count(got, "2026") != 1 {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}
