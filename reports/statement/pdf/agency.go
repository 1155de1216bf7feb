package pdf

import (
	"time"

	"carat/pipeline"
	"carat/reports/agency"
	"carat/reports/pdf"
	"carat/reports/statement"
)

// Agency renders an agency's statement on paper, laid out as creators' are, with its
// rows attached: rows is its CSV. What it returns is valid until the next call. The error is of kind internal: rows that are not
// one statement.
func (r *Renderer) Agency(s *agency.Statement, rows []byte) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := r.load(); err != nil {
		return nil, err
	}
	w := s.Words()
	doc := &sheet{Document: r.paper, size: paperOf(w.Country), figures: &r.words.Figures, leftward: w.Language.RightToLeft, carried: w.Carried, brought: w.Brought}
	if w.Provisional {
		doc.water = w.Watermark
	}
	info := pdf.Info{Title: w.Title, Author: w.Payer, Producer: "carat", Language: w.Language.Tag, RightToLeft: w.Language.RightToLeft, Subject: w.Mark}
	if err := r.prepare(info); err != nil {
		return nil, err
	}
	r.paper.Reset(doc.size, info)
	r.paper.Attach(pdf.File{
		Name: statement.FileName(s.AgencyID, s.Entity, s.Currency, statement.RowsFormat), Type: statement.RowsType, Description: w.Title, Data: rows, Changed: s.Period.End(time.UTC),
	})
	doc.newPage()
	doc.agencyHead(w)
	doc.agencyParties(w)
	doc.paragraph(pdf.Regular, 1050, inkColor, w.Lead)
	for _, note := range w.Notes {
		doc.paragraph(pdf.Regular, 850, softColor, note)
	}
	for i := range w.Tables {
		doc.agencyTable(&w.Tables[i])
	}
	doc.y += 900
	doc.paragraph(pdf.Regular, smallSize, softColor, w.Check)
	doc.feet(w.Mark, w.PageOf)
	b, err := r.paper.Bytes()
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "render statement of", s.Subject(), "%w", err)
	}
	return b, nil
}

func (s *sheet) agencyHead(w *agency.Page) {
	s.tell(sheetMargin, s.y+800, pdf.Bold, 950, keyColor, s.fitted(pdf.Bold, 950, s.width(), w.Payer))
	s.y += 2600
	s.part(pdf.Title)
	x := sheetMargin + s.Text(sheetMargin, s.y+600, pdf.Bold, 2000, inkColor, w.Heading+" ")
	s.Text(x+100, s.y+600, pdf.Regular, 2000, softColor, w.Month)
	s.Close()
	color := inColor
	if w.Provisional {
		color = openColor
	}
	s.part(pdf.Paragraph)
	s.TextRight(s.right(), s.y+600, pdf.Bold, textSize, color, w.State)
	s.Close()
	s.y += 1800
}

func (s *sheet) agencyParties(w *agency.Page) {
	third := s.width() / 3
	top, low := s.y, s.y
	s.Rect(sheetMargin, s.y, s.width(), 50, lineColor)
	for i, party := range w.Parties {
		x, y := sheetMargin+i*third, top+1300
		s.tell(x, y, pdf.Regular, smallSize, softColor, party.Title)
		y = s.stack(x, y, third-1200, 3, pdf.Bold, party.Name)
		for _, text := range party.Lines {
			y = s.stack(x, y, third-1200, 2, pdf.Regular, text)
		}
		low = max(low, y)
	}
	s.y = low + 900
	s.Rect(sheetMargin, s.y, s.width(), 50, lineColor)
	s.y += 900
}

func (s *sheet) agencyTable(t *agency.Table) {
	s.heading(t.Title)
	if len(t.Rows) == 0 {
		s.paragraph(pdf.Regular, textSize, inkColor, t.None)
		return
	}
	columns := make([]column, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = column{title: c.Title, width: c.Width, right: c.Right}
	}
	g := s.grid(columns...)
	for _, row := range t.Rows {
		g.row(entry{cells: row.Cells, small: row.Small})
	}
	if t.Total != nil {
		g.row(entry{cells: t.Total, total: true})
	}
	g.end()
}
