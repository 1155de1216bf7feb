package manual

import (
	"html"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"carat/docs"
	"carat/sql"
)

var addresses = Addresses{
	Page:   func(name string) string { return "/docs/" + name },
	Source: func(path string) string { return "/docs/file/" + path },
}

// The documents as they are: each is laid out, in the order in which people read, and what
// they link to is there.
func TestDocumentsAreLaidOut(t *testing.T) {
	m, err := Read(docs.Files, sql.Files, addresses)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Pages) < 16 || m.Pages[0].Name != "guide" {
		t.Fatalf("%d pages, the first is %s", len(m.Pages), m.Pages[0].Name)
	}
	for _, p := range m.Pages {
		if strings.Contains(string(p.Content), "raw HTML omitted") {
			t.Errorf("%s has HTML, which is left out", p.Name)
		}
		if strings.Contains(string(p.Content), "style=") {
			t.Errorf("%s has a style written into it, which the pages' policy refuses", p.Name)
		}
	}
	if text, linked := m.Source("sql/controls/ctl_gift_price.sql"); !linked || !strings.Contains(text, "control: gift_price") {
		t.Error("docs/controls.md links to the text of gift_price, and it isn't kept")
	}
	if _, linked := m.Source("sql/embed.go"); linked {
		t.Error("a file that nothing links to is shown")
	}
}

func read(t *testing.T, text string) *Manual {
	t.Helper()
	m, err := Read(fstest.MapFS{"a.md": {Data: []byte(text)}, "b.md": {Data: []byte("# Other\n\nwords of it\n")}, "deploy/x.yaml": {Data: []byte("kind: <b>\n")}},
		fstest.MapFS{"ctl.sql": {Data: []byte("select 1")}}, addresses)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What is no Markdown stays text, links lead where their targets are, and a table can be
// moved by itself.
func TestLayout(t *testing.T) {
	m := read(t, "# One `a`\n\n<script>alert(1)</script> & <b>x</b> [x](javascript:x)\n\n## Two words!\n\n[o](b.md#other) [y](deploy/x.yaml) [s](../sql/ctl.sql) [h](#two-words)\n\n## Two words\n\n| a | b |\n|---|--:|\n| <i> | 2 |\n")
	if m == nil {
		return
	}
	page := string(m.Page("a").Content)
	for _, want := range []string{`id="two-words"`, `id="two-words-1"`, `href="/docs/b#other"`, `href="/docs/file/docs/deploy/x.yaml"`, `href="/docs/file/sql/ctl.sql"`, `href="#two-words"`,
		`<div class="scroll" tabindex="0" role="region" aria-label="Table 1"><table>`, `<td align="right">2</td>`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s isn't in %s", want, page)
		}
	}
	for _, never := range []string{"<script", "<b>", "<i>"} {
		if strings.Contains(page, never) {
			t.Errorf("%s is in %s", never, page)
		}
	}
	if text, _ := m.Source("docs/deploy/x.yaml"); text != "kind: <b>\n" {
		t.Errorf("the file is %q", text)
	}
}

// A link to what isn't there, out of the house, or to another scheme is an error: a document
// is refused where it is made, not when somebody follows it.
func TestBadLinks(t *testing.T) {
	for _, link := range []string{"javascript:alert(1)", "http://plain.example", "c.md", "../go.mod", "../../etc/passwd", "../sql/none.sql", "data:text/html,x"} {
		_, err := Read(fstest.MapFS{"a.md": {Data: []byte("# A\n\n[x](" + link + ")\n")}}, fstest.MapFS{}, addresses)
		if err == nil || !strings.Contains(err.Error(), link) {
			t.Errorf("%s: %v", link, err)
		}
	}
	if _, err := Read(fstest.MapFS{"a.md": {Data: []byte("no title\n")}}, fstest.MapFS{}, addresses); err == nil {
		t.Error("a document without a title is taken")
	}
}

// A search wants every word, in titles first, and shows the words around what it found.
func TestSearch(t *testing.T) {
	m := read(t, "# One\n\nthe beginning\n\n## Ledger\n\nmoney in `carat run`\n\n## Rest\n\nthe ledger of Ünïts, "+strings.Repeat("ä", 300)+" end\n")
	names := func(query string) (list []string) {
		for _, f := range m.Search(query, 10) {
			list = append(list, f.Page+"#"+f.Anchor)
		}
		return list
	}
	for query, want := range map[string]string{
		"ledger": "a#ledger a#rest", "LEDGER money": "a#ledger", "carat run": "a#ledger", "beginning": "a#", "words": "b#", "ledger nowhere": "", "": "", "ünïts": "a#rest",
	} {
		if got := strings.Join(names(query), " "); got != want {
			t.Errorf("%q finds %q, not %q", query, got, want)
		}
	}
	f := m.Search("units", 10)
	if len(f) != 0 {
		t.Errorf("found %v", f)
	}
	if f := m.Search("ünïts", 10)[0]; f.Match != "Ünïts" || !strings.HasSuffix(f.After, "…") || f.Before != "the ledger of " {
		t.Errorf("found %+v", f)
	}
	if n := len(m.Search("e", 1)); n != 1 {
		t.Errorf("%d found, at most one was wanted", n)
	}
}

// As files: each link of a page leads to a file that is written, and to an anchor that is in it.
func TestStatic(t *testing.T) {
	m, err := Read(docs.Files, sql.Files, StaticAddresses())
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	if err := m.Static([]byte("p{}"), func(name string, content []byte) error {
		files[name] = string(content)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for name, text := range files {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		for _, link := range regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(link[1], "https://") {
				continue
			}
			target, anchor, _ := strings.Cut(html.UnescapeString(link[1]), "#")
			file := name
			if target != "" {
				file = path.Join(path.Dir(name), target)
			}
			content, there := files[file]
			if !there {
				t.Errorf("%s links to %s, which isn't written", name, file)
			}
			if anchor, err = url.PathUnescape(anchor); anchor != "" && (err != nil || !strings.Contains(content, `id="`+anchor+`"`)) {
				t.Errorf("%s links to %s#%s, and nothing there is called so", name, file, anchor)
			}
			checked++
		}
	}
	if checked < 300 {
		t.Errorf("%d links were checked: this test looks in the wrong place", checked)
	}
	if files["index.html"] != files["guide.html"] || !strings.HasPrefix(files["sections.js"], `const sections=[{"page":"guide"`) {
		t.Error("the guide doesn't come first")
	}
}
