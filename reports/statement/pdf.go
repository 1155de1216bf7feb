package statement

import (
	"slices"
	"strings"
	"sync"

	"carat/pipeline"
	"carat/reports/pages"
	"carat/reports/pdf"
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

// printed is one statement on paper.
type printed struct {
	figures
	*sheet
	p *page // for what is told in the same words
	s *Statement
	m *pipeline.StatementSummary
}

// PDF renders the statement on A4 or, where the creator's country uses it, on
// US Letter. Its numbers are those of the page and the files; its bytes hold no
// clock. The error is of kind internal: rows that are not one statement.
func (r *Renderer) PDF(s *Statement) ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if r.paper == nil {
		fonts, err := paperFonts()
		if err != nil {
			return nil, pipeline.Errorf(pipeline.KindInternal, "load", "fonts", "%w", err)
		}
		r.paper = pdf.New(fonts)
	}
	m := &s.Summary
	p := r.page(s)
	doc := &printed{
		figures: figures{loc: p.Loc, zone: p.zone, minor: p.minor, currency: p.currency},
		sheet:   &sheet{Document: r.paper, size: paperOf(m.Country)}, p: p, s: s, m: m,
	}
	if m.Provisional {
		doc.water = "PROVISIONAL"
	}
	month := p.start.Format("January 2006")
	r.paper.Reset(doc.size, pdf.Info{
		Title:  "Earnings statement, " + month + ", " + p.creatorName(),
		Author: p.payerName(), Producer: "carat", Language: "en",
		Subject: "Statement " + m.CreatorID + ", " + m.Entity + ", " + m.Currency + ", " + string(m.Period) + ", version " + doc.whole(m.Version),
	})
	r.ranges = collectRanges(r.ranges[:0], s.Lines)
	doc.newPage()
	doc.head(month)
	doc.parties()
	doc.replaced()
	doc.numbers()
	doc.threeNumbers()
	doc.movement()
	doc.daily()
	doc.gifts(r.ranges)
	doc.streams()
	doc.arithmetic()
	doc.shares()
	doc.deductions()
	doc.additions()
	doc.payoutTable()
	doc.ending()
	doc.feet()
	b, err := r.paper.Bytes()
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "render statement of", s.subject(), "%w", err)
	}
	return b, nil
}

// told gives a part of the HTML page as plain text, for sentences whose words
// are to be the same. A row's text in it was escaped, and plainText undoes that.
func (d *printed) told(write func(p *page)) string {
	d.p.B = d.p.B[:0]
	write(d.p)
	return strings.TrimSpace(plainText(string(d.p.B)))
}

// plainText takes markup out.
func plainText(html string) string {
	var b strings.Builder
	for len(html) > 0 {
		at := strings.IndexAny(html, "<&")
		if at < 0 {
			b.WriteString(html)
			break
		}
		b.WriteString(html[:at])
		html = html[at:]
		if html[0] == '<' {
			_, html, _ = strings.Cut(html, ">")
			continue
		}
		entity, rest, _ := strings.Cut(html[1:], ";")
		switch entity {
		case "nbsp":
			b.WriteString("\u00a0")
		case "amp":
			b.WriteByte('&')
		case "lt":
			b.WriteByte('<')
		case "gt":
			b.WriteByte('>')
		case "#34":
			b.WriteByte('"')
		case "#39":
			b.WriteByte('\'')
		}
		html = rest
	}
	return b.String()
}

func (d *printed) head(month string) {
	d.Text(sheetMargin, d.y+800, pdf.Bold, 950, keyColor, d.fitted(pdf.Bold, 950, d.width(), d.p.payerName()))
	d.y += 2600
	x := sheetMargin + d.Text(sheetMargin, d.y+600, pdf.Bold, 2000, inkColor, "Earnings statement")
	d.Text(x+700, d.y+600, pdf.Regular, 2000, softColor, month)
	state, color := "Final, version ", inColor
	if d.m.Provisional {
		state, color = "Provisional, version ", openColor
	}
	d.TextRight(d.right(), d.y+600, pdf.Bold, textSize, color, state+d.whole(d.m.Version))
	d.y += 1400
	if d.m.Provisional {
		d.paragraph(pdf.Regular, 850, softColor, "This month is not closed yet. Numbers can still change; the final statement replaces this one.")
	}
	d.y += 400
}

// fitted cuts a text to a width.
func (d *printed) fitted(style pdf.Style, size, width int, text string) string {
	lines := d.Wrap(style, size, width, 1, text)
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
		d.Text(x, y, pdf.Regular, smallSize, softColor, title)
		for _, line := range d.Wrap(pdf.Bold, textSize, third-1200, 3, name) {
			y += 1150
			d.Text(x, y, pdf.Bold, textSize, inkColor, line)
		}
		for _, text := range lines {
			for _, line := range d.Wrap(pdf.Regular, textSize, third-1200, 2, text) {
				y += 1150
				d.Text(x, y, pdf.Regular, textSize, inkColor, line)
			}
		}
		low = max(low, y)
	}
	var payer []string
	for _, line := range strings.Split(d.s.Payer.Address, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			payer = append(payer, line)
		}
	}
	if d.s.Payer.TaxID != "" {
		payer = append(payer, "Tax id "+d.s.Payer.TaxID)
	}
	block(0, "Paid by", d.p.payerName(), payer...)
	creator := []string{"Creator " + d.m.CreatorID}
	for _, detail := range [][2]string{{"Agency ", d.m.AgencyID}, {"Tier ", d.m.Tier}, {"Country ", d.m.Country}} {
		if detail[1] != "" {
			creator = append(creator, detail[0]+detail[1])
		}
	}
	block(1, "Paid to", d.p.creatorName(), creator...)
	block(2, "Period", d.p.start.Format("2 January")+" to "+d.p.end.AddDate(0, 0, -1).Format("2 January 2006"),
		"Days run by the time zone "+d.p.zone.String(), "All amounts in "+d.currency)
	d.y = low + 900
	d.Rect(sheetMargin, d.y, d.width(), 50, lineColor)
	d.y += 900
}

func (d *printed) numbers() {
	quarter := d.width() / 4
	taken := d.told((*page).takenParts)
	paid := d.told((*page).paidParts)
	for i, card := range []struct {
		label, below string
		v            pipeline.Amount
		color        pdf.Color
	}{
		{"Earned", d.counted(d.m.EarnedDiamonds, "diamond"), d.m.EarnedAmount, inkColor},
		{"Taken", taken, d.m.TakenAmount, inkColor},
		{"Paid to you", paid, d.m.PaidAmount, inkColor},
		{"Your balance", d.counted(d.m.ClosingDiamonds, "diamond"), d.m.ClosingAmount, keyColor},
	} {
		x := sheetMargin + i*quarter
		if i > 0 {
			d.Rect(x-700, d.y, 50, 4600, lineColor)
		}
		color := card.color
		if card.v < 0 {
			color = outColor
		}
		d.Text(x, d.y+900, pdf.Regular, smallSize, softColor, card.label)
		money := d.money(card.v)
		size := 1500
		for size > 800 && d.Width(pdf.Bold, size, money) > quarter-3200 {
			size -= 100
		}
		used := d.Text(x, d.y+2600, pdf.Bold, size, color, money)
		d.Text(x+used+300, d.y+2600, pdf.Regular, smallSize, softColor, d.currency)
		for n, line := range d.Wrap(pdf.Regular, smallSize, quarter-1400, 2, card.below) {
			d.Text(x, d.y+3700+n*950, pdf.Regular, smallSize, softColor, line)
		}
	}
	d.y += 5600
	d.paragraph(pdf.Regular, 1050, inkColor, d.told((*page).inWords))
}

// threeNumbers sets side by side what creators mix up.
func (d *printed) threeNumbers() {
	if d.m.GiftCoins == 0 && d.m.EarnedDiamonds == 0 {
		return
	}
	d.heading("Three numbers that are not the same")
	third := d.width() / 3
	for i, n := range []struct{ title, number, below string }{
		{"Coins that viewers spent", d.whole(d.m.GiftCoins), "on gifts to you"},
		{"Diamonds you were credited", d.whole(d.m.EarnedDiamonds), d.told((*page).coinsToDiamonds)},
		{"Money that is worth", d.sum(d.m.EarnedAmount), d.told((*page).diamondsToMoney)},
	} {
		x := sheetMargin + i*third
		d.Rect(x, d.y, third-1000, 4300, washColor)
		d.Text(x+600, d.y+1100, pdf.Regular, smallSize, softColor, n.title)
		d.Text(x+600, d.y+2500, pdf.Bold, 1250, inkColor, n.number)
		for k, line := range d.Wrap(pdf.Regular, smallSize, third-2000, 2, n.below) {
			d.Text(x+600, d.y+3400+k*850, pdf.Regular, 700, softColor, line)
		}
		if i < 2 {
			d.Text(x+third-800, d.y+2500, pdf.Regular, 1100, softColor, "→")
		}
	}
	d.y += 4900
}

// movement draws the waterfall.
func (d *printed) movement() {
	var room [8]step
	steps := d.p.steps(room[:0])
	if !slices.ContainsFunc(steps, func(s step) bool { return s.amount != 0 || s.diamonds != 0 }) {
		d.heading("How your balance moved")
		d.paragraph(pdf.Regular, textSize, inkColor, "Nothing moved this month, and nothing was carried in.")
		return
	}
	const high, bar = 2500, 700
	d.need(3000 + len(steps)*high)
	d.heading("How your balance moved")
	low, top := int64(0), int64(0)
	for i := range steps {
		low, top = min(low, steps[i].to), max(top, steps[i].to)
	}
	at := func(bp int64) int { return sheetMargin + int(int64(d.width())*bp/10_000) }
	for i := range steps {
		s := &steps[i]
		used := d.Text(sheetMargin, d.y+900, pdf.Regular, textSize, inkColor, plainText(string(s.label)))
		if !s.noDiamonds {
			d.Text(sheetMargin+used+700, d.y+900, pdf.Regular, smallSize, softColor, d.told(func(p *page) { p.stepWhole(s) }))
		}
		amount := d.money(s.amount)
		if s.moves() {
			amount = d.signed(s.amount)
		}
		d.TextRight(d.right(), d.y+900, pdf.Bold, textSize, inkColor, amount)
		d.Rect(sheetMargin, d.y+1250, d.width(), bar, washColor)
		from, to := at(pages.Across(s.from, low, top)), at(pages.Across(s.to, low, top))
		color := map[pages.Markup]pdf.Color{"in": inColor, "out": outColor, "bal": greyColor, "bal end": keyColor, "none": greyColor}[s.class]
		left := min(min(from, to), d.right()-150)
		d.Rect(left, d.y+1250, max(max(from, to)-left, 150), bar, color)
		d.y += high
	}
	d.paragraph(pdf.Regular, smallSize, softColor, d.told((*page).movementNotes))
}

// daily draws earnings per day.
func (d *printed) daily() {
	amounts, most := d.p.daily()
	if most == 0 {
		return
	}
	const high = 5000
	d.need(high + 5000)
	d.heading("Earned per day")
	wide := d.width() / len(amounts)
	for i, v := range amounts {
		height := 50
		if v > 0 {
			height += int(pages.Across(int64(v), 0, int64(most))) * (high - 50) / 10_000
		}
		d.Rect(sheetMargin+i*wide+150, d.y+high-height, wide-300, height, inColor)
	}
	d.y += high + 300
	d.paragraph(pdf.Regular, smallSize, softColor, d.told(func(p *page) { p.bestDay(slices.Index(amounts, most), most) }))
}
