package statement

import (
	"strings"

	"carat/pipeline"
	"carat/reports/pdf"
)

// replaced says what moved since the version before and why.
func (d *printed) replaced() {
	r := d.s.Replaced
	if r == nil {
		return
	}
	before := "Version " + d.whole(r.Version)
	d.heading("What changed since version " + d.whole(r.Version))
	d.paragraph(pdf.Regular, textSize, inkColor, d.told((*page).replacedWords))
	if len(r.Moves) == 0 {
		return
	}
	g := d.grid(&d.figures, column{title: "Item"}, column{title: "Diamonds", width: 8000, right: true}, column{title: before, width: 9000, right: true},
		column{title: "Now", width: 9000, right: true}, column{title: "Change", width: 9000, right: true})
	for i := range r.Moves {
		m := &r.Moves[i]
		diamonds := ""
		if m.DiamondsMoved != 0 {
			diamonds = d.signedWhole(m.DiamondsMoved)
		}
		g.row(entry{cells: []string{string(itemWords(m.Item)), diamonds, d.money(m.AmountBefore), d.money(m.AmountNow), d.signed(m.AmountMoved)}})
	}
	g.end()
}

// streams lists what each live stream came to.
func (d *printed) streams() {
	if len(d.s.Streams) == 0 {
		return
	}
	d.heading("Your streams")
	g := d.grid(&d.figures, column{title: "Stream"}, column{title: "Gifts", width: 4600, right: true}, column{title: "Coins", width: 6600, right: true},
		column{title: "× diamonds per coin", width: 8200, right: true}, column{title: "= Diamonds", width: 6600, right: true},
		column{title: "× " + d.currency + " per diamond", width: 8200, right: true}, column{title: "= " + d.currency, width: 7400, right: true})
	g.carries = true
	for i := range d.s.Streams {
		t := &d.s.Streams[i]
		title := t.StreamID
		if title == "" {
			title = d.told(func(p *page) { p.otherStreams(t) })
		}
		if t.PriorPeriod {
			title += " (earlier month)"
		}
		g.row(entry{cells: []string{
			title, d.whole(t.Gifts), d.whole(t.Coins), d.optionalRate(t.DiamondsPerCoin), d.whole(t.Diamonds), d.optionalRate(t.Rate), d.money(t.Amount),
		}, small: d.told(func(p *page) { p.streamTrail(t) }), amount: t.Amount})
	}
	g.row(entry{total: true, cells: []string{"Earned, less the gifts taken back", d.whole(d.m.GiftCount), d.whole(d.m.GiftCoins), "", d.whole(d.m.EarnedDiamonds), "", d.money(d.m.EarnedAmount)}})
	g.end()
	d.paragraph(pdf.Regular, smallSize, softColor, streamsNote)
}

// held says what can't be paid out yet, and when it can.
func (d *printed) held() {
	all := d.s.Releases
	if len(all) == 0 {
		return
	}
	d.paragraph(pdf.Regular, textSize, inkColor, d.told((*page).heldWords))
	g := d.grid(&d.figures, column{title: "Free from"}, column{title: "Diamonds", width: 9000, right: true}, column{title: d.currency, width: 9000, right: true})
	for i := range all {
		g.row(entry{cells: []string{d.told(func(p *page) { p.dayOrMoment(all[i].ReleaseAt) }), d.whole(all[i].Diamonds), d.money(all[i].Amount)}})
	}
	g.row(entry{total: true, cells: []string{"Held", d.whole(all[0].HeldDiamonds), d.money(all[0].HeldAmount)}})
	g.end()
}

// payoutTerms lists by which rule the balance is paid out.
func (d *printed) payoutTerms() {
	if d.s.Terms == nil {
		return
	}
	for item := range strings.SplitSeq(d.told((*page).payoutTerms), "\n") {
		if item = strings.TrimSpace(item); item != "" {
			d.paragraph(pdf.Regular, textSize, inkColor, "• "+item)
		}
	}
	d.y += lineHeight / 2
}

// yearToDate says what the calendar year came to so far.
func (d *printed) yearToDate() {
	y := d.s.YearToDate
	if y == nil {
		return
	}
	d.need(5 * lineHeight)
	d.paragraph(pdf.Bold, textSize, inkColor, d.told((*page).yearTitle))
	g := d.grid(&d.figures, column{title: "Earned", right: true}, column{title: "Adjustments", width: 9400, right: true}, column{title: "Paid", width: 9400, right: true},
		column{title: "Tax withheld", width: 9400, right: true}, column{title: "Fees", width: 9400, right: true})
	var cells []string
	for _, v := range []pipeline.Amount{y.Earned, y.Adjusted, y.Paid, y.Withheld, y.Fees} {
		cells = append(cells, d.money(v))
	}
	g.row(entry{cells: cells})
	g.end()
	d.paragraph(pdf.Regular, smallSize, softColor, yearNote)
}
