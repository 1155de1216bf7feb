package manual

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// order is the one in which people read the documents; what isn't named comes last.
var order = []string{"guide", "walk", "formats", "configuration", "controls", "pages", "people", "operations", "cluster", "auditors", "lake",
	"performance", "benchmark", "languages", "contributing", "mutations", "decisions"}

// Addresses says where pages are.
type Addresses struct {
	Page   func(name string) string // of a document: guide
	Source func(path string) string // of a file or folder that a document links to: sql/controls/ctl_gift_price.sql
}

// Manual is the documentation.
type Manual struct {
	Pages    []Page
	sections []section
	sources  map[string]string
}

// Page is a document.
type Page struct {
	Name     string // guide
	Title    string
	Content  template.HTML
	Contents []Heading // its chapters
}

// Heading is a heading of a document and the anchor that leads to it.
type Heading struct{ Anchor, Title string }

// Read lays out the documents of docs, which are the *.md files in its root. Files that they
// link to are taken from docs or, under ../sql, from models; a link to what is in neither is
// an error, and so is a document without a title.
func Read(docs, models fs.FS, at Addresses) (*Manual, error) {
	files, err := fs.Glob(docs, "*.md")
	if err != nil {
		return nil, fmt.Errorf("list the documents: %w", err)
	}
	m := &Manual{sources: map[string]string{}}
	for _, file := range files {
		source, err := fs.ReadFile(docs, file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		l := &layout{m: m, docs: docs, models: models, at: at, name: strings.TrimSuffix(file, ".md"), source: source}
		if err := l.add(); err != nil {
			return nil, fmt.Errorf("lay out %s: %w", file, err)
		}
	}
	place := func(p Page) int {
		if i := slices.Index(order, p.Name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortFunc(m.Pages, func(a, b Page) int { return cmp.Or(place(a)-place(b), strings.Compare(a.Name, b.Name)) })
	return m, nil
}

// Page gives a document by its name; nil: there is none.
func (m *Manual) Page(name string) *Page {
	for i := range m.Pages {
		if m.Pages[i].Name == name {
			return &m.Pages[i]
		}
	}
	return nil
}

// Source gives the text of a file that a document links to, by its path in the house, and
// whether one does.
func (m *Manual) Source(path string) (text string, linked bool) {
	text, linked = m.sources[path]
	return text, linked
}

// Sources are the paths of these files, sorted.
func (m *Manual) Sources() []string {
	list := make([]string, 0, len(m.sources))
	for p := range m.sources {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}

// layout is one document on its way.
type layout struct {
	m            *Manual
	docs, models fs.FS
	at           Addresses
	name         string
	source       []byte
	err          error
}

// add lays the document out.
func (l *layout) add() error {
	md := goldmark.New(
		goldmark.WithExtensions(extension.Table),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(l, 100))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(&wide{NodeRenderer: extension.NewTableHTMLRenderer(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))}, 100))),
	)
	root := md.Parser().Parse(text.NewReader(l.source))
	if l.err != nil {
		return l.err
	}
	var b bytes.Buffer
	if err := md.Renderer().Render(&b, l.source, root); err != nil {
		return err
	}
	p := Page{Name: l.name, Content: template.HTML(b.String())} // #nosec G203 -- the renderer escapes what isn't Markdown
	sections := l.sections(root)
	p.Title = sections[0].Title
	if p.Title == "" {
		return fmt.Errorf("it has no title")
	}
	for _, s := range sections {
		if s.level == 2 {
			p.Contents = append(p.Contents, Heading{s.Anchor, s.Title})
		}
		s.Page = p.Name
		s.PageTitle = p.Title
		l.m.sections = append(l.m.sections, s)
	}
	l.m.Pages = append(l.m.Pages, p)
	return nil
}

// Transform gives each heading its anchor and turns each link to where its target is.
func (l *layout) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	seen := map[string]int{}
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			id := Anchor(plain(n, l.source))
			if again := seen[id]; again > 0 {
				n.SetAttributeString("id", []byte(fmt.Sprintf("%s-%d", id, again)))
			} else {
				n.SetAttributeString("id", []byte(id))
			}
			seen[id]++
		case *ast.Link:
			to, err := l.target(string(n.Destination))
			if err != nil {
				return ast.WalkStop, err
			}
			n.Destination = []byte(to)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		l.err = err
	}
}

// target gives where a link of the document leads.
func (l *layout) target(link string) (string, error) {
	file, anchor, _ := strings.Cut(link, "#")
	if anchor != "" {
		anchor = "#" + anchor
	}
	switch {
	case strings.HasPrefix(file, "https://"):
		return link, nil
	case strings.Contains(file, ":"):
		return "", fmt.Errorf("the link %s is none of this house, and not https", link)
	case file == "":
		return anchor, nil
	}
	at := path.Join("docs", file)
	if name, below := strings.CutPrefix(at, "docs/"); below && !strings.Contains(name, "/") && strings.HasSuffix(name, ".md") {
		if _, err := fs.Stat(l.docs, name); err != nil {
			return "", fmt.Errorf("the link %s: %w", link, err)
		}
		return l.at.Page(strings.TrimSuffix(name, ".md")) + anchor, nil
	}
	list, err := l.shown(at)
	if err != nil {
		return "", fmt.Errorf("the link %s: %w", link, err)
	}
	l.m.sources[at] = list
	return l.at.Source(at), nil
}

// shown gives what is shown of a file or folder of the house.
func (l *layout) shown(at string) (string, error) {
	folder, name, _ := strings.Cut(at, "/")
	from, known := map[string]fs.FS{"docs": l.docs, "sql": l.models}[folder]
	if !known {
		return "", fmt.Errorf("%w: neither of the documents nor of the models", fs.ErrNotExist)
	}
	info, err := fs.Stat(from, name)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		b, err := fs.ReadFile(from, name)
		return string(b), err
	}
	var all strings.Builder
	err = fs.WalkDir(from, name, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(from, p)
		fmt.Fprintf(&all, "# %s\n\n%s\n", p, b)
		return err
	})
	return all.String(), err
}

// wide lets a table that is wider than the page be moved by itself, by keyboard too.
type wide struct {
	renderer.NodeRenderer
	tables int // so far: each has a name of its own
}

// RegisterFuncs puts a region around each table.
func (w *wide) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	w.NodeRenderer.RegisterFuncs(around{reg, w})
}

type around struct {
	renderer.NodeRendererFuncRegisterer
	of *wide
}

func (a around) Register(kind ast.NodeKind, render renderer.NodeRendererFunc) {
	if kind != extast.KindTable {
		a.NodeRendererFuncRegisterer.Register(kind, render)
		return
	}
	a.NodeRendererFuncRegisterer.Register(kind, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			a.of.tables++
			_, _ = fmt.Fprintf(w, `<div class="scroll" tabindex="0" role="region" aria-label="Table %d">`, a.of.tables)
		}
		status, err := render(w, source, n, entering)
		if !entering {
			_, _ = w.WriteString("</div>\n")
		}
		return status, err
	})
}
