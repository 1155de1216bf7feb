package statement

import (
	"cmp"
	"slices"
	"time"

	"carat/pipeline"
	"carat/reports/pages"
)

// month gives the period's days as days of the rows: midnights in UTC.
func (p *page) month() (first time.Time, days int) {
	first = time.Date(p.start.Year(), p.start.Month(), 1, 0, 0, 0, 0, time.UTC)
	return first, first.AddDate(0, 1, -1).Day()
}

// daily gives what each day of the period came to; days of earlier months are
// not drawn.
func (p *page) daily() (amounts []pipeline.Amount, most pipeline.Amount) {
	first, days := p.month()
	amounts = make([]pipeline.Amount, days)
	for _, d := range p.s.Days {
		at := int(time.UnixMicro(d.Day).UTC().Sub(first) / (24 * time.Hour))
		if d.Day >= first.UnixMicro() && at < days {
			amounts[at] = d.Amount
			most = max(most, d.Amount)
		}
	}
	return amounts, most
}

// days draws earnings per day. The description says the best day; the gifts'
// table has the month.
func (p *page) days() {
	amounts, most := p.daily()
	if most == 0 {
		return
	}
	best := slices.Index(amounts, most)
	p.Raw("<section>\n<h2>Earned per day</h2>\n<svg class=\"days\" role=\"img\" aria-labelledby=\"days-t\" viewBox=\"0 0 ")
	p.B = pages.AppendInt(p.B, 20*len(amounts))
	p.Raw(" 100\" preserveAspectRatio=\"none\" xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"days-t\">")
	p.bestDay(best, most)
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
	p.Raw("\"/>\n</svg>\n<p class=\"note\">")
	p.bestDay(best, most)
	p.Raw("</p>\n</section>\n")
}

func (p *page) bestDay(best int, most pipeline.Amount) {
	first, days := p.month()
	p.Raw("From 1 to ")
	p.B = pages.AppendInt(p.B, days)
	p.Raw(" ")
	p.monthName()
	p.Raw("; the best day was ")
	p.B = first.AddDate(0, 0, best).AppendFormat(p.B, "2 January")
	p.Raw(" with ")
	p.sum(most)
	p.Raw(".")
}

// topShown is how many gifts are named as those that earned most.
const topShown = 5

// topLines gives the gift lines that earned most.
func topLines(lines []pipeline.StatementLine) []*pipeline.StatementLine {
	var top []*pipeline.StatementLine
	for i := range lines {
		if l := &lines[i]; isGift(l) && l.Amount > 0 {
			top = append(top, l)
		}
	}
	slices.SortStableFunc(top, func(a, b *pipeline.StatementLine) int { return cmp.Compare(b.Amount, a.Amount) })
	return top[:min(topShown, len(top))]
}

// topGifts draws the gifts that earned most, when there are enough to compare.
func (p *page) topGifts() {
	top := topLines(p.s.Lines)
	if len(top) < 3 {
		return
	}
	p.Raw("<section>\n<h2>What earned most</h2>\n<ol class=\"top\">\n")
	for _, l := range top {
		p.Raw("<li><span>")
		p.giftName(l)
		p.tagPrior(l)
		p.Raw("</span> <b class=\"n\">")
		p.money(l.Amount)
		p.Raw("</b><i style=\"width:")
		p.B = pages.AppendPercentOf(p.B, max(pages.Across(int64(l.Amount), 0, int64(top[0].Amount)), 50))
		p.Raw("\"></i></li>\n")
	}
	p.Raw("</ol>\n<p class=\"note\">Gifts of one kind at one rate, in ")
	p.Text(p.currency)
	p.Raw(".</p>\n</section>\n")
}
