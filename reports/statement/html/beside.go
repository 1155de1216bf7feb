package html

import (
	"carat/pipeline"
	"carat/reports/statement"
)

// replaced says, at the top of a new version, what moved since the one before
// and why.
func (p *page) replaced() {
	r := p.s.Replaced
	if r == nil {
		return
	}
	p.Raw("<section class=\"replaced\">\n<h2>")
	p.say(p.w.ReplacedTitle())
	p.Raw("</h2>\n")
	p.paragraph("", p.w.ReplacedWhy())
	if len(p.s.Moves) > 0 {
		p.w.AlignMoves()
		p.Raw("<table class=\"moves\">\n")
		p.columns(1, p.w.T(statement.ColumnItem), p.w.ColumnVersion(r.Version).String(), p.w.T(statement.ColumnNow), p.w.T(statement.ColumnChange))
		p.Raw("<tbody>\n")
		for i := range p.s.Moves {
			m := &p.s.Moves[i]
			p.Raw("<tr><th scope=\"row\">")
			p.Text(p.w.T(statement.Item(m.Item)))
			p.Raw("</th>")
			p.moneyCell(&m.AmountBefore, "")
			p.moneyCell(&m.AmountNow, "")
			p.Raw("<td class=\"n sum\">")
			p.signed(m.AmountMoved)
			if m.DiamondsMoved != 0 {
				p.Raw("<small>")
				p.say(p.w.SignedDiamonds(m.DiamondsMoved))
				p.Raw("</small>")
			}
			p.Raw("</td></tr>\n")
		}
		p.Raw("</tbody>\n</table>\n")
	}
	p.Raw("</section>\n")
}

// streams lists what each live stream came to.
func (p *page) streams() {
	streams := p.s.Told()
	if len(streams) == 0 {
		return
	}
	p.section(p.t(statement.TitleStreams))
	p.w.AlignStreams()
	p.giftHead(p.w.T(statement.ColumnStream))
	p.Raw("<tbody>\n")
	for i := range streams {
		p.streamRow(&streams[i])
	}
	p.Raw("</tbody>\n")
	p.giftTotal()
	p.Raw("</table>\n")
	p.note(p.t(statement.StreamsNote))
	p.Raw("</section>\n")
}

func (p *page) streamRow(t *pipeline.StatementStream) {
	p.Raw("<tr><th scope=\"row\">")
	p.say(p.w.Stream(t))
	p.tagPrior(t.PriorPeriod)
	p.Raw("<small>")
	p.say(p.w.StreamTrail(t))
	p.Raw("</small></th>")
	p.wholeCell(&t.Gifts)
	p.wholeCell(&t.Coins)
	p.perCoinCell(t.DiamondsPerCoin)
	p.wholeCell(&t.Diamonds)
	p.perDiamondCell(t.Rate)
	p.moneyCell(&t.Amount, " sum")
	p.Raw("</tr>\n")
}

// held says what of the balance can't be paid out yet, and when it can.
func (p *page) held() {
	all := p.s.Releases
	if len(all) == 0 {
		return
	}
	p.paragraph("", p.w.Held())
	p.w.AlignHeld()
	p.Raw("<table class=\"free\">\n")
	p.columns(1, p.w.T(statement.ColumnFreeFrom), p.w.T(statement.ColumnDiamonds), p.w.Currency)
	p.Raw("<tbody>\n")
	for i := range all {
		p.Raw("<tr><th scope=\"row\">")
		p.say(p.w.FreeFrom(all[i].ReleaseAt))
		p.Raw("</th>")
		p.wholeCell(&all[i].Diamonds)
		p.moneyCell(&all[i].Amount, " sum")
		p.Raw("</tr>\n")
	}
	p.Raw("</tbody>\n<tfoot><tr><th scope=\"row\">", p.t(statement.TotalHeld), "</th>")
	p.wholeCell(&all[0].HeldDiamonds)
	p.moneyCell(&all[0].HeldAmount, " sum")
	p.Raw("</tr></tfoot>\n</table>\n")
}

// yearToDate says what the calendar year came to so far.
func (p *page) yearToDate() {
	y := p.s.Year
	if y == nil {
		return
	}
	if p.s.NothingInYear() {
		p.Raw("<p><b>")
		p.say(p.w.YearTitle())
		p.Raw("</b>. ", p.t(statement.NothingInYear), "</p>\n")
		return
	}
	p.w.Align()
	p.Raw("<table class=\"year\">\n<caption>")
	p.say(p.w.YearTitle())
	p.Raw("</caption>\n")
	p.columns(0, p.w.T(statement.ColumnEarned), p.w.T(statement.ColumnAdjusted), p.w.T(statement.ColumnGross), p.w.T(statement.ColumnWithheld), p.w.T(statement.ColumnFees), p.w.T(statement.ColumnPaid))
	p.Raw("<tbody><tr>")
	for _, v := range []*pipeline.Amount{&y.Earned, &y.Adjusted, &y.Gross, &y.Withheld, &y.Fees, &y.Paid} {
		p.moneyCell(v, "")
	}
	p.Raw("</tr></tbody>\n</table>\n")
	p.note(p.t(statement.YearNote))
	if p.s.Summary.InTransitAmount != 0 {
		p.Raw("<p class=\"note\">")
		p.say(p.w.NotYetPaid())
		p.Raw("</p>\n")
	}
}
