package statement

import (
	_ "embed" // the style sheet
	"strings"
	"sync"

	"carat/pipeline"
	"carat/reports/locale"
	"carat/reports/pages"
)

// statementCSS is written into every page, so that a page needs nothing else.
//
//go:embed statement.css
var statementCSS string

// pageStart is how every page begins: the same bytes, a third of a page.
var pageStart = sync.OnceValue(func() pages.Markup {
	return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n" +
		"<meta name=\"robots\" content=\"noindex\">\n<style>\n" + pages.Markup(statementCSS) + "</style>\n"
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
	r.buf = p.B
	return p.B, nil
}

// page begins a page of a statement.
func (r *Renderer) page(s *Statement) *page {
	zone := s.zone()
	return &page{
		Frame: pages.Frame{B: r.buf[:0], Loc: r.locale(s.Summary.Country)}, s: s, zone: zone,
		start: s.Summary.Period.Start(zone), end: s.Summary.Period.End(zone), minor: locale.MinorDigits(s.Summary.Currency), currency: s.Summary.Currency,
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
func (p *page) monthName() { p.B = p.start.AppendFormat(p.B, "January 2006") }

// lastDay appends "31 October 2026", or with less "31 October".
func (p *page) lastDay(layout string) {
	p.B = p.end.AddDate(0, 0, -1).AppendFormat(p.B, layout)
}

func (p *page) head() {
	m := &p.s.Summary
	p.Raw(pageStart(), "<title>Earnings statement, ")
	p.monthName()
	p.Raw(", ")
	p.Text(p.creatorName())
	p.Raw("</title>\n</head>\n<body>\n")
	if m.Provisional {
		p.Raw("<div class=\"water\" aria-hidden=\"true\">PROVISIONAL</div>\n")
	}
	p.Raw("<main>\n<header>\n<p class=\"payer\">")
	p.Name(p.payerName())
	p.Raw("</p>\n<div class=\"title\"><h1>Earnings statement <span>")
	p.monthName()
	p.Raw("</span></h1>\n<p class=\"state\">")
	if m.Provisional {
		p.Raw("<b class=\"badge open\">Provisional</b> version&nbsp;")
	} else {
		p.Raw("<b class=\"badge\">Final</b> version&nbsp;")
	}
	p.Whole(m.Version)
	p.Raw("</p></div>\n")
	if m.Provisional {
		p.Raw("<p class=\"note\">This month is not closed yet. Numbers can still change; the final statement replaces this one.</p>\n")
	}
	p.Raw("</header>\n")
}

func (p *page) parties() {
	m := &p.s.Summary
	p.Raw("<dl class=\"parties\">\n<div><dt>Paid by</dt><dd><b>")
	p.Name(p.payerName())
	p.Raw("</b>")
	for _, line := range strings.Split(p.s.Payer.Address, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			p.Raw("<br>")
			p.Name(line)
		}
	}
	if p.s.Payer.TaxID != "" {
		p.Raw("<br>Tax id ")
		p.Name(p.s.Payer.TaxID)
	}
	p.Raw("</dd></div>\n<div><dt>Paid to</dt><dd><b>")
	p.Name(p.creatorName())
	p.Raw("</b><br>Creator ")
	p.Name(m.CreatorID)
	p.detail("Agency ", m.AgencyID)
	p.detail("Tier ", m.Tier)
	p.detail("Country ", m.Country)
	p.Raw("</dd></div>\n<div><dt>Period</dt><dd><b>")
	p.B = p.start.AppendFormat(p.B, "2 January")
	p.Raw(" to ")
	p.lastDay("2 January 2006")
	p.Raw("</b><br>Days run by the time zone ")
	p.Text(p.zone.String())
	p.Raw("<br>All amounts in ")
	p.Text(p.currency)
	p.Raw("</dd></div>\n</dl>\n")
}

func (p *page) detail(label pages.Markup, value string) {
	if value != "" {
		p.Raw("<br>", label)
		p.Name(value)
	}
}

// numbers writes the four numbers that matter, and one sentence that says the same.
func (p *page) numbers() {
	m := &p.s.Summary
	p.Raw("<section aria-label=\"In short\">\n<dl class=\"four\">\n")
	p.card("Earned", "", m.EarnedAmount)
	p.diamonds(m.EarnedDiamonds)
	p.Raw("</dd></div>\n")

	p.card("Taken", "", m.TakenAmount)
	p.takenParts()
	p.Raw("</dd></div>\n")

	p.card("Paid to you", "", m.PaidAmount)
	p.paidParts()
	p.Raw("</dd></div>\n")

	end := pages.Markup(" class=\"end\"")
	if m.ClosingAmount < 0 {
		end = " class=\"end minus\""
	}
	p.card("Your balance", end, m.ClosingAmount)
	p.diamonds(m.ClosingDiamonds)
	p.Raw("</dd></div>\n</dl>\n<p class=\"lead\">")
	p.inWords()
	p.Raw("</p>\n</section>\n")
}

// paidParts says what else there is to say of the payouts.
func (p *page) paidParts() {
	m := &p.s.Summary
	switch {
	case m.InTransitAmount != 0:
		p.Raw("and ")
		p.sum(m.InTransitAmount)
		p.Raw(" on its way")
	case m.PaidAmount == 0:
		p.Raw("no payout was completed")
	default:
		p.Raw("after fees and tax")
	}
}

// takenParts names what was taken: the fees and the tax by amount, and that there
// is more where there is.
func (p *page) takenParts() {
	m := &p.s.Summary
	if m.TakenAmount == 0 {
		p.Raw("nothing was deducted")
		return
	}
	between := pages.Markup("")
	if m.FeeAmount != 0 {
		p.Raw("payout fees ")
		p.money(m.FeeAmount)
		between = ", "
	}
	if m.WithheldAmount != 0 {
		p.Raw(between, "tax ")
		p.money(m.WithheldAmount)
		between = ", "
	}
	switch {
	case between == "":
		p.Raw("deductions, see below")
	case m.TakenAmount != m.FeeAmount+m.WithheldAmount:
		p.Raw(between, "the rest is below")
	}
}

// threeNumbers sets side by side what creators mix up, with the arithmetic
// between them.
func (p *page) threeNumbers() {
	m := &p.s.Summary
	if m.GiftCoins == 0 && m.EarnedDiamonds == 0 {
		return
	}
	p.Raw("<section>\n<h2>Three numbers that are not the same</h2>\n<ol class=\"three\">\n<li><span>Coins that viewers spent</span><b>")
	p.Whole(m.GiftCoins)
	p.Raw("</b><small>on gifts to you</small></li>\n<li><span>Diamonds you were credited</span><b>")
	p.Whole(m.EarnedDiamonds)
	p.Raw("</b><small>")
	p.coinsToDiamonds()
	p.Raw("</small></li>\n<li><span>Money that is worth</span><b>")
	p.sum(m.EarnedAmount)
	p.Raw("</b><small>")
	p.diamondsToMoney()
	p.Raw("</small></li>\n</ol>\n</section>\n")
}

// coinsToDiamonds is the arithmetic from coins to diamonds in a few words.
func (p *page) coinsToDiamonds() {
	switch rates := p.s.Rates; len(rates) {
	case 0:
		p.Raw("coins × the rate of each gift")
	case 1:
		p.Raw("coins × ")
		p.rate(rates[0].DiamondsPerCoin)
		if !productIs(rates[0].Coins, int64(rates[0].DiamondsPerCoin), rates[0].Diamonds, 1_000_000_000) {
			p.Raw(", each gift rounded")
		}
	default:
		p.Raw("coins × the rate of each gift: ")
		p.Whole(int64(len(rates)))
		p.Raw(" rates this month, see below")
	}
}

// diamondsToMoney is the arithmetic from diamonds to money in a few words.
func (p *page) diamondsToMoney() {
	if rates := p.s.Rates; len(rates) == 1 {
		p.Raw("diamonds × ")
		p.rate(rates[0].Rate)
		p.Raw("&nbsp;")
		p.Text(p.currency)
		return
	}
	p.Raw("diamonds × what a diamond was worth at each gift")
}

func (p *page) card(label, class pages.Markup, v pipeline.Amount) {
	p.Raw("<div", class, "><dt>", label, "</dt><dd class=\"big\"><span class=\"n\">")
	p.money(v)
	p.Raw("</span> <small>")
	p.Text(p.currency)
	p.Raw("</small></dd><dd class=\"sub\">")
}

func (p *page) inWords() {
	m := &p.s.Summary
	p.Raw("In ")
	p.monthName()
	switch {
	case m.GiftCount == 0 && m.EarnedAmount == 0:
		p.Raw(" you received no gifts. ")
	case m.GiftCoins > 0 && m.EarnedAmount > 0 && p.takenBack():
		p.Raw(" your gifts, less those taken back, came to ")
		p.counted(m.GiftCoins, "coin")
		p.Raw(", which earned you ")
		p.sum(m.EarnedAmount)
		p.Raw(". ")
	case m.GiftCount > 0 && m.EarnedAmount > 0:
		p.Raw(" you received ")
		p.counted(m.GiftCount, "gift")
		p.Raw(" of ")
		p.counted(m.GiftCoins, "coin")
		p.Raw(pages.Plural(m.GiftCount, ", which earned you ", " in all, which earned you "))
		p.sum(m.EarnedAmount)
		p.Raw(". ")
	default:
		p.Raw(" gifts changed your earnings by ")
		p.sum(m.EarnedAmount)
		p.Raw(". ")
	}
	if m.PaidAmount != 0 {
		p.sum(m.PaidAmount)
		p.Raw(" reached you as payouts. ")
	}
	p.Raw("At the end of ")
	p.lastDay("2 January")
	if m.ClosingAmount < 0 {
		p.Raw(" your balance is ")
		p.sum(m.ClosingAmount)
		p.Raw(": below zero, so what you earn next first fills it up.")
		return
	}
	p.payerOwes()
}

func (p *page) payerOwes() {
	p.Raw(" ")
	p.Name(p.payerName())
	if p.s.Summary.ClosingAmount == 0 {
		p.Raw(" owes you nothing further.")
		return
	}
	p.Raw(" owes you ")
	p.sum(p.s.Summary.ClosingAmount)
	p.Raw(".")
}
