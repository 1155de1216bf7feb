package html

import (
	"carat/pipeline"
	"carat/reports/statement"
)

func (p *page) entryHead(what string) {
	p.Raw("<table class=\"entries\">\n")
	p.columns(2, p.w.T(statement.ColumnDate), what, p.w.T(statement.ColumnDiamonds), p.w.Currency)
	p.Raw("<tbody>\n")
}

// entryRow writes one dated line: what, why, what it goes back to.
func (p *page) entryRow(l *pipeline.StatementLine) {
	p.when(l)
	p.say(p.w.LineReason(l))
	p.tagPrior(l.PriorPeriod)
	if trail := p.w.LineTrail(l); len(trail.Bytes) > 0 {
		p.Raw("<small>")
		p.say(trail)
		p.Raw("</small>")
	}
	p.Raw("</th>")
	p.movedCell(l.Diamonds)
	p.amountCell(l.Amount)
}

// taken lists every deduction with its reason: negative adjustments, and the
// fee and the tax of each payout.
func (p *page) taken() {
	p.section(p.t(statement.TitleTaken))
	open, charged := false, false
	p.w.AlignTaken()
	head := func() {
		if !open {
			open = true
			p.entryHead(p.w.T(statement.ColumnReason))
		}
	}
	for i := range p.s.Lines {
		l := &p.s.Lines[i]
		if statement.IsDeduction(l) {
			head()
			p.entryRow(l)
		}
		charges, n := statement.Charges(l)
		for _, c := range charges[:n] {
			head()
			charged = true
			p.chargeRow(l, c)
		}
	}
	if !open {
		p.Raw("<p>")
		p.Text(p.w.NoDeduction())
		p.Raw("</p>\n</section>\n")
		return
	}
	p.Raw("</tbody>\n<tfoot><tr><td></td><th scope=\"row\">")
	p.Text(p.w.TotalTaken())
	p.Raw("</th><td></td><td class=\"n sum\">")
	p.signed(-p.m.TakenAmount)
	p.Raw("</td></tr></tfoot>\n</table>\n")
	if charged {
		p.note(p.t(statement.ChargesNote))
	}
	p.Raw("</section>\n")
}

func (p *page) chargeRow(l *pipeline.StatementLine, c statement.Charge) {
	p.when(l)
	p.Text(p.w.T(c.Label))
	p.tagPrior(l.PriorPeriod)
	if l.ReferenceID != "" {
		p.Raw("<small>", p.t(statement.LabelPayout))
		p.id([]byte(l.ReferenceID))
		p.Raw("</small>")
	}
	p.Raw("</th><td></td>")
	p.amountCell(c.Amount)
}

// added lists bonuses and corrections in the creator's favour.
func (p *page) added() {
	if !p.s.Any(statement.IsAddition) {
		return
	}
	p.section(p.t(statement.TitleAdded))
	p.w.AlignAdded()
	p.entryHead(p.w.T(statement.ColumnReason))
	for i := range p.s.Lines {
		if l := &p.s.Lines[i]; statement.IsAddition(l) {
			p.entryRow(l)
		}
	}
	p.Raw("</tbody></table>\n</section>\n")
}

// priorPeriod says what part of the month belongs to earlier ones.
func (p *page) priorPeriod() {
	if !p.s.HasEarlier() {
		return
	}
	p.section(p.t(statement.TitleEarlier))
	p.paragraph("", p.w.Earlier())
	p.Raw("</section>\n")
}

// movedCell appends diamonds as they change the balance; "" for none.
func (p *page) movedCell(v *int64) {
	if v != nil && (*v == 1 || *v == -1) {
		p.Raw("<td class=\"n one\">")
	} else {
		p.Raw("<td class=\"n\">")
	}
	if v != nil {
		p.signedWhole(*v)
	}
	p.Raw("</td>")
}

// amountCell ends a row with what it moves.
func (p *page) amountCell(v pipeline.Amount) {
	p.Raw("<td class=\"n sum\">")
	p.signed(v)
	p.Raw("</td></tr>\n")
}
