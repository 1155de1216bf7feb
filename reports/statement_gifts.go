package reports

import (
	"cmp"
	"slices"

	"carat/pipeline"
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
		p.raw("always")
		return
	case to == nil:
		p.raw("since ")
		p.dayOrMoment(*from)
		return
	case from != nil:
		p.dayOrMoment(*from)
	}
	end := timeIn(*to, p.zone)
	if from == nil {
		p.raw("until ")
	} else {
		p.raw(" to ")
	}
	if isMidnight(end) {
		p.b = end.AddDate(0, 0, -1).AppendFormat(p.b, "2 Jan 2006")
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
	p.raw("<section>\n<h2>Gifts you received</h2>\n")
	if len(ranges) == 0 {
		p.raw("<p>No gifts this month.</p>\n</section>\n")
		return
	}
	p.raw("<table class=\"gifts\">\n<thead><tr><th scope=\"col\">Gift</th><th scope=\"col\" class=\"n\">Gifts</th>",
		"<th scope=\"col\" class=\"n\">Coins</th><th scope=\"col\" class=\"n\">× diamonds<br>per coin</th>",
		"<th scope=\"col\" class=\"n\">= Diamonds</th><th scope=\"col\" class=\"n\">× ")
	p.text(p.currency)
	p.raw("<br>per diamond</th><th scope=\"col\" class=\"n\">= ")
	p.text(p.currency)
	p.raw("</th></tr></thead>\n")
	rounded := false
	for i := range ranges {
		r := &ranges[i]
		p.raw("<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"7\">Rates in force ")
		p.inForce(r.from, r.to)
		p.raw("</th></tr>\n")
		for n := range p.s.Lines {
			l := &p.s.Lines[n]
			if isGift(l) && r.holds(l) {
				rounded = p.giftRow(l) || rounded
			}
		}
		p.raw("</tbody>\n")
	}
	p.giftTotal()
	p.raw("</table>\n")
	if rounded {
		p.raw("<p class=\"note\">* Each gift is rounded to whole diamonds by itself, so this sum can differ from coins × rate. What rounding kept is under \u201cWho gets what\u201d.</p>\n")
	}
	p.raw("</section>\n")
}

// giftRow says whether rounding shows in the row.
func (p *page) giftRow(l *pipeline.StatementLine) (rounded bool) {
	p.raw("<tr><th scope=\"row\">")
	p.giftName(l)
	p.tagPrior(l)
	if l.StreamID != "" {
		p.raw("<small>stream ")
		p.name(l.StreamID)
		p.raw("</small>")
	}
	p.raw("</th>")
	p.wholeCell(l.Count)
	p.wholeCell(l.Coins)
	p.rateCell(l.DiamondsPerCoin)
	rounded = l.Coins != nil && l.Diamonds != nil && l.DiamondsPerCoin != nil &&
		!productIs(*l.Coins, int64(*l.DiamondsPerCoin), *l.Diamonds, 1_000_000_000)
	p.raw("<td class=\"n\">")
	if l.Diamonds != nil {
		p.whole(*l.Diamonds)
	}
	if rounded {
		p.raw("<sup>*</sup>")
	}
	p.raw("</td>")
	p.rateCell(l.Rate)
	p.raw("<td class=\"n sum\">")
	p.money(l.Amount)
	p.raw("</td></tr>\n")
	return rounded
}

// giftTotal ends the table with the summary's own totals. Where gifts were
// reversed, the totals are after that and say so.
func (p *page) giftTotal() {
	m := &p.s.Summary
	label := markup("Earned")
	if p.takenBack() {
		label = "Earned, less the gifts taken back below"
	}
	p.raw("<tfoot><tr><th scope=\"row\">", label, "</th><td class=\"n\">")
	p.whole(m.GiftCount)
	p.raw("</td><td class=\"n\">")
	p.whole(m.GiftCoins)
	p.raw("</td><td></td><td class=\"n\">")
	p.whole(m.EarnedDiamonds)
	p.raw("</td><td></td><td class=\"n sum\">")
	p.money(m.EarnedAmount)
	p.raw("</td></tr></tfoot>\n")
}

// takenBack says whether gifts were reversed in the month.
func (p *page) takenBack() bool {
	return p.any(func(l *pipeline.StatementLine) bool { return l.Section == sectionEarned && l.Reason == "reversal" })
}

func (p *page) giftName(l *pipeline.StatementLine) {
	switch {
	case l.Label != "":
		p.name(l.Label)
	case l.GiftID != "":
		p.raw("Gift ")
		p.name(l.GiftID)
	default:
		p.raw("Gift")
	}
}

func (p *page) tagPrior(l *pipeline.StatementLine) {
	if l.PriorPeriod {
		p.raw(" <span class=\"tag\">earlier month</span>")
	}
}

func (p *page) wholeCell(v *int64) {
	p.raw("<td class=\"n\">")
	if v != nil {
		p.whole(*v)
	}
	p.raw("</td>")
}

func (p *page) rateCell(v *pipeline.Rate) {
	p.raw("<td class=\"n r\">")
	if v != nil {
		p.raw("× ")
		p.rate(*v)
	}
	p.raw("</td>")
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
			p.raw("<section>\n<h2>Gifts taken back</h2>\n<p>These gifts were undone after they were sent. Their diamonds are taken back at the rate at which they are booked; they are already part of \u201cearned\u201d above.</p>\n")
			p.entryHead("Gift")
		}
		p.entryRow(l)
	}
	if open {
		p.raw("</tbody></table>\n</section>\n")
	}
}
