package html

import (
	"carat/pipeline"
	"carat/reports/pages"
	"carat/reports/statement"
)

// payouts lists what was requested and what came back, each with the way from
// its gross amount to what arrives.
func (p *page) payouts() {
	p.section(p.t(statement.TitlePayouts))
	if !p.s.Any(statement.IsPayout) {
		p.paragraph("", p.w.NoPayouts())
		p.Raw("</section>\n")
		return
	}
	p.w.Align()
	p.Raw("<table class=\"payouts\">\n")
	p.columns(1, p.w.T(statement.ColumnPayout), p.w.T(statement.ColumnDiamonds), p.w.T(statement.ColumnBalance), p.w.T(statement.ColumnFee), p.w.T(statement.ColumnWithheld), p.w.ColumnNet())
	p.Raw("<tbody>\n")
	for i := range p.s.Lines {
		if l := &p.s.Lines[i]; statement.IsPayout(l) {
			p.payoutRow(l)
		}
	}
	p.Raw("</tbody>\n</table>\n")
	if sums := p.w.PayoutSums(); len(sums.Bytes) > 0 {
		p.paragraph("", sums)
	}
	p.Raw("</section>\n")
}

func (p *page) payoutRow(l *pipeline.StatementLine) {
	p.Raw("<tr><th scope=\"row\">")
	if title, status := p.w.PayoutTitle(l); status {
		p.Raw("<b class=\"status ", pages.Markup(statement.StatusLetter(l)), "\">")
		p.say(title)
		p.Raw("</b>")
	} else {
		p.say(title)
	}
	p.tagPrior(l.PriorPeriod)
	p.Raw("<small>")
	p.say(p.w.PayoutTrail(l))
	p.Raw("</small>")
	if exchange := p.w.Exchange(l); len(exchange.Bytes) > 0 {
		p.Raw("<small>")
		p.say(exchange)
		p.Raw("</small>")
	}
	p.Raw("</th>")
	if statement.LeftEarlier(l) { // it moves nothing of this month's balance
		p.Raw("<td class=\"n\"></td><td class=\"n\"></td>")
	} else {
		p.movedCell(l.Diamonds)
		p.Raw("<td class=\"n\">")
		p.signed(l.Amount)
		p.Raw("</td>")
	}
	p.moneyCell(l.FeeAmount, "")
	p.moneyCell(l.WithholdingAmount, "")
	p.moneyCell(l.NetAmount, " sum")
	p.Raw("</tr>\n")
}

// onItsWay lists what was requested and has not arrived, payout by payout.
func (p *page) onItsWay() {
	lines := p.w.OnItsWay()
	if len(lines) == 0 {
		return
	}
	p.section(p.t(statement.TitleOnItsWay))
	p.paragraph("", p.w.OnItsWayWhy())
	p.Raw("<table class=\"free way\">\n")
	p.columns(2, p.w.T(statement.ColumnPayout), p.w.T(statement.ColumnRequested), p.w.ColumnNet())
	p.Raw("<tbody>\n")
	for _, l := range lines {
		p.Raw("<tr><th scope=\"row\">")
		p.id([]byte(l.ReferenceID))
		p.Raw("<small>")
		p.say(p.w.OnItsWayTrail(l))
		p.Raw("</small>")
		if exchange := p.w.Exchange(l); len(exchange.Bytes) > 0 {
			p.Raw("<small>")
			p.say(exchange)
			p.Raw("</small>")
		}
		p.Raw("</th><td class=\"when\">")
		if l.EventAt != nil {
			p.B = p.w.AppendDay(p.B, *l.EventAt)
		}
		p.Raw("</td>")
		p.moneyCell(l.NetAmount, " sum")
		p.Raw("</tr>\n")
	}
	p.Raw("</tbody>\n<tfoot><tr><th scope=\"row\">", p.t(statement.TotalOnItsWay), "</th><td></td>")
	p.moneyCell(&p.m.InTransitAmount, " sum")
	p.Raw("</tr></tfoot>\n</table>\n</section>\n")
}

// closing says what the balance is and when it can be paid, as far as the rows say.
func (p *page) closing() {
	m := p.m
	p.section(p.t(statement.TitleBalance))
	p.paragraph("", p.w.Closing())
	if m.ClosingAmount < 0 || m.ClosingDiamonds < 0 {
		p.Raw("<p class=\"callout\">", p.t(statement.WhyNegative), "</p>\n")
	} else {
		p.held()
	}
	if p.s.Terms != nil {
		p.Raw("<ul>\n")
		p.w.Terms(func(t *statement.Text) {
			p.Raw("<li>")
			p.say(t)
			p.Raw("</li>\n")
		})
		p.Raw("</ul>\n")
	}
	p.yearToDate()
	p.Raw("</section>\n")
}
