package pdf

import (
	"slices"
	"strings"
	"sync"

	"carat/pipeline"
	"carat/reports/locale"
	"carat/reports/pages"
	"carat/reports/pdf"
	"carat/reports/statement"
	"carat/reports/statement/catalog"
)

// paperFonts are parsed once, when the first PDF is made.
var paperFonts = sync.OnceValues(pdf.LoadFonts)

// lettersOf are the countries that print on US Letter (Unicode CLDR,
// paperSize).
const lettersOf = " BZ CA CL CO CR GT MX NI PA PH PR SV US VE "

func paperOf(country string) pdf.Size {
	if len(country) == 2 && strings.Contains(lettersOf, " "+country+" ") {
		return pdf.Letter
	}
	return pdf.A4
}

// Renderer renders statements one after another, reusing its memory. It is not
// safe for concurrent use; what its methods return is valid until the next call.
// The zero value is ready.
type Renderer struct {
	paper *pdf.Document
	words statement.Words
}

// printed is one statement on paper.
type printed struct {
	*sheet
	*statement.Words
	m *pipeline.StatementSummary
}

// PDF renders the statement on A4 or, where the creator's country uses it, on
// US Letter, for reading and listening (PDF/UA-1) and for archives (PDF/A-3), with its
// rows attached: rows is its CSV. Its numbers are those of the page and the files; its
// bytes hold no clock. The error is of kind internal: rows that are not one statement.
func (r *Renderer) PDF(s *statement.Statement, rows []byte) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := r.load(); err != nil {
		return nil, err
	}
	m := &s.Summary
	r.words.About(s)
	doc := &printed{sheet: &sheet{Document: r.paper, size: paperOf(m.Country), figures: &r.words.Figures}, Words: &r.words, m: m}
	doc.leftward, doc.carried, doc.brought = doc.Language.RightToLeft, doc.T(statement.CarriedForward), doc.T(statement.BroughtForward)
	if m.Provisional {
		doc.water = doc.T(statement.Watermark)
	}
	info := pdf.Info{Title: doc.Title(), Author: doc.PayerName(), Producer: "carat", Language: doc.Language.Tag, RightToLeft: doc.Language.RightToLeft, Subject: doc.Subject()}
	if err := r.prepare(info); err != nil {
		return nil, err
	}
	r.paper.Reset(doc.size, info)
	r.paper.Attach(pdf.File{
		Name: statement.FileName(m.CreatorID, m.Entity, m.Currency, statement.RowsFormat), Type: statement.RowsType, Description: doc.Subject(), Data: rows, Changed: doc.End,
	})
	doc.newPage()
	doc.head()
	doc.parties()
	doc.replaced()
	doc.numbers()
	doc.threeNumbers()
	doc.movement()
	doc.daily()
	doc.gifts()
	doc.streams()
	doc.arithmetic()
	doc.shares()
	doc.deductions()
	doc.additions()
	doc.payoutTable()
	doc.onItsWay()
	doc.earlier()
	doc.ending()
	doc.feet(doc.Mark().String(), func(page, of int) string { return doc.PageOf(page, of).String() })
	b, err := r.paper.Bytes()
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "render statement of", s.Subject(), "%w", err)
	}
	return b, nil
}

// prepare makes the fonts of what a language says, once.
func (r *Renderer) prepare(info pdf.Info) error {
	fonts, err := paperFonts()
	if err == nil && info.Language != locale.Languages()[0].Tag { // English has its letters in all documents
		err = fonts.Prepare(info, catalog.For(info.Language).Texts())
	}
	if err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "load", "fonts", "%w", err)
	}
	return nil
}

// load makes the document that all statements are printed on.
func (r *Renderer) load() error {
	if r.paper != nil {
		return nil
	}
	fonts, err := paperFonts()
	if err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "load", "fonts", "%w", err)
	}
	r.paper = pdf.New(fonts)
	return nil
}

func (d *printed) head() {
	d.tell(sheetMargin, d.y+800, pdf.Bold, 950, keyColor, d.fitted(pdf.Bold, 950, d.width(), d.PayerName()))
	d.y += 2600
	d.part(pdf.Title)
	x := sheetMargin + d.Text(sheetMargin, d.y+600, pdf.Bold, 2000, inkColor, d.T(statement.TitleStatement)+" ")
	d.Text(x+100, d.y+600, pdf.Regular, 2000, softColor, d.Month())
	d.Close()
	color := inColor
	if d.m.Provisional {
		color = openColor
	}
	d.part(pdf.Paragraph)
	d.TextRight(d.right(), d.y+600, pdf.Bold, textSize, color, d.StateAndVersion().String())
	d.Close()
	d.y += 1400
	if d.m.Provisional {
		d.paragraph(pdf.Regular, 850, softColor, d.T(statement.NotClosed))
	}
	d.y += 400
}

// fitted cuts a text to a width.
func (s *sheet) fitted(style pdf.Style, size, width int, text string) string {
	lines := s.Wrap(style, size, width, 1, text)
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

func (d *printed) parties() {
	third := d.width() / 3
	top, low := d.y, d.y
	d.Rect(sheetMargin, d.y, d.width(), 50, lineColor)
	block := func(i int, title, name string, lines ...string) {
		x, y := sheetMargin+i*third, top+1300
		d.tell(x, y, pdf.Regular, smallSize, softColor, title)
		y = d.stack(x, y, third-1200, 3, pdf.Bold, name)
		for _, text := range lines {
			y = d.stack(x, y, third-1200, 2, pdf.Regular, text)
		}
		low = max(low, y)
	}
	payer := d.PayerAddress()
	if d.S.Payer.TaxID != "" {
		payer = append(payer, d.T(statement.LabelTaxID)+d.S.Payer.TaxID)
	}
	block(0, d.T(statement.LabelPayer), d.PayerName(), payer...)
	creator := []string{d.T(statement.LabelCreator) + d.m.CreatorID}
	for _, detail := range [][2]string{{d.T(statement.LabelAgency), d.m.AgencyID}, {d.T(statement.LabelTier), d.m.Tier}, {d.T(statement.LabelCountry), d.m.Country}} {
		if detail[1] != "" {
			creator = append(creator, detail[0]+detail[1])
		}
	}
	block(1, d.T(statement.LabelPayee), d.CreatorName(), creator...)
	block(2, d.T(statement.LabelPeriod), d.Period().String(), d.PeriodZone().String(), d.PeriodCurrency().String())
	d.y = low + 900
	d.Rect(sheetMargin, d.y, d.width(), 50, lineColor)
	d.y += 900
}

// stack writes wrapped text below a line, in a column, and gives where it ends.
func (s *sheet) stack(x, y, width, most int, style pdf.Style, text string) int {
	s.part(pdf.Paragraph)
	for _, line := range s.Wrap(style, textSize, width, most, text) {
		y += 1150
		s.Text(x, y, style, textSize, inkColor, line)
	}
	s.Close()
	return y
}

// numbers writes the four numbers that matter, and one sentence that says the same.
func (d *printed) numbers() {
	quarter := d.width() / 4
	d.Align()
	cards := d.Cards()
	const below = 4 // lines
	for i := range cards {
		c := &cards[i]
		x := sheetMargin + i*quarter
		if i > 0 {
			d.Rect(x-700, d.y, 50, 6300, lineColor)
		}
		color := inkColor
		switch {
		case c.Label == statement.CardBalance && c.Amount < 0:
			color = outColor
		case c.Label == statement.CardBalance:
			color = keyColor
		}
		d.tell(x, d.y+900, pdf.Regular, smallSize, softColor, d.T(c.Label))
		money := d.Money(c.Shown)
		if c.Moves() {
			money = d.Signed(c.Shown)
		}
		size := 1500
		for size > 800 && d.Width(pdf.Bold, size, money) > quarter-3200 {
			size -= 100
		}
		d.part(pdf.Paragraph)
		used := d.Text(x, d.y+2600, pdf.Bold, size, color, money)
		code := " " + d.Currency
		if d.leftward { // its blank is on the side of the number
			code = d.Currency + " "
		}
		d.Text(x+used+100, d.y+2600, pdf.Regular, smallSize, softColor, code)
		d.Close()
		var lines []string
		if exactly := d.Exactly(c.Amount, c.Shown, c.Moves()).String(); exactly != "" {
			lines = []string{exactly + " "}
		}
		lines = append(lines, d.Wrap(pdf.Regular, smallSize, quarter-1400, below-len(lines), d.CardBelow(c).String())...)
		d.part(pdf.Paragraph)
		for n, line := range lines {
			d.Text(x, d.y+3700+n*950, pdf.Regular, smallSize, softColor, line)
		}
		d.Close()
	}
	d.y += 7300
	d.paragraph(pdf.Regular, 1050, inkColor, d.InShort().String())
}

// threeNumbers sets side by side what creators mix up.
func (d *printed) threeNumbers() {
	if d.m.GiftCoins == 0 && d.m.EarnedDiamonds == 0 {
		return
	}
	d.heading(d.T(statement.TitleThree))
	third := d.width() / 3
	for i, n := range []struct{ title, number, below string }{
		{d.T(statement.ThreeCoins), d.Whole(d.m.GiftCoins), d.T(statement.ThreeCoinsNote)},
		{d.T(statement.ThreeDiamonds), d.Whole(d.m.EarnedDiamonds), d.CoinsToDiamonds().String()},
		{d.T(statement.ThreeMoney), d.EarnedSum().String(), joined(d.DiamondsToMoney().String(), d.EarnedExactly().String())},
	} {
		x := sheetMargin + i*third
		d.Rect(x, d.y, third-1000, 4300, washColor)
		d.tell(x+600, d.y+1100, pdf.Regular, smallSize, softColor, n.title)
		d.tell(x+600, d.y+2500, pdf.Bold, 1250, inkColor, n.number)
		d.part(pdf.Paragraph)
		for k, line := range d.Wrap(pdf.Regular, smallSize, third-2000, 2, n.below) {
			d.Text(x+600, d.y+3400+k*850, pdf.Regular, 700, softColor, line)
		}
		d.Close()
		if i < 2 {
			d.Text(x+third-800, d.y+2500, pdf.Regular, 1100, softColor, d.arrow())
		}
	}
	d.y += 4900
}

// barColor gives the colour of a step's bar.
var barColor = [...]pdf.Color{
	statement.MoveIn: inColor, statement.MoveOut: outColor, statement.MoveNone: greyColor, statement.MoveOpening: greyColor, statement.MoveClosing: keyColor,
}

// movement draws the waterfall.
func (d *printed) movement() {
	d.Align()
	steps, low, most := d.Steps()
	if len(steps) == 0 {
		d.heading(d.T(statement.TitleMovement))
		d.paragraph(pdf.Regular, textSize, inkColor, d.NothingMoved())
		return
	}
	const bar = 700
	high, more := 2500, 0
	if d.RoundedSteps() {
		more = 850
	}
	high += more
	d.need(3000 + len(steps)*high)
	d.heading(d.T(statement.TitleMovement))
	at := func(bp int64) int { return sheetMargin + int(int64(d.width())*bp/10_000) }
	for i := range steps {
		s := &steps[i]
		d.part(pdf.Paragraph)
		used := d.Text(sheetMargin, d.y+900, pdf.Regular, textSize, inkColor, d.T(s.Label)+" ")
		if !s.NoDiamonds {
			diamonds := d.Diamonds
			if s.Moves() {
				diamonds = d.SignedDiamonds
			}
			d.Text(sheetMargin+used+450, d.y+900, pdf.Regular, smallSize, softColor, diamonds(s.Diamonds).String()+" ")
		}
		amount := d.Money(s.Shown)
		if s.Moves() {
			amount = d.Signed(s.Shown)
		}
		d.TextRight(d.right(), d.y+900, pdf.Bold, textSize, inkColor, amount)
		if exactly := d.Exactly(s.Amount, s.Shown, s.Moves()).String(); exactly != "" {
			d.TextRight(d.right(), d.y+900+more, pdf.Regular, smallSize, softColor, exactly)
		}
		d.Close()
		top := d.y + 1250 + more
		d.Rect(sheetMargin, top, d.width(), bar, washColor)
		from, to := at(pages.Across(s.From, low, most)), at(pages.Across(s.To, low, most))
		left := min(min(from, to), d.right()-150)
		d.Rect(left, top, max(max(from, to)-left, 150), bar, barColor[s.Move])
		d.y += high
	}
	d.paragraph(pdf.Regular, smallSize, softColor, d.MovementNotes().String())
}

// daily draws earnings per day.
func (d *printed) daily() {
	amounts, most := d.Daily()
	if most == 0 {
		return
	}
	const high = 5000
	d.need(high + 5000)
	d.heading(d.T(statement.TitleDays))
	wide := d.width() / len(amounts)
	said := d.BestDay(slices.Index(amounts, most), most).String()
	d.Open(pdf.Figure, pdf.Attributes{Alt: said, Box: [4]int{sheetMargin, d.y, d.width(), high}})
	for i, v := range amounts {
		height := 50
		if v > 0 {
			height += int(pages.Across(int64(v), 0, int64(most))) * (high - 50) / 10_000
		}
		d.Rect(sheetMargin+i*wide+150, d.y+high-height, wide-300, height, inColor)
	}
	d.Close()
	d.y += high + 300
	d.paragraph(pdf.Regular, smallSize, softColor, said)
}
