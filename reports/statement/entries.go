package statement

import (
	"carat/pipeline"
	"carat/reports/pages"
)

// reasonWords says in words what a reason code means to a creator.
func reasonWords(code string) (words pages.Markup, known bool) {
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
		p.Raw(words)
		return
	}
	p.Name(code)
}

func (p *page) entryHead(what pages.Markup) {
	p.Raw("<table class=\"entries\">\n<thead><tr><th scope=\"col\">Date</th><th scope=\"col\">", what,
		"</th><th scope=\"col\" class=\"n\">Diamonds</th><th scope=\"col\" class=\"n\">")
	p.Text(p.currency)
	p.Raw("</th></tr></thead>\n<tbody>\n")
}

// entryRow writes one dated line: what, why, what it goes back to.
func (p *page) entryRow(l *pipeline.StatementLine) {
	p.Raw("<tr><td class=\"when\">")
	if l.EventAt != nil {
		p.moment(*l.EventAt)
	}
	p.Raw("</td><th scope=\"row\">")
	if l.Label != "" || l.GiftID != "" {
		p.giftName(l)
		p.Raw(". ")
	}
	p.reason(l.Reason)
	p.tagPrior(l)
	p.references(l)
	p.Raw("</th><td class=\"n\">")
	if l.Diamonds != nil {
		p.signedWhole(*l.Diamonds)
	}
	p.Raw("</td><td class=\"n sum\">")
	p.signed(l.Amount)
	p.Raw("</td></tr>\n")
}

// references appends what a line goes back to, and the rate it was valued at.
func (p *page) references(l *pipeline.StatementLine) {
	if l.OriginalEventID == "" && l.ReferenceID == "" && l.Rate == nil {
		return
	}
	separator := pages.Markup("<small>")
	next := func(m pages.Markup) {
		p.Raw(separator, m)
		separator = " · "
	}
	if l.OriginalEventID != "" {
		next("original event ")
		p.Name(l.OriginalEventID)
	}
	if l.ReferenceID != "" {
		next("reference ")
		p.Name(l.ReferenceID)
	}
	if l.Diamonds != nil && l.Rate != nil {
		next("at ")
		p.rate(*l.Rate)
		p.Raw("&nbsp;")
		p.Text(p.currency)
		p.Raw(" per diamond")
	}
	p.Raw("</small>")
}

// taken lists every deduction with its reason: negative adjustments, and the
// fee and the tax of each payout.
func (p *page) taken() {
	p.Raw("<section>\n<h2>What was taken, and why</h2>\n")
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
		p.Raw("<p>Nothing was deducted this month.</p>\n</section>\n")
		return
	}
	p.Raw("</tbody>\n<tfoot><tr><td></td><th scope=\"row\">Taken this month</th><td></td><td class=\"n sum\">")
	p.signed(-p.s.Summary.TakenAmount)
	p.Raw("</td></tr></tfoot>\n</table>\n")
	if charged {
		p.Raw("<p class=\"note\">Fees and tax are taken out of the payout itself: they lower what arrives, not your balance a second time.</p>\n")
	}
	p.Raw("</section>\n")
}

// charges writes the fee and the tax of a payout, or of one that came back.
func (p *page) charges(l *pipeline.StatementLine) {
	fee, tax := valueOf(l.FeeAmount), valueOf(l.WithholdingAmount)
	feeLabel, taxLabel := pages.Markup("Payout fee"), pages.Markup("Tax withheld from a payout")
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

func (p *page) chargeRow(l *pipeline.StatementLine, label pages.Markup, v pipeline.Amount) {
	p.Raw("<tr><td class=\"when\">")
	if l.EventAt != nil {
		p.moment(*l.EventAt)
	}
	p.Raw("</td><th scope=\"row\">", label)
	p.tagPrior(l)
	if l.ReferenceID != "" {
		p.Raw("<small>payout ")
		p.Name(l.ReferenceID)
		p.Raw("</small>")
	}
	p.Raw("</th><td></td><td class=\"n sum\">")
	p.signed(v)
	p.Raw("</td></tr>\n")
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
			p.Raw("<section>\n<h2>What was added</h2>\n")
			p.entryHead("Reason")
		}
		p.entryRow(l)
	}
	if open {
		p.Raw("</tbody></table>\n</section>\n")
	}
}

// priorPeriod says what part of the month belongs to earlier ones.
func (p *page) priorPeriod() {
	m := &p.s.Summary
	if m.PriorPeriodAmount == 0 && !p.any(func(l *pipeline.StatementLine) bool { return l.PriorPeriod }) {
		return
	}
	p.Raw("<section>\n<h2>From earlier months</h2>\n<p>Lines marked <span class=\"tag\">earlier month</span> happened before ")
	p.B = p.start.AppendFormat(p.B, "2 January 2006")
	p.Raw(" but reached the books after that month was closed. They are valued at the rates of their own date and change your earnings and adjustments by <span class=\"n\">")
	p.signed(p.s.Summary.PriorPeriodAmount)
	p.Raw("</span>&nbsp;")
	p.Text(p.currency)
	p.Raw(" in all, already included above.</p>\n</section>\n")
}
