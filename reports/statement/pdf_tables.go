package statement

import (
	"strings"

	"carat/pipeline"
	"carat/reports/pdf"
)

// gifts writes the gifts by type under the rates they were judged by.
func (d *printed) gifts(ranges []rateRange) {
	d.heading("Gifts you received")
	if len(ranges) == 0 {
		d.paragraph(pdf.Regular, textSize, inkColor, "No gifts this month.")
		return
	}
	g := d.grid(&d.figures, column{title: "Gift"}, column{title: "Gifts", width: 4600, right: true}, column{title: "Coins", width: 6600, right: true},
		column{title: "× diamonds per coin", width: 8200, right: true}, column{title: "= Diamonds", width: 6600, right: true},
		column{title: "× " + d.currency + " per diamond", width: 8200, right: true}, column{title: "= " + d.currency, width: 7400, right: true})
	g.carries = true
	rounded := false
	for i := range ranges {
		r := &ranges[i]
		g.group("Rates in force " + d.inForce(r.from, r.to))
		for n := range d.s.Lines {
			l := &d.s.Lines[n]
			if !isGift(l) || !r.holds(l) {
				continue
			}
			mark := ""
			if l.Coins != nil && l.Diamonds != nil && l.DiamondsPerCoin != nil &&
				!productIs(*l.Coins, int64(*l.DiamondsPerCoin), *l.Diamonds, 1_000_000_000) {
				mark, rounded = "*", true
			}
			small := ""
			if l.StreamID != "" {
				small = "stream " + l.StreamID
			}
			g.row(entry{cells: []string{
				d.giftTitle(l), d.optional(l.Count), d.optional(l.Coins), d.optionalRate(l.DiamondsPerCoin), d.optional(l.Diamonds) + mark,
				d.optionalRate(l.Rate), d.money(l.Amount),
			}, small: small, amount: l.Amount})
		}
	}
	back := d.p.takenBack()
	if back {
		g.group("Gifts taken back: undone after they were sent, at the rate at which they are booked")
		for n := range d.s.Lines {
			l := &d.s.Lines[n]
			if l.Section == sectionEarned && l.Reason == "reversal" {
				g.row(entry{cells: []string{
					d.giftTitle(l), d.optional(l.Count), d.optional(l.Coins), d.optionalRate(l.DiamondsPerCoin), d.optional(l.Diamonds),
					d.optionalRate(l.Rate), d.money(l.Amount),
				}, small: d.trail(l), amount: l.Amount})
			}
		}
	}
	g.row(entry{total: true, cells: []string{"Earned", d.whole(d.m.GiftCount), d.whole(d.m.GiftCoins), "", d.whole(d.m.EarnedDiamonds), "", d.money(d.m.EarnedAmount)}})
	g.end()
	if rounded {
		d.paragraph(pdf.Regular, smallSize, softColor, "* Each gift is rounded to whole diamonds by itself, so this sum can differ from coins × rate. What rounding kept is under “Who gets what”.")
	}
}

func (d *printed) optional(v *int64) string {
	if v == nil {
		return ""
	}
	return d.whole(*v)
}

func (d *printed) optionalRate(v *pipeline.Rate) string {
	if v == nil {
		return ""
	}
	return "× " + d.rate(*v)
}

func (d *printed) optionalMoney(v *pipeline.Amount) string {
	if v == nil {
		return ""
	}
	return d.money(*v)
}

func (d *printed) giftTitle(l *pipeline.StatementLine) string {
	title := "Gift"
	switch {
	case l.Label != "":
		title = l.Label
	case l.GiftID != "":
		title = "Gift " + l.GiftID
	}
	return title + prior(l)
}

func prior(l *pipeline.StatementLine) string {
	if l.PriorPeriod {
		return " (earlier month)"
	}
	return ""
}

// trail says when a line happened and what it goes back to.
func (d *printed) trail(l *pipeline.StatementLine) string {
	var parts []string
	if l.EventAt != nil {
		parts = append(parts, d.moment(l.EventAt))
	}
	if l.OriginalEventID != "" {
		parts = append(parts, "original event "+l.OriginalEventID)
	}
	if l.ReferenceID != "" {
		parts = append(parts, "reference "+l.ReferenceID)
	}
	return strings.Join(parts, " · ")
}

// arithmetic is how coins became money, at each rate.
func (d *printed) arithmetic() {
	if len(d.s.Rates) == 0 {
		return
	}
	d.heading("How coins became money")
	for i := range d.s.Rates {
		t := &d.s.Rates[i]
		d.need(3 * lineHeight)
		d.paragraph(pdf.Regular, smallSize, softColor, "All gifts, rates in force "+d.inForce(t.RateFrom, t.RateTo))
		coins := productIs(t.Coins, int64(t.DiamondsPerCoin), t.Diamonds, 1_000_000_000)
		money := productIs(t.Diamonds, int64(t.Rate), int64(t.Amount), 1_000)
		d.paragraph(pdf.Regular, textSize, inkColor, d.counted(t.Coins, "coin")+" × "+d.rate(t.DiamondsPerCoin)+equalSign(coins)+d.counted(t.Diamonds, "diamond")+
			";  "+d.counted(t.Diamonds, "diamond")+" × "+d.rate(t.Rate)+"\u00a0"+d.currency+equalSign(money)+d.sum(t.Amount))
		switch {
		case !coins:
			d.paragraph(pdf.Regular, smallSize, softColor, "≈ because each gift is rounded to whole diamonds by itself.")
		case !money:
			d.paragraph(pdf.Regular, smallSize, softColor, "≈ because amounts are kept to six decimal places.")
		}
	}
}

// shares explains the way from list value to the creator's share.
func (d *printed) shares() {
	m := d.m
	if m.ListValueAmount == 0 {
		return
	}
	d.heading("Who gets what")
	text := "The list value is what the gifts’ coins are worth by the platform’s price list. You get your diamonds’ value; the rest is the platform’s part. From its part the platform pays the store’s fee for the coins"
	if m.AgencyAmount != 0 || m.AgencyID != "" {
		text += " and your agency; neither comes out of your share"
	}
	d.paragraph(pdf.Regular, textSize, inkColor, text+".")
	drawn := m.ListValueAmount > 0 && m.EarnedAmount >= 0 && m.EarnedAmount <= m.ListValueAmount
	g := d.grid(&d.figures, column{title: "Share"}, column{title: "Of the list value", width: 9000, right: true}, column{title: d.currency, width: 9000, right: true})
	line := func(label string, v pipeline.Amount, percent bool) {
		part := ""
		if percent {
			part = d.percent(v, m.ListValueAmount)
		}
		g.row(entry{cells: []string{label, part, d.money(v)}})
	}
	line("List value of the gifts’ coins", m.ListValueAmount, drawn)
	line("Your share", m.EarnedAmount, drawn)
	line("Platform’s part, before store fees", m.PlatformAmount, drawn)
	if m.AgencyAmount != 0 {
		line("    of which your agency", m.AgencyAmount, drawn)
	}
	switch {
	case m.RoundingKept > 0:
		line("    of which rounding: parts of diamonds that could not be credited", m.RoundingKept, drawn)
	case m.RoundingKept < 0:
		line("    less rounding in your favour: parts of diamonds credited as whole ones", m.RoundingKept, false)
	}
	g.end()
}

func (d *printed) entries(title string) *grid {
	g := d.grid(&d.figures, column{title: "Date", width: 9600}, column{title: title}, column{title: "Diamonds", width: 7000, right: true},
		column{title: d.currency, width: 8600, right: true})
	g.carries = true
	return g
}

func (d *printed) adjustment(g *grid, l *pipeline.StatementLine) {
	reason := l.Reason
	if words, known := reasonWords(l.Reason); known {
		reason = string(words)
	}
	var parts []string
	if l.OriginalEventID != "" {
		parts = append(parts, "original event "+l.OriginalEventID)
	}
	if l.ReferenceID != "" {
		parts = append(parts, "reference "+l.ReferenceID)
	}
	if l.Diamonds != nil && l.Rate != nil {
		parts = append(parts, "at "+d.rate(*l.Rate)+"\u00a0"+d.currency+" per diamond")
	}
	diamonds := ""
	if l.Diamonds != nil {
		diamonds = d.signedWhole(*l.Diamonds)
	}
	g.row(entry{cells: []string{d.moment(l.EventAt), reason + prior(l), diamonds, d.signed(l.Amount)}, small: strings.Join(parts, " · "), amount: l.Amount})
}

func deducts(l *pipeline.StatementLine) bool {
	return l.Amount < 0 || l.Amount == 0 && valueOf(l.Diamonds) < 0
}

// deductions lists everything that was taken, with its reason.
func (d *printed) deductions() {
	d.heading("What was taken, and why")
	var g *grid
	begin := func() {
		if g == nil {
			g = d.entries("Reason")
		}
	}
	for i := range d.s.Lines {
		l := &d.s.Lines[i]
		switch {
		case l.Section == sectionAdjusted && deducts(l):
			begin()
			d.adjustment(g, l)
		case isPayout(l) && l.Reason != "payout_paid":
			sign, back := pipeline.Amount(-1), ""
			if l.Section == sectionReturned {
				sign, back = 1, " given back"
			}
			for _, c := range []struct {
				label string
				v     pipeline.Amount
			}{{"Payout fee" + back, valueOf(l.FeeAmount)}, {"Tax withheld" + back, valueOf(l.WithholdingAmount)}} {
				if c.v != 0 {
					begin()
					g.row(entry{cells: []string{d.moment(l.EventAt), c.label + prior(l), "", d.signed(sign * c.v)}, small: "payout " + l.ReferenceID, amount: sign * c.v})
				}
			}
		}
	}
	if g == nil {
		d.paragraph(pdf.Regular, textSize, inkColor, "Nothing was deducted this month.")
		return
	}
	g.row(entry{total: true, cells: []string{"", "Taken this month", "", d.signed(-d.m.TakenAmount)}})
	g.end()
	if d.p.any(func(l *pipeline.StatementLine) bool {
		return isPayout(l) && valueOf(l.FeeAmount)+valueOf(l.WithholdingAmount) != 0
	}) {
		d.paragraph(pdf.Regular, smallSize, softColor, "Fees and tax are taken out of the payout itself: they lower what arrives, not your balance a second time.")
	}
}

func (d *printed) additions() {
	var g *grid
	for i := range d.s.Lines {
		l := &d.s.Lines[i]
		if l.Section != sectionAdjusted || deducts(l) {
			continue
		}
		if g == nil {
			d.heading("What was added")
			g = d.entries("Reason")
		}
		d.adjustment(g, l)
	}
	if g != nil {
		g.end()
	}
	if d.m.PriorPeriodAmount != 0 || d.p.any(func(l *pipeline.StatementLine) bool { return l.PriorPeriod }) {
		d.heading("From earlier months")
		d.paragraph(pdf.Regular, textSize, inkColor, "Lines marked “earlier month” happened before "+d.p.start.Format("2 January 2006")+
			" but reached the books after that month was closed. They are valued at the rates of their own date and change your earnings and adjustments by "+
			d.signed(d.m.PriorPeriodAmount)+"\u00a0"+d.currency+" in all, already included above.")
	}
}

// payoutTable lists payouts from gross to what arrives.
func (d *printed) payoutTable() {
	d.heading("Payouts")
	if !d.p.any(isPayout) {
		text := "No payouts this month."
		if d.m.PaidAmount != 0 {
			text = "No payout was requested this month. " + d.sum(d.m.PaidAmount) + " of payouts requested earlier was paid."
		}
		d.paragraph(pdf.Regular, textSize, inkColor, text)
		return
	}
	g := d.grid(&d.figures, column{title: "Payout"}, column{title: "Diamonds", width: 6400, right: true}, column{title: "Balance", width: 7600, right: true},
		column{title: "Fee", width: 6000, right: true}, column{title: "Tax withheld", width: 6400, right: true}, column{title: "Net " + d.currency, width: 7800, right: true})
	for i := range d.s.Lines {
		l := &d.s.Lines[i]
		if !isPayout(l) {
			continue
		}
		diamonds := ""
		if l.Diamonds != nil {
			diamonds = d.signedWhole(*l.Diamonds)
		}
		g.row(entry{cells: []string{
			d.payoutTitle(l) + prior(l), diamonds, d.signed(l.Amount), d.optionalMoney(l.FeeAmount), d.optionalMoney(l.WithholdingAmount), d.optionalMoney(l.NetAmount),
		}, small: d.payoutTrail(l)})
	}
	g.end()
	d.paragraph(pdf.Regular, textSize, inkColor, d.told((*page).payoutSums))
}

func (d *printed) payoutTitle(l *pipeline.StatementLine) string {
	if l.Section == sectionRedeemed {
		if words, known := statusWords(l.Status); known {
			return string(words)
		}
	}
	if words, known := reasonWords(l.Reason); known {
		return string(words)
	}
	return l.Reason
}

func (d *printed) payoutTrail(l *pipeline.StatementLine) string {
	var parts []string
	if l.EventAt != nil {
		verb := ""
		switch {
		case l.Reason == "payout_paid":
			verb = "requested in an earlier month, paid "
		case l.Section == sectionRedeemed:
			verb = "requested "
		}
		parts = append(parts, verb+d.day(*l.EventAt))
	}
	if l.PaidAt != nil && l.Reason != "payout_paid" && l.Section == sectionRedeemed {
		parts = append(parts, "paid "+d.day(*l.PaidAt))
	}
	if l.Method != "" {
		parts = append(parts, "by "+l.Method)
	}
	if l.ReferenceID != "" {
		parts = append(parts, "reference "+l.ReferenceID)
	}
	if l.PayoutAmount != nil && l.PayoutCurrency != "" && l.NetAmount != nil && l.FXRate != nil {
		exact := productIs(int64(*l.NetAmount), int64(*l.FXRate), int64(*l.PayoutAmount), 1_000_000_000)
		parts = append(parts, d.sum(*l.NetAmount)+" × "+d.rate(*l.FXRate)+equalSign(exact)+d.moneyIn(*l.PayoutAmount, l.PayoutCurrency))
	}
	return strings.Join(parts, " · ")
}

// ending says what the balance is, the year so far, and how to check all this.
func (d *printed) ending() {
	d.heading("Your balance and the next payout")
	d.paragraph(pdf.Regular, textSize, inkColor, d.told((*page).closingWords))
	if d.m.ClosingAmount < 0 || d.m.ClosingDiamonds < 0 {
		d.paragraph(pdf.Regular, textSize, openColor, negativeWords)
	} else {
		d.held()
	}
	d.payoutTerms()
	d.yearToDate()
	d.heading("How to check this")
	d.paragraph(pdf.Regular, smallSize, softColor, "Opening + earned + adjustments − payouts requested + payouts that came back ± rate changes − rounding = closing, to the last digit. "+
		"The page and the CSV and JSON files of this statement are made from the same rows. Viewers are never named on statements.")
}

// feet writes the foot of every page, now that their number is known.
func (d *printed) feet() {
	m := d.m
	text := "Statement " + m.CreatorID + " · " + m.Entity + " · " + m.Currency + " · " + string(m.Period) + " · version " + d.whole(m.Version)
	if d.s.RunID != "" {
		text += " · run " + d.s.RunID
	}
	y := d.size.Height - 3400
	for i := range d.Pages() {
		d.Turn(i)
		d.Rect(sheetMargin, y-1200, d.width(), 50, lineColor)
		number := "Page " + d.whole(int64(i+1)) + " of " + d.whole(int64(d.Pages()))
		d.TextRight(d.right(), y, pdf.Regular, smallSize, softColor, number)
		d.Text(sheetMargin, y, pdf.Regular, smallSize, softColor, d.fitted(pdf.Regular, smallSize, d.width()-7000, text))
	}
}
