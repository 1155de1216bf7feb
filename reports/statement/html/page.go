package html

import (
	"bytes"
	"strings"

	"carat/pipeline"
	"carat/reports/escape"
	"carat/reports/pages"
	"carat/reports/statement"
)

// page is a statement's page under way: the words are those of the statement, and
// what is made here is where they stand.
type page struct {
	pages.Frame
	w statement.Words
	s *statement.Statement
	m *pipeline.StatementSummary
}

// say appends a text: escaped, what stands out marked, and blanks at which it must
// not break written so that they can be seen in the page's source.
func (p *page) say(t *statement.Text) {
	at := 0
	for _, m := range t.Marks {
		p.plain(t.Bytes[at:m.From])
		part := t.Bytes[m.From:m.To]
		at = m.To
		switch m.Style {
		case statement.Name:
			p.Raw("<bdi>")
			p.B = escape.AppendHTML(p.B, part)
			p.Raw("</bdi>")
		case statement.ID:
			p.id(part)
		case statement.Code:
			p.around("<code>", part, "</code>")
		case statement.Figure:
			p.around(`<span class="n">`, part, "</span>")
		case statement.Tag:
			p.around(`<span class="tag">`, part, "</span>")
		default:
			p.around("<b>", part, "</b>")
		}
	}
	p.plain(t.Bytes[at:])
}

// idWhole is the longest id that is kept on one line, in bytes: it fits a phone.
const idWhole = 44

// id appends an id: it is one word, unless it is longer than a line.
func (p *page) id(id []byte) {
	if len(id) <= idWhole {
		p.Raw(`<bdi class="id">`)
	} else {
		p.Raw("<bdi>")
	}
	p.B = escape.AppendHTML(p.B, id)
	p.Raw("</bdi>")
}

func (p *page) around(open pages.Markup, part []byte, end pages.Markup) {
	p.Raw(open)
	p.plain(part)
	p.Raw(end)
}

// plain appends words of the statement's own: the blank at which a line must not break
// and the mark that keeps a sign beside its number are written so that they can be seen.
func (p *page) plain(text []byte) {
	for {
		at := bytes.IndexAny(text, "\u00a0\u200e")
		if at < 0 {
			p.B = escape.AppendHTML(p.B, text)
			return
		}
		p.B = escape.AppendHTML(p.B, text[:at])
		if mark := []byte("\u200e"); bytes.HasPrefix(text[at:], mark) {
			p.Raw("&lrm;")
			text = text[at+len(mark):]
			continue
		}
		p.Raw("&nbsp;")
		text = text[at+len("\u00a0"):]
	}
}

// paragraph appends a text as a paragraph of a class.
func (p *page) paragraph(class pages.Markup, t *statement.Text) {
	p.Raw("<p", class, ">")
	p.say(t)
	p.Raw("</p>\n")
}

// t gives a text of words.go in the page's language. None of them holds markup: a test
// of package statement looks at all.
func (p *page) t(english string) pages.Markup { return pages.Markup(p.w.T(english)) }

// note appends a sentence that is the same on every statement as a note.
func (p *page) note(text pages.Markup) { p.Raw("<p class=\"note\">", text, "</p>\n") }

// section begins a section; its title is one of the statement's constants.
func (p *page) section(title pages.Markup) { p.Raw("<section>\n<h2>", title, "</h2>\n") }

// columns appends the head of a table: so many columns of texts, then numbers.
func (p *page) columns(texts int, titles ...string) {
	p.Raw("<thead><tr>")
	for i, title := range titles {
		if i < texts {
			p.Raw(`<th scope="col">`)
		} else {
			p.Raw(`<th scope="col" class="n">`)
		}
		first, second, broken := strings.Cut(title, "\n")
		p.plain([]byte(first))
		if broken {
			p.Raw("<br>")
			p.Text(second)
		}
		p.Raw("</th>")
	}
	p.Raw("</tr></thead>\n")
}

func (p *page) plus() { p.Raw(pages.Markup(p.w.Loc.Mark), "+") }

// money appends an amount without its currency.
func (p *page) money(v pipeline.Amount) { p.B = p.w.AppendMoney(p.B, v) }

// signed appends + or − before an amount; zero has no sign.
func (p *page) signed(v pipeline.Amount) {
	if v > 0 {
		p.plus()
	}
	p.money(v)
}

func (p *page) signedWhole(v int64) {
	if v > 0 {
		p.plus()
	}
	p.Whole(v)
}

func (p *page) percent(part, of pipeline.Amount) {
	var room [32]byte
	p.plain(p.w.AppendPercent(room[:0], part, of))
}

// when appends the moment of a line in the first cell of its row.
func (p *page) when(l *pipeline.StatementLine) {
	p.Raw("<tr><td class=\"when\">")
	if l.EventAt != nil {
		p.B = p.w.AppendMoment(p.B, *l.EventAt)
	}
	p.Raw("</td><th scope=\"row\">")
}

func (p *page) tagPrior(is bool) {
	if is {
		p.Raw(" <span class=\"tag\">", p.t(statement.EarlierMonth), "</span>")
	}
}

// wholeCell appends a count; a phone says of what behind it, so one is told apart.
func (p *page) wholeCell(v *int64) {
	if v != nil && (*v == 1 || *v == -1) {
		p.Raw("<td class=\"n one\">")
	} else {
		p.Raw("<td class=\"n\">")
	}
	if v != nil {
		p.Whole(*v)
	}
	p.Raw("</td>")
}

func (p *page) perCoinCell(v *pipeline.Rate) {
	p.Raw("<td class=\"n r\">")
	if v != nil {
		p.Raw("× ")
		p.B = p.w.AppendPerCoin(p.B, *v)
	}
	p.Raw("</td>")
}

func (p *page) perDiamondCell(v *pipeline.Rate) {
	p.Raw("<td class=\"n r\">")
	if v != nil {
		p.Raw("× ")
		p.B = p.w.AppendPerDiamond(p.B, *v)
	}
	p.Raw("</td>")
}

func (p *page) moneyCell(v *pipeline.Amount, class pages.Markup) {
	p.Raw("<td class=\"n", class, "\">")
	if v != nil {
		p.money(*v)
	}
	p.Raw("</td>")
}
