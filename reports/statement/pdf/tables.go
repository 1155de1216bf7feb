package pdf

import (
	"carat/pipeline"
	"carat/reports/pdf"
	"carat/reports/statement"
)

// giftGrid begins a table of gifts.
func (d *printed) giftGrid(first string) *grid {
	g := d.grid(column{title: first}, column{title: d.T(statement.ColumnGifts), width: 4600, right: true}, column{title: d.T(statement.ColumnCoins), width: 6600, right: true},
		column{title: d.T(statement.ColumnPerCoin), width: 8200, right: true}, column{title: d.T(statement.ColumnIsDiamonds), width: 6600, right: true},
		column{title: d.ColumnPerDiamond(), width: 8200, right: true}, column{title: d.ColumnIsMoney(), width: 7400, right: true})
	g.carries = true
	return g
}

// giftTotal ends a table of gifts with the summary's own totals.
func (d *printed) giftTotal(g *grid) {
	g.row(entry{total: true, cells: []string{d.TotalEarned(), d.Whole(d.m.GiftCount), d.Whole(d.m.GiftCoins), "", d.Whole(d.m.EarnedDiamonds), "", d.Money(d.m.EarnedAmount)}})
	g.end()
}

// gifts writes the gifts by type under the rates they were judged by, and those
// that were taken back, so that the carried sums lead to the total.
func (d *printed) gifts() {
	d.heading(d.T(statement.TitleGifts))
	ranges := d.Ranges()
	if len(ranges) == 0 && !d.S.Any(statement.IsTakenBack) {
		d.paragraph(pdf.Regular, textSize, inkColor, d.T(statement.NoGifts))
		return
	}
	d.AlignGifts()
	g := d.giftGrid(d.T(statement.ColumnGift))
	rounded := false
	for i := range ranges {
		r := &ranges[i]
		g.group(d.RatesInForce(r.From, r.To).String())
		for n := range d.S.Lines {
			l := &d.S.Lines[n]
			if !statement.IsGift(l) || !r.Holds(l) {
				continue
			}
			small := ""
			if l.StreamID != "" {
				small = d.T(statement.LabelStream) + l.StreamID
			}
			mark := ""
			if statement.IsRounded(l) {
				mark, rounded = statement.RoundedSign, true
			}
			d.giftRow(g, l, mark, small)
		}
	}
	if d.S.Any(statement.IsTakenBack) {
		g.group(d.T(statement.TitleTakenBack) + ". " + d.T(statement.TakenBackWhy))
		for n := range d.S.Lines {
			if l := &d.S.Lines[n]; statement.IsTakenBack(l) {
				d.giftRow(g, l, "", joined(d.Moment(l.EventAt), d.LineSource(l).String()))
			}
		}
	}
	d.giftTotal(g)
	if rounded {
		d.paragraph(pdf.Regular, smallSize, softColor, d.T(statement.GiftsRounded))
	}
}

func (d *printed) giftRow(g *grid, l *pipeline.StatementLine, mark, small string) {
	g.row(entry{cells: []string{
		d.Gift(l).String() + d.prior(l.PriorPeriod), d.optional(l.Count), d.optional(l.Coins), d.perCoin(l.DiamondsPerCoin), d.optional(l.Diamonds) + mark,
		d.perDiamond(l.Rate), d.Money(l.Amount),
	}, small: small, amount: l.Amount})
}

func (d *printed) optional(v *int64) string {
	if v == nil {
		return ""
	}
	return d.Whole(*v)
}

func (d *printed) optionalSigned(v *int64) string {
	if v == nil {
		return ""
	}
	return d.SignedWhole(*v)
}

func (d *printed) perCoin(v *pipeline.Rate) string {
	if v == nil {
		return ""
	}
	return "× " + string(d.AppendPerCoin(nil, *v))
}

func (d *printed) perDiamond(v *pipeline.Rate) string {
	if v == nil {
		return ""
	}
	return "× " + string(d.AppendPerDiamond(nil, *v))
}

func (d *printed) optionalMoney(v *pipeline.Amount) string {
	if v == nil {
		return ""
	}
	return d.Money(*v)
}

func (d *printed) prior(is bool) string {
	if is {
		return " (" + d.T(statement.EarlierMonth) + ")"
	}
	return ""
}

// joined puts the parts that there are behind each other.
func joined(parts ...string) string {
	all := ""
	for _, part := range parts {
		switch {
		case part == "":
		case all == "":
			all = part
		default:
			all += " · " + part
		}
	}
	return all
}

// arithmetic is how coins became money, at each rate.
func (d *printed) arithmetic() {
	sums := d.Sums()
	if len(d.S.Rates) == 0 || len(sums) == 0 {
		return
	}
	d.heading(d.T(statement.TitleSums))
	d.paragraph(pdf.Regular, textSize, inkColor, d.SumsWhy(len(sums) > 1).String())
	for i := range sums {
		t := &sums[i]
		d.need(3 * lineHeight)
		d.paragraph(pdf.Regular, smallSize, softColor, d.SumOf(t).String())
		coins := d.SumCoins(t).String()
		d.paragraph(pdf.Regular, textSize, inkColor, coins+";  "+d.SumMoney(t).String())
		if why := d.SumRounded(t); why != "" {
			d.paragraph(pdf.Regular, smallSize, softColor, why)
		}
	}
}

// shares explains the way from list value to the creator's share.
func (d *printed) shares() {
	shares, _ := d.Shares()
	if len(shares) == 0 {
		return
	}
	d.heading(d.T(statement.TitleShares))
	d.paragraph(pdf.Regular, textSize, inkColor, d.SharesWhy().String())
	d.AlignShares(shares)
	g := d.grid(column{title: d.T(statement.ColumnShare)}, column{title: d.T(statement.ColumnOfListValue), width: 9000, right: true}, column{title: d.Currency, width: 9000, right: true})
	for _, s := range shares {
		label, part := s.Label, ""
		if s.Of == statement.ShareAgency || s.Of == statement.ShareRounding {
			label = "    " + label
		}
		if s.Part {
			part = d.Percent(s.Amount, d.m.ListValueAmount)
		}
		g.row(entry{cells: []string{label, part, d.Money(s.Amount)}})
	}
	g.end()
}

func (d *printed) entries() *grid {
	g := d.grid(column{title: d.T(statement.ColumnDate), width: 9600}, column{title: d.T(statement.ColumnReason)}, column{title: d.T(statement.ColumnDiamonds), width: 7000, right: true},
		column{title: d.Currency, width: 8600, right: true})
	g.carries = true
	return g
}

func (d *printed) adjustment(g *grid, l *pipeline.StatementLine) {
	g.row(entry{cells: []string{d.Moment(l.EventAt), d.LineReason(l).String() + d.prior(l.PriorPeriod), d.optionalSigned(l.Diamonds), d.Signed(l.Amount)},
		small: d.LineTrail(l).String(), amount: l.Amount})
}

// deductions lists everything that was taken, with its reason.
func (d *printed) deductions() {
	d.heading(d.T(statement.TitleTaken))
	d.AlignTaken()
	var g *grid
	charged := false
	for i := range d.S.Lines {
		l := &d.S.Lines[i]
		charges, n := statement.Charges(l)
		if n == 0 && !statement.IsDeduction(l) {
			continue
		}
		if g == nil {
			g = d.entries()
		}
		if statement.IsDeduction(l) {
			d.adjustment(g, l)
		}
		for _, c := range charges[:n] {
			charged = true
			small := ""
			if l.ReferenceID != "" {
				small = d.T(statement.LabelPayout) + l.ReferenceID
			}
			g.row(entry{cells: []string{d.Moment(l.EventAt), d.T(c.Label) + d.prior(l.PriorPeriod), "", d.Signed(c.Amount)}, small: small, amount: c.Amount})
		}
	}
	if g == nil {
		d.paragraph(pdf.Regular, textSize, inkColor, d.NoDeduction())
		return
	}
	g.row(entry{total: true, cells: []string{"", d.TotalTaken(), "", d.Signed(-d.m.TakenAmount)}})
	g.end()
	if charged {
		d.paragraph(pdf.Regular, smallSize, softColor, d.T(statement.ChargesNote))
	}
}

func (d *printed) additions() {
	if d.S.Any(statement.IsAddition) {
		d.heading(d.T(statement.TitleAdded))
		d.AlignAdded()
		g := d.entries()
		for i := range d.S.Lines {
			if l := &d.S.Lines[i]; statement.IsAddition(l) {
				d.adjustment(g, l)
			}
		}
		g.end()
	}
}

// earlier says what part of the month belongs to earlier ones.
func (d *printed) earlier() {
	if d.S.HasEarlier() {
		d.heading(d.T(statement.TitleEarlier))
		d.paragraph(pdf.Regular, textSize, inkColor, d.Earlier().String())
	}
}

// payoutTable lists payouts from gross to what arrives.
func (d *printed) payoutTable() {
	d.heading(d.T(statement.TitlePayouts))
	d.Align()
	if !d.S.Any(statement.IsPayout) {
		d.paragraph(pdf.Regular, textSize, inkColor, d.NoPayouts().String())
		return
	}
	g := d.grid(column{title: d.T(statement.ColumnPayout)}, column{title: d.T(statement.ColumnDiamonds), width: 6400, right: true}, column{title: d.T(statement.ColumnBalance), width: 7600, right: true},
		column{title: d.T(statement.ColumnFee), width: 6000, right: true}, column{title: d.T(statement.ColumnWithheld), width: 6400, right: true}, column{title: d.ColumnNet(), width: 7800, right: true})
	for i := range d.S.Lines {
		l := &d.S.Lines[i]
		if !statement.IsPayout(l) {
			continue
		}
		title, _ := d.PayoutTitle(l)
		said := title.String()
		diamonds, balance := "", ""
		if !statement.LeftEarlier(l) { // which moves nothing of this month's balance
			diamonds, balance = d.optionalSigned(l.Diamonds), d.Signed(l.Amount)
		}
		g.row(entry{cells: []string{
			said + d.prior(l.PriorPeriod), diamonds, balance, d.optionalMoney(l.FeeAmount), d.optionalMoney(l.WithholdingAmount), d.optionalMoney(l.NetAmount),
		}, small: joined(d.PayoutTrail(l).String(), d.Exchange(l).String())})
	}
	g.end()
	d.paragraph(pdf.Regular, textSize, inkColor, d.PayoutSums().String())
}

// onItsWay lists what was requested and has not arrived, payout by payout.
func (d *printed) onItsWay() {
	lines := d.OnItsWay()
	if len(lines) == 0 {
		return
	}
	d.heading(d.T(statement.TitleOnItsWay))
	d.paragraph(pdf.Regular, textSize, inkColor, d.OnItsWayWhy().String())
	g := d.grid(column{title: d.T(statement.ColumnPayout)}, column{title: d.T(statement.ColumnRequested), width: 9600}, column{title: d.ColumnNet(), width: 9000, right: true})
	for _, l := range lines {
		requested := ""
		if l.EventAt != nil {
			requested = string(d.AppendDay(nil, *l.EventAt))
		}
		g.row(entry{cells: []string{l.ReferenceID, requested, d.optionalMoney(l.NetAmount)}, small: joined(d.OnItsWayTrail(l).String(), d.Exchange(l).String())})
	}
	g.row(entry{total: true, cells: []string{d.T(statement.TotalOnItsWay), "", d.Money(d.m.InTransitAmount)}})
	g.end()
}

// ending says what the balance is, the year so far, and how to check all this.
func (d *printed) ending() {
	d.heading(d.T(statement.TitleBalance))
	d.paragraph(pdf.Regular, textSize, inkColor, d.Closing().String())
	if d.m.ClosingAmount < 0 || d.m.ClosingDiamonds < 0 {
		d.paragraph(pdf.Regular, textSize, openColor, d.T(statement.WhyNegative))
	} else {
		d.held()
	}
	d.payoutTerms()
	d.yearToDate()
	d.heading(d.T(statement.TitleCheck))
	d.paragraph(pdf.Regular, smallSize, softColor, d.T(statement.HowToCheck)+" "+d.T(statement.NoViewers))
}

// feet writes the foot of every page, now that their number is known.
func (s *sheet) feet(text string, number func(page, of int) string) {
	y := s.size.Height - 3400
	for i := range s.Pages() {
		s.Turn(i)
		s.Rect(sheetMargin, y-1200, s.width(), 50, lineColor)
		s.TextRight(s.right(), y, pdf.Regular, smallSize, softColor, number(i+1, s.Pages()))
		s.Text(sheetMargin, y, pdf.Regular, smallSize, softColor, s.fitted(pdf.Regular, smallSize, s.width()-7000, text))
	}
}
