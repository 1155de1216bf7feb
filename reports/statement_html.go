package reports

import (
	_ "embed" // the style sheet
	"strings"
	"sync"

	"carat/pipeline"
)

// statementCSS is written into every page, so that a page needs nothing else.
//
//go:embed statement.css
var statementCSS string

// pageStart is how every page begins: the same bytes, a third of a page.
var pageStart = sync.OnceValue(func() markup {
	return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n" +
		"<meta name=\"robots\" content=\"noindex\">\n<style>\n" + markup(statementCSS) + "</style>\n"
})

// HTML renders one self-contained page: no script, no other file, nothing to
// load. The error is of kind internal: rows that are not one statement.
func (r *Renderer) HTML(s *Statement) ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	p := r.page(s)
	r.ranges = collectRanges(r.ranges[:0], s.Lines)

	p.head()
	p.parties()
	p.replaced()
	p.numbers()
	p.threeNumbers()
	p.movement()
	p.days()
	p.topGifts()
	p.gifts(r.ranges)
	p.reversals()
	p.streams()
	p.arithmetic(r.ranges)
	p.platformCut()
	p.taken()
	p.added()
	p.payouts()
	p.priorPeriod()
	p.closing()
	p.words()
	p.foot()
	r.buf = p.b
	return p.b, nil
}

// page begins a page of a statement.
func (r *Renderer) page(s *Statement) *page {
	zone := s.zone()
	return &page{
		b: r.buf[:0], s: s, zone: zone,
		start: s.Summary.Period.Start(zone), end: s.Summary.Period.End(zone),
		loc: r.locale(s.Summary.Country), minor: minorDigits(s.Summary.Currency), currency: s.Summary.Currency,
	}
}

func (p *page) payerName() string {
	if p.s.Payer.Name != "" {
		return p.s.Payer.Name
	}
	return p.s.Summary.Entity
}

func (p *page) creatorName() string {
	if p.s.DisplayName != "" {
		return p.s.DisplayName
	}
	return p.s.Summary.CreatorID
}

// monthName appends "October 2026".
func (p *page) monthName() { p.b = p.start.AppendFormat(p.b, "January 2006") }

// lastDay appends "31 October 2026", or with less "31 October".
func (p *page) lastDay(layout string) {
	p.b = p.end.AddDate(0, 0, -1).AppendFormat(p.b, layout)
}

func (p *page) head() {
	m := &p.s.Summary
	p.raw(pageStart(), "<title>Earnings statement, ")
	p.monthName()
	p.raw(", ")
	p.text(p.creatorName())
	p.raw("</title>\n</head>\n<body>\n")
	if m.Provisional {
		p.raw("<div class=\"water\" aria-hidden=\"true\">PROVISIONAL</div>\n")
	}
	p.raw("<main>\n<header>\n<p class=\"payer\">")
	p.name(p.payerName())
	p.raw("</p>\n<div class=\"title\"><h1>Earnings statement <span>")
	p.monthName()
	p.raw("</span></h1>\n<p class=\"state\">")
	if m.Provisional {
		p.raw("<b class=\"badge open\">Provisional</b> version&nbsp;")
	} else {
		p.raw("<b class=\"badge\">Final</b> version&nbsp;")
	}
	p.whole(m.Version)
	p.raw("</p></div>\n")
	if m.Provisional {
		p.raw("<p class=\"note\">This month is not closed yet. Numbers can still change; the final statement replaces this one.</p>\n")
	}
	p.raw("</header>\n")
}

func (p *page) parties() {
	m := &p.s.Summary
	p.raw("<dl class=\"parties\">\n<div><dt>Paid by</dt><dd><b>")
	p.name(p.payerName())
	p.raw("</b>")
	for _, line := range strings.Split(p.s.Payer.Address, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			p.raw("<br>")
			p.name(line)
		}
	}
	if p.s.Payer.TaxID != "" {
		p.raw("<br>Tax id ")
		p.name(p.s.Payer.TaxID)
	}
	p.raw("</dd></div>\n<div><dt>Paid to</dt><dd><b>")
	p.name(p.creatorName())
	p.raw("</b><br>Creator ")
	p.name(m.CreatorID)
	p.detail("Agency ", m.AgencyID)
	p.detail("Tier ", m.Tier)
	p.detail("Country ", m.Country)
	p.raw("</dd></div>\n<div><dt>Period</dt><dd><b>")
	p.b = p.start.AppendFormat(p.b, "2 January")
	p.raw(" to ")
	p.lastDay("2 January 2006")
	p.raw("</b><br>Days run by the time zone ")
	p.text(p.zone.String())
	p.raw("<br>All amounts in ")
	p.text(p.currency)
	p.raw("</dd></div>\n</dl>\n")
}

func (p *page) detail(label markup, value string) {
	if value != "" {
		p.raw("<br>", label)
		p.name(value)
	}
}

// numbers writes the four numbers that matter, and one sentence that says the same.
func (p *page) numbers() {
	m := &p.s.Summary
	p.raw("<section aria-label=\"In short\">\n<dl class=\"four\">\n")
	p.card("Earned", "", m.EarnedAmount)
	p.diamonds(m.EarnedDiamonds)
	p.raw("</dd></div>\n")

	p.card("Taken", "", m.TakenAmount)
	p.takenParts()
	p.raw("</dd></div>\n")

	p.card("Paid to you", "", m.PaidAmount)
	p.paidParts()
	p.raw("</dd></div>\n")

	end := markup(" class=\"end\"")
	if m.ClosingAmount < 0 {
		end = " class=\"end minus\""
	}
	p.card("Your balance", end, m.ClosingAmount)
	p.diamonds(m.ClosingDiamonds)
	p.raw("</dd></div>\n</dl>\n<p class=\"lead\">")
	p.inWords()
	p.raw("</p>\n</section>\n")
}

// paidParts says what else there is to say of the payouts.
func (p *page) paidParts() {
	m := &p.s.Summary
	switch {
	case m.InTransitAmount != 0:
		p.raw("and ")
		p.sum(m.InTransitAmount)
		p.raw(" on its way")
	case m.PaidAmount == 0:
		p.raw("no payout was completed")
	default:
		p.raw("after fees and tax")
	}
}

// takenParts names what was taken: the fees and the tax by amount, and that there
// is more where there is.
func (p *page) takenParts() {
	m := &p.s.Summary
	if m.TakenAmount == 0 {
		p.raw("nothing was deducted")
		return
	}
	between := markup("")
	if m.FeeAmount != 0 {
		p.raw("payout fees ")
		p.money(m.FeeAmount)
		between = ", "
	}
	if m.WithheldAmount != 0 {
		p.raw(between, "tax ")
		p.money(m.WithheldAmount)
		between = ", "
	}
	switch {
	case between == "":
		p.raw("deductions, see below")
	case m.TakenAmount != m.FeeAmount+m.WithheldAmount:
		p.raw(between, "the rest is below")
	}
}

// threeNumbers sets side by side what creators mix up, with the arithmetic
// between them.
func (p *page) threeNumbers() {
	m := &p.s.Summary
	if m.GiftCoins == 0 && m.EarnedDiamonds == 0 {
		return
	}
	p.raw("<section>\n<h2>Three numbers that are not the same</h2>\n<ol class=\"three\">\n<li><span>Coins that viewers spent</span><b>")
	p.whole(m.GiftCoins)
	p.raw("</b><small>on gifts to you</small></li>\n<li><span>Diamonds you were credited</span><b>")
	p.whole(m.EarnedDiamonds)
	p.raw("</b><small>")
	p.coinsToDiamonds()
	p.raw("</small></li>\n<li><span>Money that is worth</span><b>")
	p.sum(m.EarnedAmount)
	p.raw("</b><small>")
	p.diamondsToMoney()
	p.raw("</small></li>\n</ol>\n</section>\n")
}

// coinsToDiamonds is the arithmetic from coins to diamonds in a few words.
func (p *page) coinsToDiamonds() {
	switch rates := p.s.Rates; len(rates) {
	case 0:
		p.raw("coins × the rate of each gift")
	case 1:
		p.raw("coins × ")
		p.rate(rates[0].DiamondsPerCoin)
		if !productIs(rates[0].Coins, int64(rates[0].DiamondsPerCoin), rates[0].Diamonds, 1_000_000_000) {
			p.raw(", each gift rounded")
		}
	default:
		p.raw("coins × the rate of each gift: ")
		p.whole(int64(len(rates)))
		p.raw(" rates this month, see below")
	}
}

// diamondsToMoney is the arithmetic from diamonds to money in a few words.
func (p *page) diamondsToMoney() {
	if rates := p.s.Rates; len(rates) == 1 {
		p.raw("diamonds × ")
		p.rate(rates[0].Rate)
		p.raw("&nbsp;")
		p.text(p.currency)
		return
	}
	p.raw("diamonds × what a diamond was worth at each gift")
}

func (p *page) card(label, class markup, v pipeline.Amount) {
	p.raw("<div", class, "><dt>", label, "</dt><dd class=\"big\"><span class=\"n\">")
	p.money(v)
	p.raw("</span> <small>")
	p.text(p.currency)
	p.raw("</small></dd><dd class=\"sub\">")
}

func (p *page) inWords() {
	m := &p.s.Summary
	p.raw("In ")
	p.monthName()
	switch {
	case m.GiftCount == 0 && m.EarnedAmount == 0:
		p.raw(" you received no gifts. ")
	case m.GiftCoins > 0 && m.EarnedAmount > 0 && p.takenBack():
		p.raw(" your gifts, less those taken back, came to ")
		p.counted(m.GiftCoins, "coin")
		p.raw(", which earned you ")
		p.sum(m.EarnedAmount)
		p.raw(". ")
	case m.GiftCount > 0 && m.EarnedAmount > 0:
		p.raw(" you received ")
		p.counted(m.GiftCount, "gift")
		p.raw(" of ")
		p.counted(m.GiftCoins, "coin")
		p.raw(plural(m.GiftCount, ", which earned you ", " in all, which earned you "))
		p.sum(m.EarnedAmount)
		p.raw(". ")
	default:
		p.raw(" gifts changed your earnings by ")
		p.sum(m.EarnedAmount)
		p.raw(". ")
	}
	if m.PaidAmount != 0 {
		p.sum(m.PaidAmount)
		p.raw(" reached you as payouts. ")
	}
	p.raw("At the end of ")
	p.lastDay("2 January")
	if m.ClosingAmount < 0 {
		p.raw(" your balance is ")
		p.sum(m.ClosingAmount)
		p.raw(": below zero, so what you earn next first fills it up.")
		return
	}
	p.payerOwes()
}

func (p *page) payerOwes() {
	p.raw(" ")
	p.name(p.payerName())
	if p.s.Summary.ClosingAmount == 0 {
		p.raw(" owes you nothing further.")
		return
	}
	p.raw(" owes you ")
	p.sum(p.s.Summary.ClosingAmount)
	p.raw(".")
}
