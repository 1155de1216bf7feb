package statement

import (
	"carat/pipeline"
	"carat/reports/pages"
)

// replaced says, at the top of a new version, what moved since the one before
// and why.
func (p *page) replaced() {
	r := p.s.Replaced
	if r == nil {
		return
	}
	p.Raw("<section class=\"replaced\">\n<h2>What changed since version&nbsp;")
	p.Whole(r.Version)
	p.Raw("</h2>\n<p>")
	p.replacedWords()
	p.Raw("</p>\n")
	if len(r.Moves) > 0 {
		p.Raw("<table class=\"moves\">\n<thead><tr><th scope=\"col\">Item</th><th scope=\"col\" class=\"n\">Version&nbsp;")
		p.Whole(r.Version)
		p.Raw("</th><th scope=\"col\" class=\"n\">Now</th><th scope=\"col\" class=\"n\">Change</th></tr></thead>\n<tbody>\n")
		for i := range r.Moves {
			m := &r.Moves[i]
			p.Raw("<tr><th scope=\"row\">", itemWords(m.Item), "</th><td class=\"n\">")
			p.money(m.AmountBefore)
			p.Raw("</td><td class=\"n\">")
			p.money(m.AmountNow)
			p.Raw("</td><td class=\"n sum\">")
			p.signed(m.AmountMoved)
			if m.DiamondsMoved != 0 {
				p.Raw("<small>")
				p.signedWhole(m.DiamondsMoved)
				p.Raw(" diamonds</small>")
			}
			p.Raw("</td></tr>\n")
		}
		p.Raw("</tbody>\n</table>\n")
	}
	p.Raw("</section>\n")
}

// replacedWords say why there is a new version, and whether it says anything new.
func (p *page) replacedWords() {
	r := p.s.Replaced
	p.Raw("This statement replaces version ")
	p.Whole(r.Version)
	p.Raw(". The month was opened again on ")
	p.B = r.ReopenedAt.In(p.zone).AppendFormat(p.B, "2 January 2006")
	if r.Reason != "" {
		p.Raw(" for this reason: ")
		p.Name(r.Reason)
	}
	p.Raw(". ")
	if len(r.Moves) == 0 {
		p.Raw("None of the amounts on your statement changed.")
	} else {
		p.Raw("These amounts changed, in ")
		p.Text(p.currency)
		p.Raw(":")
	}
}

// itemWords are an item of the way from opening to closing.
func itemWords(item string) pages.Markup {
	switch item {
	case sectionOpening:
		return "Opening balance"
	case sectionEarned:
		return "Earned"
	case sectionAdjusted:
		return "Adjustments"
	case sectionRedeemed:
		return "Payouts requested"
	case sectionReturned:
		return "Payouts that came back"
	case sectionRevaluation:
		return "Rate changes"
	case sectionRounding:
		return "Rounding of payouts"
	case sectionClosing:
		return "Closing balance"
	}
	return "Other"
}

// streams lists what each live stream came to.
func (p *page) streams() {
	if len(p.s.Streams) == 0 {
		return
	}
	p.Raw("<section>\n<h2>Your streams</h2>\n<table class=\"gifts\">\n<thead><tr><th scope=\"col\">Stream</th><th scope=\"col\" class=\"n\">Gifts</th>",
		"<th scope=\"col\" class=\"n\">Coins</th><th scope=\"col\" class=\"n\">× diamonds<br>per coin</th>",
		"<th scope=\"col\" class=\"n\">= Diamonds</th><th scope=\"col\" class=\"n\">× ")
	p.Text(p.currency)
	p.Raw("<br>per diamond</th><th scope=\"col\" class=\"n\">= ")
	p.Text(p.currency)
	p.Raw("</th></tr></thead>\n<tbody>\n")
	for i := range p.s.Streams {
		p.streamRow(&p.s.Streams[i])
	}
	p.Raw("</tbody>\n<tfoot><tr><th scope=\"row\">Earned, less the gifts taken back</th><td class=\"n\">")
	m := &p.s.Summary
	p.Whole(m.GiftCount)
	p.Raw("</td><td class=\"n\">")
	p.Whole(m.GiftCoins)
	p.Raw("</td><td></td><td class=\"n\">")
	p.Whole(m.EarnedDiamonds)
	p.Raw("</td><td></td><td class=\"n sum\">")
	p.money(m.EarnedAmount)
	p.Raw("</td></tr></tfoot>\n</table>\n<p class=\"note\">", streamsNote, "</p>\n</section>\n")
}

const streamsNote = "The same gifts as above, by stream: each stream is less the gifts of it that were taken back. A stream during which a rate changed has a row for each rate. Each gift is rounded to whole diamonds by itself."

func (p *page) streamRow(t *pipeline.StatementStream) {
	p.Raw("<tr><th scope=\"row\">")
	if t.StreamID == "" {
		p.otherStreams(t)
	} else {
		p.Name(t.StreamID)
	}
	if t.PriorPeriod {
		p.Raw(" <span class=\"tag\">earlier month</span>")
	}
	p.Raw("<small>")
	p.streamTrail(t)
	p.Raw("</small></th>")
	for _, v := range []*int64{&t.Gifts, &t.Coins} {
		p.wholeCell(v)
	}
	p.rateCell(t.DiamondsPerCoin)
	p.wholeCell(&t.Diamonds)
	p.rateCell(t.Rate)
	p.Raw("<td class=\"n sum\">")
	p.money(t.Amount)
	p.Raw("</td></tr>\n")
}

func (p *page) otherStreams(t *pipeline.StatementStream) {
	p.counted(t.Streams, "other stream")
	p.Raw(" together")
}

// streamTrail says when a stream was and since when its rate was in force.
func (p *page) streamTrail(t *pipeline.StatementStream) {
	if t.FirstAt != nil && t.LastAt != nil {
		p.moment(*t.FirstAt)
		if *t.LastAt != *t.FirstAt {
			p.Raw(" to ")
			first, last := timeIn(*t.FirstAt, p.zone), timeIn(*t.LastAt, p.zone)
			if first.YearDay() == last.YearDay() && first.Year() == last.Year() {
				p.B = last.AppendFormat(p.B, "15:04")
			} else {
				p.moment(*t.LastAt)
			}
		}
	}
	if t.Rate != nil && len(p.s.Rates) != 1 {
		p.Raw(" · rates in force ")
		p.inForce(t.RateFrom, t.RateTo)
	}
}

// held says what of the balance can't be paid out yet, and when it can.
func (p *page) held() {
	all := p.s.Releases
	if len(all) == 0 {
		return
	}
	p.Raw("<p>")
	p.heldWords()
	p.Raw("</p>\n<table class=\"free\">\n<thead><tr><th scope=\"col\">Free from</th><th scope=\"col\" class=\"n\">Diamonds</th><th scope=\"col\" class=\"n\">")
	p.Text(p.currency)
	p.Raw("</th></tr></thead>\n<tbody>\n")
	for i := range all {
		p.Raw("<tr><th scope=\"row\">")
		p.dayOrMoment(all[i].ReleaseAt)
		p.Raw("</th>")
		p.wholeCell(&all[i].Diamonds)
		p.Raw("<td class=\"n sum\">")
		p.money(all[i].Amount)
		p.Raw("</td></tr>\n")
	}
	p.Raw("</tbody>\n<tfoot><tr><th scope=\"row\">Held</th>")
	p.wholeCell(&all[0].HeldDiamonds)
	p.Raw("<td class=\"n sum\">")
	p.money(all[0].HeldAmount)
	p.Raw("</td></tr></tfoot>\n</table>\n")
}

func (p *page) heldWords() {
	all := p.s.Releases
	p.Raw("Of this, <b>")
	p.diamonds(all[0].HeldDiamonds)
	p.Raw("</b> (")
	p.sum(all[0].HeldAmount)
	p.Raw(") is held: diamonds can be paid out ")
	p.counted(all[0].HoldDays, "day")
	p.Raw(" after they are credited. The last of it is free from ")
	p.dayOrMoment(all[len(all)-1].ReleaseAt)
	p.Raw(".")
}

// yearToDate says what the calendar year came to so far.
func (p *page) yearToDate() {
	y := p.s.YearToDate
	if y == nil {
		return
	}
	p.Raw("<table class=\"year\">\n<caption>")
	p.yearTitle()
	p.Raw("</caption>\n<thead><tr><th scope=\"col\" class=\"n\">Earned</th><th scope=\"col\" class=\"n\">Adjustments</th><th scope=\"col\" class=\"n\">Paid</th>",
		"<th scope=\"col\" class=\"n\">Tax withheld</th><th scope=\"col\" class=\"n\">Fees</th></tr></thead>\n<tbody><tr>")
	for _, v := range []*pipeline.Amount{&y.Earned, &y.Adjusted, &y.Paid, &y.Withheld, &y.Fees} {
		p.moneyCell(v, "")
	}
	p.Raw("</tr></tbody>\n</table>\n<p class=\"note\">", yearNote, "</p>\n")
}

const yearNote = "The sum of your monthly statements of this calendar year."

// yearTitle names the months that a year to date holds.
func (p *page) yearTitle() {
	first := p.s.YearToDate.FirstPeriod
	p.Raw("The year so far, in ")
	p.Text(p.currency)
	p.Raw(": ")
	if first != p.s.Summary.Period {
		p.B = first.Start(p.zone).AppendFormat(p.B, "January")
		p.Raw(" to ")
	}
	p.monthName()
}
