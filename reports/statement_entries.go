package reports

import "carat/pipeline"

// reasonWords says in words what a reason code means to a creator.
func reasonWords(code string) (words markup, known bool) {
	switch code {
	case "reversal":
		return "Gift reversed: it was undone after it was sent", true
	case "bonus":
		return "Bonus", true
	case "split":
		return "Shared gift: divided between the creators of one stream", true
	case "clawback":
		return "Clawback: the coins that paid for gifts to you were refunded to the viewer", true
	case "penalty":
		return "Penalty: deducted for a breach of the platform\u2019s rules", true
	case "correction":
		return "Correction of an earlier booking", true
	case "payout":
		return "Payout", true
	case "payout_failed":
		return "Payout failed: the money is back in your balance", true
	case "payout_returned":
		return "Payout returned by the bank: the money is back in your balance", true
	case "rate_change":
		return "Rate change on diamonds you hold", true
	case "payout_fraction":
		return "Rounding of a payout to whole units", true
	case "payout_paid":
		return "Payout of an earlier month, paid", true
	case "millionths":
		return "Rounding below a millionth", true
	}
	return "", false
}

func (p *page) reason(code string) {
	if words, known := reasonWords(code); known {
		p.raw(words)
		return
	}
	p.name(code)
}

func (p *page) entryHead(what markup) {
	p.raw("<table class=\"entries\">\n<thead><tr><th scope=\"col\">Date</th><th scope=\"col\">", what,
		"</th><th scope=\"col\" class=\"n\">Diamonds</th><th scope=\"col\" class=\"n\">")
	p.text(p.currency)
	p.raw("</th></tr></thead>\n<tbody>\n")
}

// entryRow writes one dated line: what, why, what it goes back to.
func (p *page) entryRow(l *pipeline.StatementLine) {
	p.raw("<tr><td class=\"when\">")
	if l.EventAt != nil {
		p.moment(*l.EventAt)
	}
	p.raw("</td><th scope=\"row\">")
	if l.Label != "" || l.GiftID != "" {
		p.giftName(l)
		p.raw(". ")
	}
	p.reason(l.Reason)
	p.tagPrior(l)
	p.references(l)
	p.raw("</th><td class=\"n\">")
	if l.Diamonds != nil {
		p.signedWhole(*l.Diamonds)
	}
	p.raw("</td><td class=\"n sum\">")
	p.signed(l.Amount)
	p.raw("</td></tr>\n")
}

// references appends what a line goes back to, and the rate it was valued at.
func (p *page) references(l *pipeline.StatementLine) {
	if l.OriginalEventID == "" && l.ReferenceID == "" && l.Rate == nil {
		return
	}
	separator := markup("<small>")
	next := func(m markup) {
		p.raw(separator, m)
		separator = " · "
	}
	if l.OriginalEventID != "" {
		next("original event ")
		p.name(l.OriginalEventID)
	}
	if l.ReferenceID != "" {
		next("reference ")
		p.name(l.ReferenceID)
	}
	if l.Diamonds != nil && l.Rate != nil {
		next("at ")
		p.rate(*l.Rate)
		p.raw("&nbsp;")
		p.text(p.currency)
		p.raw(" per diamond")
	}
	p.raw("</small>")
}

// taken lists every deduction with its reason: negative adjustments, and the
// fee and the tax of each payout.
func (p *page) taken() {
	p.raw("<section>\n<h2>What was taken, and why</h2>\n")
	open, charged := false, false
	head := func() {
		if !open {
			open = true
			p.entryHead("Reason")
		}
	}
	for i := range p.s.Lines {
		l := &p.s.Lines[i]
		switch l.Section {
		case sectionAdjusted:
			if l.Amount < 0 || l.Amount == 0 && valueOf(l.Diamonds) < 0 {
				head()
				p.entryRow(l)
			}
		case sectionRedeemed, sectionReturned:
			// A payout requested earlier was charged earlier.
			if l.Reason != "payout_paid" && (valueOf(l.FeeAmount) != 0 || valueOf(l.WithholdingAmount) != 0) {
				head()
				charged = true
				p.charges(l)
			}
		}
	}
	if !open {
		p.raw("<p>Nothing was deducted this month.</p>\n</section>\n")
		return
	}
	p.raw("</tbody>\n<tfoot><tr><td></td><th scope=\"row\">Taken this month</th><td></td><td class=\"n sum\">")
	p.signed(-p.s.Summary.TakenAmount)
	p.raw("</td></tr></tfoot>\n</table>\n")
	if charged {
		p.raw("<p class=\"note\">Fees and tax are taken out of the payout itself: they lower what arrives, not your balance a second time.</p>\n")
	}
	p.raw("</section>\n")
}

// charges writes the fee and the tax of a payout, or of one that came back.
func (p *page) charges(l *pipeline.StatementLine) {
	fee, tax := valueOf(l.FeeAmount), valueOf(l.WithholdingAmount)
	feeLabel, taxLabel := markup("Payout fee"), markup("Tax withheld from a payout")
	if l.Section == sectionReturned {
		feeLabel, taxLabel = "Payout fee given back", "Withheld tax given back"
	} else {
		fee, tax = -fee, -tax
	}
	if fee != 0 {
		p.chargeRow(l, feeLabel, fee)
	}
	if tax != 0 {
		p.chargeRow(l, taxLabel, tax)
	}
}

func (p *page) chargeRow(l *pipeline.StatementLine, label markup, v pipeline.Amount) {
	p.raw("<tr><td class=\"when\">")
	if l.EventAt != nil {
		p.moment(*l.EventAt)
	}
	p.raw("</td><th scope=\"row\">", label)
	p.tagPrior(l)
	if l.ReferenceID != "" {
		p.raw("<small>payout ")
		p.name(l.ReferenceID)
		p.raw("</small>")
	}
	p.raw("</th><td></td><td class=\"n sum\">")
	p.signed(v)
	p.raw("</td></tr>\n")
}

// added lists bonuses and corrections in the creator's favour.
func (p *page) added() {
	open := false
	for i := range p.s.Lines {
		l := &p.s.Lines[i]
		if l.Section != sectionAdjusted || l.Amount < 0 || l.Amount == 0 && valueOf(l.Diamonds) < 0 {
			continue
		}
		if !open {
			open = true
			p.raw("<section>\n<h2>What was added</h2>\n")
			p.entryHead("Reason")
		}
		p.entryRow(l)
	}
	if open {
		p.raw("</tbody></table>\n</section>\n")
	}
}

// priorPeriod says what part of the month belongs to earlier ones.
func (p *page) priorPeriod() {
	m := &p.s.Summary
	if m.PriorPeriodAmount == 0 && !p.any(func(l *pipeline.StatementLine) bool { return l.PriorPeriod }) {
		return
	}
	p.raw("<section>\n<h2>From earlier months</h2>\n<p>Lines marked <span class=\"tag\">earlier month</span> happened before ")
	p.b = p.start.AppendFormat(p.b, "2 January 2006")
	p.raw(" but reached the books after that month was closed. They are valued at the rates of their own date and change your earnings and adjustments by <span class=\"n\">")
	p.signed(p.s.Summary.PriorPeriodAmount)
	p.raw("</span>&nbsp;")
	p.text(p.currency)
	p.raw(" in all, already included above.</p>\n</section>\n")
}
