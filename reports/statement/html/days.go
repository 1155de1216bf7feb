package html

import (
	"slices"

	"carat/reports/pages"
	"carat/reports/statement"
)

// days draws earnings per day. The description says the best day; the gifts'
// table has the month.
func (p *page) days() {
	amounts, most := p.w.Daily()
	if most == 0 {
		return
	}
	best := slices.Index(amounts, most)
	p.section(p.t(statement.TitleDays))
	p.Raw("<svg class=\"days\" role=\"img\" aria-labelledby=\"days-t\" viewBox=\"0 0 ")
	p.B = pages.AppendInt(p.B, 20*len(amounts))
	p.Raw(" 100\" preserveAspectRatio=\"none\" xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"days-t\">")
	p.say(p.w.BestDay(best, most))
	p.Raw("</title>\n<path d=\"")
	for i, v := range amounts {
		height := 0
		if v > 0 {
			height = max(int(pages.Across(int64(v), 0, int64(most)))*96/10_000, 1)
		}
		p.Raw("M")
		p.B = pages.AppendInt(p.B, 20*i+2)
		p.Raw(" 100v-")
		p.B = pages.AppendInt(p.B, height+1)
		p.Raw("h16v")
		p.B = pages.AppendInt(p.B, height+1)
		p.Raw("z")
	}
	p.Raw("\"/>\n</svg>\n")
	p.paragraph(" class=\"note\"", p.w.BestDay(best, most))
	p.Raw("</section>\n")
}

// topGifts draws the gifts that earned most, when there are enough to compare.
func (p *page) topGifts() {
	top := p.s.Top()
	if len(top) < 3 {
		return
	}
	p.section(p.t(statement.TitleTop))
	p.w.AlignTop(top)
	p.Raw("<ol class=\"top\">\n")
	for _, l := range top {
		p.Raw("<li><span>")
		p.say(p.w.Gift(l))
		p.tagPrior(l.PriorPeriod)
		p.Raw("</span> <b class=\"n\">")
		p.money(l.Amount)
		p.Raw("</b><i style=\"width:")
		p.B = pages.AppendPercentOf(p.B, max(pages.Across(int64(l.Amount), 0, int64(top[0].Amount)), 50))
		p.Raw("\"></i></li>\n")
	}
	p.Raw("</ol>\n")
	p.paragraph(" class=\"note\"", p.w.TopNote())
	p.Raw("</section>\n")
}
