package manual

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// section is a heading of a document with the words below it, up to the next heading.
type section struct {
	Page, PageTitle string
	Anchor, Title   string
	level           int
	text            string // its words, one blank apart
}

// Found is a section that a search found.
type Found struct {
	Page, PageTitle string
	Anchor, Title   string // "": the document's beginning
	// Before, Match and After are a piece of its words around the first that was searched.
	Before, Match, After string
}

// Anchor gives the name by which a heading is linked to: lower case, letters, digits, _ and -,
// a hyphen for each blank.
func Anchor(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '_', r == '-', unicode.IsLetter(r), unicode.IsNumber(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// sections parts the document by its headings; the first is its title and what stands
// before the second heading.
func (l *layout) sections(root ast.Node) []section {
	list := []section{{level: 1}}
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		switch {
		case ok && h.Level == 1 && list[0].Title == "":
			list[0].Title = plain(h, l.source)
		case ok:
			id, _ := h.AttributeString("id")
			name, _ := id.([]byte)
			list = append(list, section{Anchor: string(name), Title: plain(h, l.source), level: h.Level})
		default:
			last := &list[len(list)-1]
			last.text = strings.Join(strings.Fields(last.text+" "+plain(n, l.source)), " ")
		}
	}
	return list
}

// plain gives the words of a node.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // it returns no error
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			if entering {
				for i := range n.Lines().Len() {
					line := n.Lines().At(i)
					b.Write(line.Value(source))
				}
			}
		case *extast.TableCell, *ast.Paragraph, *ast.ListItem, *ast.TextBlock:
			if !entering {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

// around how many bytes of a section are shown before and behind what was found.
const pieceBytes = 110

// Search gives the sections in which every word of the query is, the best first: those whose
// title has it before those whose text has, then in the order of the documents. An empty query
// finds nothing.
func (m *Manual) Search(query string, most int) []Found {
	words := strings.Fields(strings.ToLower(query))
	if len(words) == 0 {
		return nil
	}
	type scored struct {
		Found
		score, place int
	}
	places := map[string]int{}
	for i, p := range m.Pages {
		places[p.Name] = i
	}
	var all []scored
	for i := range m.sections {
		s := &m.sections[i]
		title, body := strings.ToLower(s.Title), strings.ToLower(s.text)
		score := 0
		for _, w := range words {
			switch {
			case strings.Contains(title, w):
				score += 3
			case strings.Contains(body, w):
				score++
			default:
				score = -len(words) * 4
			}
		}
		if score <= 0 {
			continue
		}
		f := Found{Page: s.Page, PageTitle: s.PageTitle, Anchor: s.Anchor, Title: s.Title}
		f.Before, f.Match, f.After = piece(s.text, words)
		all = append(all, scored{f, score, places[s.Page]})
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Or(b.score-a.score, a.place-b.place) })
	var found []Found
	for _, one := range all[:min(most, len(all))] {
		found = append(found, one.Found)
	}
	return found
}

// piece cuts a piece out of a text around the first of the words that is in it.
func piece(text string, words []string) (before, match, after string) {
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // a letter whose small form has another length: places differ
		lower = text
	}
	from, until := 0, 0
	for _, w := range words {
		if i := strings.Index(lower, w); i >= 0 {
			from, until = i, i+len(w)
			break
		}
	}
	begin, end := max(from-pieceBytes, 0), min(until+pieceBytes, len(text))
	for begin > 0 && !utf8.RuneStart(text[begin]) {
		begin--
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	before, match, after = text[begin:from], text[from:until], text[until:end]
	if begin > 0 {
		before = "…" + before
	}
	if end < len(text) {
		after += "…"
	}
	return before, match, after
}
