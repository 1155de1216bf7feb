package statement

import (
	"carat/pipeline"
	"carat/reports/pages"
)

func statusWords(status string) (words pages.Markup, known bool) {
	switch status {
	case "requested":
		return "On its way", true
	case "paid":
		return "Paid", true
	case "failed":
		return "Failed", true
	case "returned":
		return "Returned", true
	}
	return "", false
}

func isPayout(l *pipeline.StatementLine) bool {
	return l.Section == sectionRedeemed || l.Section == sectionReturned
}

// payouts lists what was requested and what came back, each with the way from
// its gross amount to what arrives.
func (p *page) payouts() {
	p.Raw("<section>\n<h2>Payouts</h2>\n")
	m := &p.s.Summary
	if !p.any(isPayout) {
		if m.PaidAmount != 0 {
			p.Raw("<p>No payout was requested this month. ")
			p.sum(m.PaidAmount)
			p.Raw(" of payouts requested earlier was paid.</p>\n</section>\n")
			return
		}
		p.Raw("<p>No payouts this month.</p>\n</section>\n")
		return
	}
	p.Raw("<table class=\"payouts\">\n<thead><tr><th scope=\"col\">Payout</th><th scope=\"col\" class=\"n\">Diamonds</th><th scope=\"col\" class=\"n\">Balance</th>",
		"<th scope=\"col\" class=\"n\">Fee</th><th scope=\"col\" class=\"n\">Tax withheld</th><th scope=\"col\" class=\"n\">Net ")
	p.Text(p.currency)
	p.Raw("</th></tr></thead>\n<tbody>\n")
	for i := range p.s.Lines {
		if l := &p.s.Lines[i]; isPayout(l) {
			p.payoutRow(l)
		}
	}
	p.Raw("</tbody>\n</table>\n")
	p.payoutSums()
	p.Raw("</section>\n")
}

// payoutSums says what the payouts came to.
func (p *page) payoutSums() {
	m := &p.s.Summary
	if m.PaidAmount != 0 || m.InTransitAmount != 0 || m.FailedAmount != 0 {
		p.Raw("<p>Net of fees and tax, <b>")
		p.sum(m.PaidAmount)
		p.Raw("</b> was paid in ")
		p.monthName()
		if m.InTransitAmount != 0 {
			p.Raw(", <b>")
			p.sum(m.InTransitAmount)
			p.Raw("</b> was still on its way at the end of the month")
		}
		if m.FailedAmount != 0 {
			p.Raw(", <b>")
			p.sum(m.FailedAmount)
			p.Raw("</b> failed or was returned and is back in your balance, with its fee and tax")
		}
		p.Raw(".</p>\n")
	}
}

func (p *page) payoutRow(l *pipeline.StatementLine) {
	p.Raw("<tr><th scope=\"row\">")
	p.payoutTitle(l)
	p.Raw("<small>")
	separator := pages.Markup("")
	next := func(m pages.Markup) {
		p.Raw(separator, m)
		separator = " · "
	}
	if l.EventAt != nil {
		switch {
		case l.Reason == "payout_paid":
			next("requested in an earlier month, paid ")
		case l.Section == sectionRedeemed:
			next("requested ")
		default:
			next("")
		}
		p.day(*l.EventAt)
	}
	if l.PaidAt != nil && l.Reason != "payout_paid" && l.Section == sectionRedeemed {
		next("paid ")
		p.day(*l.PaidAt)
	}
	if l.Method != "" {
		next("by ")
		p.Name(l.Method)
	}
	if l.ReferenceID != "" {
		next("reference ")
		p.Name(l.ReferenceID)
	}
	p.Raw("</small>")
	p.exchange(l)
	p.Raw("</th><td class=\"n\">")
	if l.Diamonds != nil {
		p.signedWhole(*l.Diamonds)
	}
	p.Raw("</td><td class=\"n\">")
	p.signed(l.Amount)
	p.Raw("</td>")
	p.moneyCell(l.FeeAmount, "")
	p.moneyCell(l.WithholdingAmount, "")
	p.moneyCell(l.NetAmount, " sum")
	p.Raw("</tr>\n")
}

func (p *page) payoutTitle(l *pipeline.StatementLine) {
	if l.Section == sectionReturned {
		p.reason(l.Reason)
		p.tagPrior(l)
		return
	}
	switch words, known := statusWords(l.Status); {
	case known:
		p.Raw("<b class=\"status ", words[:1], "\">", words, "</b>")
	case l.Status != "":
		p.Name(l.Status)
	default:
		p.reason(l.Reason)
	}
	p.tagPrior(l)
}

// exchange writes how a payout in another currency was converted.
func (p *page) exchange(l *pipeline.StatementLine) {
	if l.PayoutAmount == nil || l.PayoutCurrency == "" || l.PayoutCurrency == p.currency && l.FXRate == nil {
		return
	}
	p.Raw("<small>")
	if l.NetAmount != nil && l.FXRate != nil {
		p.sum(*l.NetAmount)
		p.Raw(" × ")
		p.rate(*l.FXRate)
		exact := productIs(int64(*l.NetAmount), int64(*l.FXRate), int64(*l.PayoutAmount), 1_000_000_000)
		p.equals(exact)
		p.Raw("<b>")
		p.moneyIn(*l.PayoutAmount, l.PayoutCurrency)
		p.Raw("</b>")
		if !exact {
			p.Raw(", rounded to the currency\u2019s smallest unit")
		}
	} else {
		p.Raw("paid out as <b>")
		p.moneyIn(*l.PayoutAmount, l.PayoutCurrency)
		p.Raw("</b>")
	}
	p.Raw("</small>")
}

func (p *page) moneyCell(v *pipeline.Amount, class pages.Markup) {
	p.Raw("<td class=\"n", class, "\">")
	if v != nil {
		p.money(*v)
	}
	p.Raw("</td>")
}

// closing says what the balance is and when it can be paid, as far as the rows say.
func (p *page) closing() {
	m := &p.s.Summary
	p.Raw("<section>\n<h2>Your balance and the next payout</h2>\n<p>")
	p.closingWords()
	p.Raw("</p>\n")
	if m.ClosingAmount < 0 || m.ClosingDiamonds < 0 {
		p.Raw("<p class=\"callout\">", negativeWords, "</p>\n")
	} else {
		p.held()
	}
	p.payoutTerms()
	p.yearToDate()
	p.Raw("</section>\n")
}

// negativeWords say why a balance can be below zero.
const negativeWords = "Why is it negative? More was taken back than you had left, for example because a gift was reversed after its diamonds were paid out. What you earn next fills the gap first; payouts are possible again once the balance is above zero."

// closingWords say what the balance is.
func (p *page) closingWords() {
	m := &p.s.Summary
	p.Raw("At the end of ")
	p.lastDay("2 January 2006")
	p.Raw(" your balance is <b>")
	p.diamonds(m.ClosingDiamonds)
	p.Raw("</b>, worth <b>")
	p.sum(m.ClosingAmount)
	p.Raw("</b>")
	p.closingRate()
	p.Raw(". It is the opening balance of ")
	p.B = p.end.AppendFormat(p.B, "January 2006")
	p.Raw(".")
}

// closingRate shows what a diamond of the closing balance is worth, where the
// closing line has a rate.
func (p *page) closingRate() {
	for i := range p.s.Lines {
		l := &p.s.Lines[i]
		if l.Section == sectionClosing && l.Rate != nil {
			p.Raw(" at the rate then in force, ")
			p.rate(*l.Rate)
			p.Raw("&nbsp;")
			p.Text(p.currency)
			p.Raw(" per diamond")
			return
		}
	}
	p.Raw(" at the rate then in force")
}

// payoutTerms say by which rule the balance is paid out.
func (p *page) payoutTerms() {
	t := p.s.Terms
	if t == nil {
		return
	}
	p.Raw("<ul>\n")
	p.minimumTerms(t)
	p.holdTerms(t)
	p.feeTerms(t)
	if t.MaxAmountPerDay != nil {
		p.Raw("<li>At most ")
		p.moneyIn(*t.MaxAmountPerDay, t.Currency)
		p.Raw(" is paid out a day.</li>\n")
	}
	p.Raw("</ul>\n")
}

// minimumTerms name the smallest payout, and say whether the balance reaches it.
// Where it has another currency than the balance the two are not compared.
func (p *page) minimumTerms(t *pipeline.StatementTerms) {
	p.Raw("<li>Payouts by ")
	p.Name(t.Method)
	if t.MinAmount == 0 {
		p.Raw(" have no minimum.</li>\n")
		return
	}
	p.Raw(" start at ")
	p.moneyIn(t.MinAmount, t.Currency)
	switch closing := p.s.Summary.ClosingAmount; {
	case t.Currency != p.currency:
		p.Raw("; your balance is in ")
		p.Text(p.currency)
	case closing >= t.MinAmount:
		p.Raw(": your balance is enough for one")
		if len(p.s.Releases) > 0 {
			p.Raw(", what is held included")
		}
	case closing > 0:
		p.Raw(": your balance is carried on until it gets there")
	}
	p.Raw(".</li>\n")
}

// holdTerms tell the hold where nothing is held; else what is held told it.
func (p *page) holdTerms(t *pipeline.StatementTerms) {
	if t.HoldDays == 0 || len(p.s.Releases) > 0 {
		return
	}
	p.Raw("<li>Diamonds can be paid out ")
	p.counted(t.HoldDays, "day")
	p.Raw(" after they are credited")
	if p.s.Summary.ClosingDiamonds > 0 {
		p.Raw("; none of this balance is held")
	}
	p.Raw(".</li>\n")
}

func (p *page) feeTerms(t *pipeline.StatementTerms) {
	if t.FeeFixed == 0 && t.FeeRate == 0 {
		p.Raw("<li>A payout costs no fee.</li>\n")
		return
	}
	p.Raw("<li>Fee of a payout: ")
	if t.FeeFixed != 0 {
		p.moneyIn(t.FeeFixed, t.Currency)
	}
	if t.FeeRate != 0 {
		if t.FeeFixed != 0 {
			p.Raw(" and ")
		}
		// billionths to percent: two places fewer, exactly
		p.B = p.Loc.Append(p.B, int64(t.FeeRate), pipeline.RateDigits-2, 0)
		p.Raw("% of its amount")
	}
	p.Raw(".</li>\n")
}
