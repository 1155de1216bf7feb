package html

import (
	_ "embed" // the style sheet
	"hash"
	"strings"
	"sync"

	"carat/reports/locale"
	"carat/reports/pages"
	"carat/reports/statement"
	"carat/reports/statement/catalog"
)

// statementCSS is written into every page, so that a page needs nothing else.
//
//go:embed statement.css
var statementCSS string

// leftwardCSS turns the page around for a language that runs from right to left.
//
//go:embed leftward.css
var leftwardCSS string

// starts is how every page of a language begins: the same bytes, a third of a page.
var starts = sync.OnceValue(func() map[string]pages.Markup {
	all := map[string]pages.Markup{}
	for _, l := range locale.Languages() {
		all[l.Tag] = startOf(l)
	}
	return all
})

// pageStart is how English pages begin.
func pageStart() pages.Markup { return starts()[locale.Languages()[0].Tag] }

func startOf(l *locale.Language) pages.Markup {
	words, style := catalog.For(l.Tag), statementCSS
	for _, english := range statement.PhoneWords {
		style = strings.ReplaceAll(style, "content:\""+english+"\"", "content:\""+words.Text(english)+"\"")
	}
	direction := pages.Markup("")
	if l.RightToLeft {
		direction, style = " dir=\"rtl\"", style+leftwardCSS
	}
	return "<!doctype html>\n<html lang=\"" + pages.Markup(l.Tag) + "\"" + direction + ">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n" +
		"<meta name=\"robots\" content=\"noindex\">\n<style>\n" + pages.Markup(style) + "</style>\n"
}

// Renderer renders statements one after another, reusing its memory. It is not
// safe for concurrent use; what its methods return is valid until the next call.
// The zero value is ready.
type Renderer struct {
	page    page
	hash    hash.Hash
	started []byte // the state of hash behind what every page begins with
}

// HTML renders a statement's page. The error is of kind internal: rows that are
// not one statement.
func (r *Renderer) HTML(s *statement.Statement) ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	p := &r.page
	p.w.About(s)
	p.B, p.Loc, p.s, p.m = p.B[:0], p.w.Loc, s, &s.Summary

	p.head()
	p.parties()
	p.replaced()
	p.numbers()
	p.threeNumbers()
	p.movement()
	p.days()
	p.topGifts()
	p.gifts()
	p.reversals()
	p.streams()
	p.arithmetic()
	p.platformCut()
	p.taken()
	p.added()
	p.payouts()
	p.onItsWay()
	p.priorPeriod()
	p.closing()
	p.glossary()
	p.foot()
	return p.B, nil
}

func (p *page) head() {
	p.Raw(starts()[p.w.Language.Tag], "<title>")
	p.Text(p.w.Title())
	p.Raw("</title>\n</head>\n<body>\n")
	if p.m.Provisional {
		p.Raw("<div class=\"water\" aria-hidden=\"true\">", p.t(statement.Watermark), "</div>\n")
	}
	p.Raw("<main>\n<header>\n<p class=\"payer\">")
	p.Name(p.w.PayerName())
	p.Raw("</p>\n<div class=\"title\"><h1>", p.t(statement.TitleStatement), " <span>")
	p.Text(p.w.Month())
	p.Raw("</span></h1>\n<p class=\"state\">")
	if p.m.Provisional {
		p.Raw("<b class=\"badge open\">")
	} else {
		p.Raw("<b class=\"badge\">")
	}
	p.Text(p.w.State())
	p.Raw("</b> ")
	p.say(p.w.Version(p.m.Version))
	p.Raw("</p></div>\n")
	if p.m.Provisional {
		p.note(p.t(statement.NotClosed))
	}
	p.Raw("</header>\n")
}

func (p *page) parties() {
	m := p.m
	p.Raw("<dl class=\"parties\">\n<div><dt>", p.t(statement.LabelPayer), "</dt><dd><b>")
	p.Name(p.w.PayerName())
	p.Raw("</b>")
	for _, line := range p.w.PayerAddress() {
		p.Raw("<br>")
		p.Name(line)
	}
	p.detail(p.t(statement.LabelTaxID), p.s.Payer.TaxID)
	p.Raw("</dd></div>\n<div><dt>", p.t(statement.LabelPayee), "</dt><dd><b>")
	p.Name(p.w.CreatorName())
	p.Raw("</b>")
	p.Raw("<br>", p.t(statement.LabelCreator))
	p.id([]byte(m.CreatorID))
	p.detail(p.t(statement.LabelAgency), m.AgencyID)
	p.detail(p.t(statement.LabelTier), m.Tier)
	p.detail(p.t(statement.LabelCountry), m.Country)
	p.Raw("</dd></div>\n<div><dt>", p.t(statement.LabelPeriod), "</dt><dd><b>")
	p.say(p.w.Period())
	p.Raw("</b><br>")
	p.say(p.w.PeriodZone())
	p.Raw("<br>")
	p.say(p.w.PeriodCurrency())
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
	p.Raw("<section aria-label=\"", p.t(statement.TitleInShort), "\">\n<dl class=\"four\">\n")
	p.w.Align()
	cards := p.w.Cards()
	for i := range cards {
		p.card(&cards[i])
	}
	p.Raw("</dl>\n")
	p.paragraph(" class=\"lead\"", p.w.InShort())
	p.Raw("</section>\n")
}

func (p *page) card(c *statement.Card) {
	switch {
	case c.Label != statement.CardBalance:
		p.Raw("<div><dt>")
	case c.Amount < 0:
		p.Raw("<div class=\"end minus\"><dt>")
	default:
		p.Raw("<div class=\"end\"><dt>")
	}
	p.Text(p.w.T(c.Label))
	p.Raw("</dt><dd class=\"big\"><span class=\"n\">")
	if c.Moves() {
		p.signed(c.Shown)
	} else {
		p.money(c.Shown)
	}
	p.Raw("</span> <small>")
	p.Text(p.w.Currency)
	p.Raw("</small></dd>")
	if exactly := p.w.Exactly(c.Amount, c.Shown, c.Moves()); len(exactly.Bytes) > 0 {
		p.Raw("<dd class=\"sub\">")
		p.say(exactly)
		p.Raw("</dd>")
	}
	p.Raw("<dd class=\"sub\">")
	p.say(p.w.CardBelow(c))
	p.Raw("</dd></div>\n")
}

// threeNumbers sets side by side what creators mix up, with the arithmetic
// between them.
func (p *page) threeNumbers() {
	m := p.m
	if m.GiftCoins == 0 && m.EarnedDiamonds == 0 {
		return
	}
	p.section(p.t(statement.TitleThree))
	p.Raw("<ol class=\"three\">\n<li><span>", p.t(statement.ThreeCoins), "</span><b>")
	p.Whole(m.GiftCoins)
	p.Raw("</b><small>", p.t(statement.ThreeCoinsNote), "</small></li>\n<li><span>", p.t(statement.ThreeDiamonds), "</span><b>")
	p.Whole(m.EarnedDiamonds)
	p.Raw("</b><small>")
	p.say(p.w.CoinsToDiamonds())
	p.Raw("</small></li>\n<li><span>", p.t(statement.ThreeMoney), "</span><b>")
	p.say(p.w.EarnedSum())
	p.Raw("</b><small>")
	p.say(p.w.DiamondsToMoney())
	p.Raw("</small>")
	if exactly := p.w.EarnedExactly(); len(exactly.Bytes) > 0 {
		p.Raw("<small>")
		p.say(exactly)
		p.Raw("</small>")
	}
	p.Raw("</li>\n</ol>\n</section>\n")
}
