package html

import (
	"carat/pipeline"
	"carat/reports/statement"
)

// gifts writes the gifts by type, in the order of the lines, by the rate they
// were judged by. Each row is the arithmetic of its own numbers.
func (p *page) gifts() {
	p.section(p.t(statement.TitleGifts))
	ranges := p.w.Ranges()
	if len(ranges) == 0 {
		p.Raw("<p>", p.t(statement.NoGifts), "</p>\n</section>\n")
		return
	}
	p.w.AlignGifts()
	p.giftHead(p.w.T(statement.ColumnGift))
	rounded := false
	for i := range ranges {
		r := &ranges[i]
		p.Raw("<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"7\">")
		p.say(p.w.RatesInForce(r.From, r.To))
		p.Raw("</th></tr>\n")
		for n := range p.s.Lines {
			l := &p.s.Lines[n]
			if statement.IsGift(l) && r.Holds(l) {
				rounded = p.giftRow(l) || rounded
			}
		}
		p.Raw("</tbody>\n")
	}
	p.giftTotal()
	p.Raw("</table>\n")
	if rounded {
		p.note(p.t(statement.GiftsRounded))
	}
	p.Raw("</section>\n")
}

// giftHead begins a table of gifts.
func (p *page) giftHead(first string) {
	p.Raw("<table class=\"gifts\">\n")
	p.columns(1, first, p.w.T(statement.ColumnGifts), p.w.T(statement.ColumnCoins), p.w.T(statement.ColumnPerCoin), p.w.T(statement.ColumnIsDiamonds),
		p.w.ColumnPerDiamond(), p.w.ColumnIsMoney())
}

// giftRow says whether rounding shows in the row.
func (p *page) giftRow(l *pipeline.StatementLine) (rounded bool) {
	p.Raw("<tr><th scope=\"row\">")
	p.say(p.w.Gift(l))
	p.tagPrior(l.PriorPeriod)
	if l.StreamID != "" {
		p.Raw("<small>", p.t(statement.LabelStream))
		p.id([]byte(l.StreamID))
		p.Raw("</small>")
	}
	p.Raw("</th>")
	p.wholeCell(l.Count)
	p.wholeCell(l.Coins)
	p.perCoinCell(l.DiamondsPerCoin)
	rounded = statement.IsRounded(l)
	if l.Diamonds != nil && *l.Diamonds == 1 {
		p.Raw("<td class=\"n one\">")
	} else {
		p.Raw("<td class=\"n\">")
	}
	if l.Diamonds != nil {
		p.Whole(*l.Diamonds)
	}
	if rounded {
		p.Raw("<sup>", statement.RoundedSign, "</sup>")
	}
	p.Raw("</td>")
	p.perDiamondCell(l.Rate)
	p.moneyCell(&l.Amount, " sum")
	p.Raw("</tr>\n")
	return rounded
}

// giftTotal ends a table of gifts with the summary's own totals.
func (p *page) giftTotal() {
	m := p.m
	p.Raw("<tfoot><tr><th scope=\"row\">")
	p.Text(p.w.TotalEarned())
	p.Raw("</th>")
	p.wholeCell(&m.GiftCount)
	p.wholeCell(&m.GiftCoins)
	p.Raw("<td></td>")
	p.wholeCell(&m.EarnedDiamonds)
	p.Raw("<td></td>")
	p.moneyCell(&m.EarnedAmount, " sum")
	p.Raw("</tr></tfoot>\n")
}

// reversals writes the gifts that were taken back, each with the event it goes back to.
func (p *page) reversals() {
	if !p.s.Any(statement.IsTakenBack) {
		return
	}
	p.section(p.t(statement.TitleTakenBack))
	p.Raw("<p>", p.t(statement.TakenBackWhy), " ", p.t(statement.TakenBackWhere), "</p>\n")
	p.w.AlignTakenBack()
	p.entryHead(p.w.T(statement.ColumnGift))
	for i := range p.s.Lines {
		if l := &p.s.Lines[i]; statement.IsTakenBack(l) {
			p.entryRow(l)
		}
	}
	p.Raw("</tbody></table>\n</section>\n")
}
