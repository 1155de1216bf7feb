package statement

import (
	"cmp"
	"slices"

	"carat/pipeline"
	"carat/reports/pages"
)

// rateRange is one rate and the dates in which it was in force, and the line
// that serves as its example: the gift that earned most under it.
type rateRange struct {
	from, to        *int64
	diamondsPerCoin pipeline.Rate
	rate            pipeline.Rate
	example         *pipeline.StatementLine
}

func isGift(l *pipeline.StatementLine) bool {
	return l.Section == sectionEarned && l.Reason != "reversal"
}

// collectRanges gives the rates that the gifts were judged by, earliest first.
// There are as many as rate changes: few.
func collectRanges(dst []rateRange, lines []pipeline.StatementLine) []rateRange {
	for i := range lines {
		l := &lines[i]
		if !isGift(l) {
			continue
		}
		at := slices.IndexFunc(dst, func(r rateRange) bool { return r.holds(l) })
		if at < 0 {
			dst = append(dst, rateRange{
				from: l.RateFrom, to: l.RateTo,
				diamondsPerCoin: valueOf(l.DiamondsPerCoin), rate: valueOf(l.Rate), example: l,
			})
			continue
		}
		if l.Amount > dst[at].example.Amount {
			dst[at].example = l
		}
	}
	slices.SortStableFunc(dst, func(a, b rateRange) int {
		return cmp.Or(cmp.Compare(valueOf(a.from), valueOf(b.from)), cmp.Compare(valueOf(a.to), valueOf(b.to)))
	})
	return dst
}

func (r *rateRange) holds(l *pipeline.StatementLine) bool {
	return samePointer(r.from, l.RateFrom) && samePointer(r.to, l.RateTo) &&
		r.diamondsPerCoin == valueOf(l.DiamondsPerCoin) && r.rate == valueOf(l.Rate)
}

func samePointer(a, b *int64) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func valueOf[T any](v *T) T {
	if v == nil {
		var zero T
		return zero
	}
	return *v
}

// inForce appends the dates of a rate: "1 Oct 2026 to 14 Oct 2026". An end is
// exclusive; at midnight it is the day before, to a reader.
func (p *page) inForce(from, to *int64) {
	switch {
	case from == nil && to == nil:
		p.Raw("always")
		return
	case to == nil:
		p.Raw("since ")
		p.dayOrMoment(*from)
		return
	case from != nil:
		p.dayOrMoment(*from)
	}
	end := timeIn(*to, p.zone)
	if from == nil {
		p.Raw("until ")
	} else {
		p.Raw(" to ")
	}
	if isMidnight(end) {
		p.B = end.AddDate(0, 0, -1).AppendFormat(p.B, "2 Jan 2006")
		return
	}
	p.moment(*to)
}

func (p *page) dayOrMoment(micros int64) {
	if isMidnight(timeIn(micros, p.zone)) {
		p.day(micros)
		return
	}
	p.moment(micros)
}

// gifts writes the gifts by type, in the order of the lines, by the rate they
// were judged by. Each row is the arithmetic of its own numbers.
func (p *page) gifts(ranges []rateRange) {
	p.Raw("<section>\n<h2>Gifts you received</h2>\n")
	if len(ranges) == 0 {
		p.Raw("<p>No gifts this month.</p>\n</section>\n")
		return
	}
	p.Raw("<table class=\"gifts\">\n<thead><tr><th scope=\"col\">Gift</th><th scope=\"col\" class=\"n\">Gifts</th>",
		"<th scope=\"col\" class=\"n\">Coins</th><th scope=\"col\" class=\"n\">× diamonds<br>per coin</th>",
		"<th scope=\"col\" class=\"n\">= Diamonds</th><th scope=\"col\" class=\"n\">× ")
	p.Text(p.currency)
	p.Raw("<br>per diamond</th><th scope=\"col\" class=\"n\">= ")
	p.Text(p.currency)
	p.Raw("</th></tr></thead>\n")
	rounded := false
	for i := range ranges {
		r := &ranges[i]
		p.Raw("<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"7\">Rates in force ")
		p.inForce(r.from, r.to)
		p.Raw("</th></tr>\n")
		for n := range p.s.Lines {
			l := &p.s.Lines[n]
			if isGift(l) && r.holds(l) {
				rounded = p.giftRow(l) || rounded
			}
		}
		p.Raw("</tbody>\n")
	}
	p.giftTotal()
	p.Raw("</table>\n")
	if rounded {
		p.Raw("<p class=\"note\">* Each gift is rounded to whole diamonds by itself, so this sum can differ from coins × rate. What rounding kept is under \u201cWho gets what\u201d.</p>\n")
	}
	p.Raw("</section>\n")
}

// giftRow says whether rounding shows in the row.
func (p *page) giftRow(l *pipeline.StatementLine) (rounded bool) {
	p.Raw("<tr><th scope=\"row\">")
	p.giftName(l)
	p.tagPrior(l)
	if l.StreamID != "" {
		p.Raw("<small>stream ")
		p.Name(l.StreamID)
		p.Raw("</small>")
	}
	p.Raw("</th>")
	p.wholeCell(l.Count)
	p.wholeCell(l.Coins)
	p.rateCell(l.DiamondsPerCoin)
	rounded = l.Coins != nil && l.Diamonds != nil && l.DiamondsPerCoin != nil &&
		!productIs(*l.Coins, int64(*l.DiamondsPerCoin), *l.Diamonds, 1_000_000_000)
	p.Raw("<td class=\"n\">")
	if l.Diamonds != nil {
		p.Whole(*l.Diamonds)
	}
	if rounded {
		p.Raw("<sup>*</sup>")
	}
	p.Raw("</td>")
	p.rateCell(l.Rate)
	p.Raw("<td class=\"n sum\">")
	p.money(l.Amount)
	p.Raw("</td></tr>\n")
	return rounded
}

// giftTotal ends the table with the summary's own totals. Where gifts were
// reversed, the totals are after that and say so.
func (p *page) giftTotal() {
	m := &p.s.Summary
	label := pages.Markup("Earned")
	if p.takenBack() {
		label = "Earned, less the gifts taken back below"
	}
	p.Raw("<tfoot><tr><th scope=\"row\">", label, "</th><td class=\"n\">")
	p.Whole(m.GiftCount)
	p.Raw("</td><td class=\"n\">")
	p.Whole(m.GiftCoins)
	p.Raw("</td><td></td><td class=\"n\">")
	p.Whole(m.EarnedDiamonds)
	p.Raw("</td><td></td><td class=\"n sum\">")
	p.money(m.EarnedAmount)
	p.Raw("</td></tr></tfoot>\n")
}

// takenBack says whether gifts were reversed in the month.
func (p *page) takenBack() bool {
	return p.any(func(l *pipeline.StatementLine) bool { return l.Section == sectionEarned && l.Reason == "reversal" })
}

func (p *page) giftName(l *pipeline.StatementLine) {
	switch {
	case l.Label != "":
		p.Name(l.Label)
	case l.GiftID != "":
		p.Raw("Gift ")
		p.Name(l.GiftID)
	default:
		p.Raw("Gift")
	}
}

func (p *page) tagPrior(l *pipeline.StatementLine) {
	if l.PriorPeriod {
		p.Raw(" <span class=\"tag\">earlier month</span>")
	}
}

func (p *page) wholeCell(v *int64) {
	p.Raw("<td class=\"n\">")
	if v != nil {
		p.Whole(*v)
	}
	p.Raw("</td>")
}

func (p *page) rateCell(v *pipeline.Rate) {
	p.Raw("<td class=\"n r\">")
	if v != nil {
		p.Raw("× ")
		p.rate(*v)
	}
	p.Raw("</td>")
}

func (p *page) any(is func(*pipeline.StatementLine) bool) bool {
	for i := range p.s.Lines {
		if is(&p.s.Lines[i]) {
			return true
		}
	}
	return false
}

// reversals writes the gifts that were taken back, each with the event it goes back to.
func (p *page) reversals() {
	open := false
	for i := range p.s.Lines {
		l := &p.s.Lines[i]
		if l.Section != sectionEarned || l.Reason != "reversal" {
			continue
		}
		if !open {
			open = true
			p.Raw("<section>\n<h2>Gifts taken back</h2>\n<p>These gifts were undone after they were sent. Their diamonds are taken back at the rate at which they are booked; they are already part of \u201cearned\u201d above.</p>\n")
			p.entryHead("Gift")
		}
		p.entryRow(l)
	}
	if open {
		p.Raw("</tbody></table>\n</section>\n")
	}
}
