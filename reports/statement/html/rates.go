package html

import (
	"carat/reports/pages"
	"carat/reports/statement"
)

// arithmetic spells out coins -> diamonds -> money with the creator's own numbers.
func (p *page) arithmetic() {
	sums := p.w.Sums()
	if len(sums) == 0 {
		return
	}
	p.section(p.t(statement.TitleSums))
	p.paragraph("", p.w.SumsWhy(len(sums) > 1))
	p.Raw("<ol class=\"sums\">\n")
	for i := range sums {
		t := &sums[i]
		p.Raw("<li><p class=\"when\">")
		p.say(p.w.SumOf(t))
		p.Raw("</p><p>")
		p.say(p.w.SumCoins(t))
		p.Raw("</p><p>")
		p.say(p.w.SumMoney(t))
		p.Raw("</p>")
		if why := p.w.SumRounded(t); why != "" {
			p.Raw("<p class=\"note\">")
			p.Text(why)
			p.Raw("</p>")
		}
		p.Raw("</li>\n")
	}
	p.Raw("</ol>\n</section>\n")
}

// shareClass and shareKey are how the rows of who gets what are shown.
var (
	shareClass = [...]pages.Markup{statement.ShareWhole: "", statement.ShareCreator: " class=\"you\"", statement.SharePlatform: "",
		statement.ShareAgency: " class=\"of\"", statement.ShareRounding: " class=\"of\""}
	shareKey = [...]pages.Markup{statement.ShareWhole: "", statement.ShareCreator: "<i class=\"key you\"></i>", statement.SharePlatform: "<i class=\"key them\"></i>",
		statement.ShareAgency: "<i class=\"key agency\"></i>", statement.ShareRounding: ""}
)

// platformCut explains the way from list value to the creator's share.
func (p *page) platformCut() {
	shares, drawn := p.w.Shares()
	if len(shares) == 0 {
		return
	}
	p.section(p.t(statement.TitleShares))
	p.paragraph("", p.w.SharesWhy())
	if drawn {
		p.shareBar()
	}
	p.w.AlignShares(shares)
	p.Raw("<table class=\"cut\">\n")
	p.columns(1, p.w.T(statement.ColumnShare), p.w.T(statement.ColumnOfListValue), p.w.Currency)
	p.Raw("<tbody>\n")
	for _, s := range shares {
		p.Raw("<tr", shareClass[s.Of], "><th scope=\"row\">", shareKey[s.Of])
		p.Text(s.Label)
		p.Raw("</th><td class=\"n r\">")
		if s.Part {
			p.percent(s.Amount, p.m.ListValueAmount)
		}
		p.Raw("</td>")
		p.moneyCell(&s.Amount, " sum")
		p.Raw("</tr>\n")
	}
	p.Raw("</tbody>\n</table>\n</section>\n")
}

// shareBar draws the list value as one bar: your share, the agency, the rest.
func (p *page) shareBar() {
	m := p.m
	yours, _ := statement.BasisPoints(m.EarnedAmount, m.ListValueAmount)
	agency, _ := statement.BasisPoints(m.AgencyAmount, m.ListValueAmount)
	agency = min(agency, 10_000-yours)
	p.Raw("<svg class=\"share\" role=\"img\" aria-labelledby=\"share-t\" width=\"100%\" height=\"16\" xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"share-t\">")
	p.say(p.w.SharePicture())
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
