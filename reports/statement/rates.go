package statement

import (
	"time"

	"carat/pipeline"
	"carat/reports/pages"
)

func timeIn(micros int64, zone *time.Location) time.Time { return time.UnixMicro(micros).In(zone) }

func isMidnight(t time.Time) bool {
	h, m, s := t.Clock()
	return h == 0 && m == 0 && s == 0 && t.Nanosecond() == 0
}

// arithmetic spells out coins -> diamonds -> money with the creator's own
// numbers: the totals by rate where the rows have them; else, under one rate,
// the month's totals; else, by rate, the gift that earned most.
func (p *page) arithmetic(ranges []rateRange) {
	if len(ranges) == 0 && len(p.s.Rates) == 0 {
		return
	}
	p.Raw("<section>\n<h2>How coins became money</h2>\n<p>Viewers pay for gifts in coins. Coins become diamonds, diamonds become money, each at the rate in force at the moment of the gift")
	if len(p.s.Rates) > 1 || len(p.s.Rates) == 0 && len(ranges) > 1 {
		p.Raw("; rates changed, so each has its own row")
	}
	p.Raw(".</p>\n<ol class=\"sums\">\n")
	m := &p.s.Summary
	switch {
	case len(p.s.Rates) > 0:
		for i := range p.s.Rates {
			t := &p.s.Rates[i]
			p.rateSum("All gifts", t)
		}
	case len(ranges) == 1 && !p.any(func(l *pipeline.StatementLine) bool {
		return l.Section == sectionEarned && !ranges[0].holds(l)
	}):
		r := &ranges[0]
		p.rateSum("All gifts", &RateTotal{
			RateFrom: r.from, RateTo: r.to, DiamondsPerCoin: r.diamondsPerCoin, Rate: r.rate,
			Coins: m.GiftCoins, Diamonds: m.EarnedDiamonds, Amount: m.EarnedAmount,
		})
	default:
		for i := range ranges {
			r := &ranges[i]
			t := RateTotal{
				RateFrom: r.from, RateTo: r.to, DiamondsPerCoin: r.diamondsPerCoin, Rate: r.rate,
				Coins: valueOf(r.example.Coins), Diamonds: valueOf(r.example.Diamonds), Amount: r.example.Amount,
			}
			p.rateSum("", &t, r.example)
		}
	}
	p.Raw("</ol>\n</section>\n")
}

// rateSum writes one row of the arithmetic; with an example, the row is about
// that line's gift.
func (p *page) rateSum(label pages.Markup, t *RateTotal, example ...*pipeline.StatementLine) {
	p.Raw("<li><p class=\"when\">")
	if len(example) > 0 {
		p.Raw("For example ")
		p.giftName(example[0])
	} else {
		p.Raw(label)
	}
	p.Raw(", rates in force ")
	p.inForce(t.RateFrom, t.RateTo)
	p.Raw("</p><p><b>")
	p.counted(t.Coins, "coin")
	p.Raw("</b> × ")
	p.rate(t.DiamondsPerCoin)
	coinsHold := productIs(t.Coins, int64(t.DiamondsPerCoin), t.Diamonds, 1_000_000_000)
	p.equals(coinsHold)
	p.Raw("<b>")
	p.diamonds(t.Diamonds)
	p.Raw("</b></p><p><b>")
	p.diamonds(t.Diamonds)
	p.Raw("</b> × ")
	p.rate(t.Rate)
	p.Raw("&nbsp;")
	p.Text(p.currency)
	moneyHolds := productIs(t.Diamonds, int64(t.Rate), int64(t.Amount), 1_000)
	p.equals(moneyHolds)
	p.Raw("<b>")
	p.sum(t.Amount)
	p.Raw("</b></p>")
	switch {
	case !coinsHold:
		p.Raw("<p class=\"note\">\u2248 because each gift is rounded to whole diamonds by itself.</p>")
	case !moneyHolds:
		p.Raw("<p class=\"note\">\u2248 because amounts are kept to six decimal places.</p>")
	}
	p.Raw("</li>\n")
}

func (p *page) equals(holds bool) {
	if holds {
		p.Raw(" = ")
		return
	}
	p.Raw(" \u2248 ")
}

// platformCut explains the way from list value to the creator's share.
func (p *page) platformCut() {
	m := &p.s.Summary
	if m.ListValueAmount == 0 {
		return
	}
	p.Raw("<section>\n<h2>Who gets what</h2>\n<p>The list value is what the gifts\u2019 coins are worth by the platform\u2019s price list. You get your diamonds\u2019 value; the rest is the platform\u2019s part. From its part the platform pays the store\u2019s fee for the coins")
	if m.AgencyAmount != 0 || m.AgencyID != "" {
		p.Raw(" and your agency; neither comes out of your share")
	}
	p.Raw(".</p>\n")
	whole, yours := m.ListValueAmount, m.EarnedAmount
	drawn := whole > 0 && yours >= 0 && yours <= whole
	if drawn {
		p.shareBar()
	}
	p.Raw("<table class=\"cut\">\n<thead><tr><th scope=\"col\">Share</th><th scope=\"col\" class=\"n\">Of the list value</th><th scope=\"col\" class=\"n\">")
	p.Text(p.currency)
	p.Raw("</th></tr></thead>\n<tbody>\n")
	p.cutRow("", "List value of the gifts\u2019 coins", whole, drawn)
	p.cutRow(" class=\"you\"", "<i class=\"key you\"></i>Your share", yours, drawn)
	p.cutRow("", "<i class=\"key them\"></i>Platform\u2019s part, before store fees", m.PlatformAmount, drawn)
	if m.AgencyAmount != 0 {
		p.cutRow(" class=\"of\"", "<i class=\"key agency\"></i>of which your agency", m.AgencyAmount, drawn)
	}
	switch {
	case m.RoundingKept > 0:
		p.cutRow(" class=\"of\"", "of which rounding: parts of diamonds that could not be credited", m.RoundingKept, drawn)
	case m.RoundingKept < 0: // a part of minus something is no share of the whole
		p.cutRow(" class=\"of\"", "less rounding in your favour: parts of diamonds credited as whole ones", m.RoundingKept, false)
	}
	p.Raw("</tbody>\n</table>\n</section>\n")
}

func (p *page) cutRow(class, label pages.Markup, v pipeline.Amount, percent bool) {
	p.Raw("<tr", class, "><th scope=\"row\">", label, "</th><td class=\"n r\">")
	if percent {
		p.percent(v, p.s.Summary.ListValueAmount)
	}
	p.Raw("</td><td class=\"n sum\">")
	p.money(v)
	p.Raw("</td></tr>\n")
}

// shareBar draws the list value as one bar: your share, the agency, the rest.
func (p *page) shareBar() {
	m := &p.s.Summary
	yours, _ := basisPoints(m.EarnedAmount, m.ListValueAmount)
	agency, _ := basisPoints(m.AgencyAmount, m.ListValueAmount)
	agency = min(agency, 10_000-yours)
	p.Raw("<svg class=\"share\" role=\"img\" aria-labelledby=\"share-t\" width=\"100%\" height=\"16\" xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"share-t\">Of the list value, your share is ")
	p.percent(m.EarnedAmount, m.ListValueAmount)
	p.Raw("</title>")
	p.shareRect("them", 0, 10_000)
	p.shareRect("agency", yours, agency)
	p.shareRect("you", 0, yours)
	p.Raw("</svg>\n")
}

func (p *page) shareRect(class pages.Markup, x, width int64) {
	p.Raw("<rect class=\"", class, "\" height=\"16\" x=\"")
	p.B = pages.AppendPercentOf(p.B, x)
	p.Raw("\" width=\"")
	p.B = pages.AppendPercentOf(p.B, width)
	p.Raw("\"/>")
}
