package pdf

import (
	"carat/pipeline"
	"carat/reports/pdf"
	"carat/reports/statement"
)

// replaced says what moved since the version before and why.
func (d *printed) replaced() {
	r := d.S.Replaced
	if r == nil {
		return
	}
	d.heading(d.ReplacedTitle().String())
	d.paragraph(pdf.Regular, textSize, inkColor, d.ReplacedWhy().String())
	if len(d.S.Moves) == 0 {
		return
	}
	d.AlignMoves()
	g := d.grid(column{title: d.T(statement.ColumnItem)}, column{title: d.T(statement.ColumnDiamonds), width: 8000, right: true},
		column{title: d.ColumnVersion(r.Version).String(), width: 9000, right: true},
		column{title: d.T(statement.ColumnNow), width: 9000, right: true}, column{title: d.T(statement.ColumnChange), width: 9000, right: true})
	for i := range d.S.Moves {
		m := &d.S.Moves[i]
		diamonds := ""
		if m.DiamondsMoved != 0 {
			diamonds = d.SignedWhole(m.DiamondsMoved)
		}
		g.row(entry{cells: []string{d.T(statement.Item(m.Item)), diamonds, d.Money(m.AmountBefore), d.Money(m.AmountNow), d.Signed(m.AmountMoved)}})
	}
	g.end()
}

// streams lists what each live stream came to.
func (d *printed) streams() {
	streams := d.S.Told()
	if len(streams) == 0 {
		return
	}
	d.heading(d.T(statement.TitleStreams))
	d.AlignStreams()
	g := d.giftGrid(d.T(statement.ColumnStream))
	for i := range streams {
		t := &streams[i]
		g.row(entry{cells: []string{
			d.Stream(t).String() + d.prior(t.PriorPeriod), d.Whole(t.Gifts), d.Whole(t.Coins), d.perCoin(t.DiamondsPerCoin), d.Whole(t.Diamonds),
			d.perDiamond(t.Rate), d.Money(t.Amount),
		}, small: d.StreamTrail(t).String(), amount: t.Amount})
	}
	d.giftTotal(g)
	d.paragraph(pdf.Regular, smallSize, softColor, d.T(statement.StreamsNote))
}

// held says what can't be paid out yet, and when it can.
func (d *printed) held() {
	all := d.S.Releases
	if len(all) == 0 {
		return
	}
	d.paragraph(pdf.Regular, textSize, inkColor, d.Held().String())
	d.AlignHeld()
	g := d.grid(column{title: d.T(statement.ColumnFreeFrom)}, column{title: d.T(statement.ColumnDiamonds), width: 9000, right: true},
		column{title: d.Currency, width: 9000, right: true})
	for i := range all {
		g.row(entry{cells: []string{d.FreeFrom(all[i].ReleaseAt).String(), d.Whole(all[i].Diamonds), d.Money(all[i].Amount)}})
	}
	g.row(entry{total: true, cells: []string{d.T(statement.TotalHeld), d.Whole(all[0].HeldDiamonds), d.Money(all[0].HeldAmount)}})
	g.end()
}

// payoutTerms lists by which rule the balance is paid out.
func (d *printed) payoutTerms() {
	if d.S.Terms == nil {
		return
	}
	d.part(pdf.List)
	d.Terms(func(t *statement.Text) { d.item(t.String()) })
	d.Close()
	d.y += lineHeight / 2
}

// item writes an item of a list.
func (s *sheet) item(text string) {
	s.part(pdf.Item)
	s.part(pdf.Body)
	s.lines(pdf.Regular, textSize, inkColor, "• "+text)
	s.Close()
	s.Close()
}

// yearToDate says what the calendar year came to so far.
func (d *printed) yearToDate() {
	y := d.S.Year
	if y == nil {
		return
	}
	d.Align()
	d.need(5 * lineHeight)
	d.paragraph(pdf.Bold, textSize, inkColor, d.YearTitle().String())
	if d.S.NothingInYear() {
		d.paragraph(pdf.Regular, textSize, inkColor, d.T(statement.NothingInYear))
		return
	}
	g := d.grid(column{title: d.T(statement.ColumnEarned), right: true}, column{title: d.T(statement.ColumnAdjusted), width: 9400, right: true},
		column{title: d.T(statement.ColumnGross), width: 8200, right: true}, column{title: d.T(statement.ColumnWithheld), width: 8200, right: true},
		column{title: d.T(statement.ColumnFees), width: 7400, right: true}, column{title: d.T(statement.ColumnPaid), width: 8200, right: true})
	var cells []string
	for _, v := range []pipeline.Amount{y.Earned, y.Adjusted, y.Gross, y.Withheld, y.Fees, y.Paid} {
		cells = append(cells, d.Money(v))
	}
	g.row(entry{cells: cells})
	g.end()
	d.paragraph(pdf.Regular, smallSize, softColor, d.T(statement.YearNote))
	if d.S.Summary.InTransitAmount != 0 {
		d.paragraph(pdf.Regular, smallSize, softColor, d.NotYetPaid().String())
	}
}
