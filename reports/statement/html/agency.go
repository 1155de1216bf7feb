package html

import (
	"carat/reports/agency"
	"carat/reports/pages"
)

// Agency renders an agency's page, laid out as creators' are. What it returns is
// valid until the next call. The error is of kind internal: rows that are not one statement.
func (r *Renderer) Agency(s *agency.Statement) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	p := &r.page
	p.B = p.B[:0]
	w := s.Words()
	p.Loc = w.Language.Numbers
	p.Raw(starts()[w.Language.Tag], "<title>")
	p.plain([]byte(w.Title))
	p.Raw("</title>\n</head>\n<body>\n")
	badge := pages.Markup("<b class=\"badge\">")
	if w.Provisional {
		p.Raw("<div class=\"water\" aria-hidden=\"true\">")
		p.plain([]byte(w.Watermark))
		p.Raw("</div>\n")
		badge = "<b class=\"badge open\">"
	}
	p.Raw("<main>\n<header>\n<p class=\"payer\">")
	p.Name(w.Payer)
	p.Raw("</p>\n<div class=\"title\"><h1>")
	p.plain([]byte(w.Heading))
	p.Raw(" <span>")
	p.plain([]byte(w.Month))
	p.Raw("</span></h1>\n<p class=\"state\">", badge)
	p.plain([]byte(w.State))
	p.Raw("</b></p></div>\n</header>\n<dl class=\"parties\">\n")
	for _, party := range w.Parties {
		p.Raw("<div><dt>")
		p.plain([]byte(party.Title))
		p.Raw("</dt><dd><b>")
		p.Name(party.Name)
		p.Raw("</b>")
		for _, line := range party.Lines {
			p.Raw("<br>")
			p.mixed(line)
		}
		p.Raw("</dd></div>\n")
	}
	p.Raw("</dl>\n<p class=\"lead\">")
	p.plain([]byte(w.Lead))
	p.Raw("</p>\n")
	for _, note := range w.Notes {
		p.Raw("<p class=\"note\">")
		p.plain([]byte(note))
		p.Raw("</p>\n")
	}
	for i := range w.Tables {
		p.agencyTable(&w.Tables[i])
	}
	p.Raw("<footer>\n<p><b>")
	p.plain([]byte(w.HowToCheck))
	p.Raw("</b></p>\n<p>")
	p.plain([]byte(w.Check))
	p.Raw("</p>\n<p>")
	p.mixed(w.Mark)
	p.Raw("</p>\n</footer>\n</main>\n</body>\n</html>\n")
	return p.B, nil
}

func (p *page) agencyTable(t *agency.Table) {
	p.Raw("<section>\n<h2>")
	p.plain([]byte(t.Title))
	p.Raw("</h2>\n")
	if len(t.Rows) == 0 {
		p.Raw("<p>")
		p.plain([]byte(t.None))
		p.Raw("</p>\n</section>\n")
		return
	}
	p.Raw("<table>\n<thead><tr>")
	for _, c := range t.Columns {
		p.Raw(openCell("th scope=\"col\"", c.Right))
		p.plain([]byte(c.Title))
		p.Raw("</th>")
	}
	p.Raw("</tr></thead>\n<tbody>\n")
	for _, row := range t.Rows {
		p.agencyRow(t, row.Cells, row.Small)
	}
	p.Raw("</tbody>\n")
	if t.Total != nil {
		p.Raw("<tfoot>")
		p.agencyRow(t, t.Total, "")
		p.Raw("</tfoot>\n")
	}
	p.Raw("</table>\n</section>\n")
}

// mixed appends words with ids among them, whose scripts don't turn what stands around.
func (p *page) mixed(text string) {
	p.Raw("<bdi>")
	p.plain([]byte(text))
	p.Raw("</bdi>")
}

// openCell opens a cell of texts or of numbers.
func openCell(tag pages.Markup, right bool) pages.Markup {
	if right {
		return "<" + tag + " class=\"n\">"
	}
	return "<" + tag + ">"
}

func (p *page) agencyRow(t *agency.Table, cells []string, small string) {
	p.Raw("<tr>")
	for i, text := range cells {
		tag, end := pages.Markup("td"), pages.Markup("</td>")
		if i == 0 {
			tag, end = "th scope=\"row\"", "</th>"
		}
		p.Raw(openCell(tag, t.Columns[i].Right))
		if t.Columns[i].Right {
			p.plain([]byte(text))
		} else {
			p.mixed(text)
		}
		if i == 0 && small != "" {
			p.Raw("<small>")
			p.plain([]byte(small))
			p.Raw("</small>")
		}
		p.Raw(end)
	}
	p.Raw("</tr>\n")
}
