package reports

import "carat/pipeline"

// replaced says, at the top of a new version, what moved since the one before
// and why.
func (p *page) replaced() {
	r := p.s.Replaced
	if r == nil {
		return
	}
	p.raw("<section class=\"replaced\">\n<h2>What changed since version&nbsp;")
	p.whole(r.Version)
	p.raw("</h2>\n<p>")
	p.replacedWords()
	p.raw("</p>\n")
	if len(r.Moves) > 0 {
		p.raw("<table class=\"moves\">\n<thead><tr><th scope=\"col\">Item</th><th scope=\"col\" class=\"n\">Version&nbsp;")
		p.whole(r.Version)
		p.raw("</th><th scope=\"col\" class=\"n\">Now</th><th scope=\"col\" class=\"n\">Change</th></tr></thead>\n<tbody>\n")
		for i := range r.Moves {
			m := &r.Moves[i]
			p.raw("<tr><th scope=\"row\">", itemWords(m.Item), "</th><td class=\"n\">")
			p.money(m.AmountBefore)
			p.raw("</td><td class=\"n\">")
			p.money(m.AmountNow)
			p.raw("</td><td class=\"n sum\">")
			p.signed(m.AmountMoved)
			if m.DiamondsMoved != 0 {
				p.raw("<small>")
				p.signedWhole(m.DiamondsMoved)
				p.raw(" diamonds</small>")
			}
			p.raw("</td></tr>\n")
		}
		p.raw("</tbody>\n</table>\n")
	}
	p.raw("</section>\n")
}

// replacedWords say why there is a new version, and whether it says anything new.
func (p *page) replacedWords() {
	r := p.s.Replaced
	p.raw("This statement replaces version ")
	p.whole(r.Version)
	p.raw(". The month was opened again on ")
	p.b = r.ReopenedAt.In(p.zone).AppendFormat(p.b, "2 January 2006")
	if r.Reason != "" {
		p.raw(" for this reason: ")
		p.name(r.Reason)
	}
	p.raw(". ")
	if len(r.Moves) == 0 {
		p.raw("None of the amounts on your statement changed.")
	} else {
		p.raw("These amounts changed, in ")
		p.text(p.currency)
		p.raw(":")
	}
}

// itemWords are an item of the way from opening to closing.
func itemWords(item string) markup {
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
	p.raw("<section>\n<h2>Your streams</h2>\n<table class=\"gifts\">\n<thead><tr><th scope=\"col\">Stream</th><th scope=\"col\" class=\"n\">Gifts</th>",
		"<th scope=\"col\" class=\"n\">Coins</th><th scope=\"col\" class=\"n\">× diamonds<br>per coin</th>",
		"<th scope=\"col\" class=\"n\">= Diamonds</th><th scope=\"col\" class=\"n\">× ")
	p.text(p.currency)
	p.raw("<br>per diamond</th><th scope=\"col\" class=\"n\">= ")
	p.text(p.currency)
	p.raw("</th></tr></thead>\n<tbody>\n")
	for i := range p.s.Streams {
		p.streamRow(&p.s.Streams[i])
	}
	p.raw("</tbody>\n<tfoot><tr><th scope=\"row\">Earned, less the gifts taken back</th><td class=\"n\">")
	m := &p.s.Summary
	p.whole(m.GiftCount)
	p.raw("</td><td class=\"n\">")
	p.whole(m.GiftCoins)
	p.raw("</td><td></td><td class=\"n\">")
	p.whole(m.EarnedDiamonds)
	p.raw("</td><td></td><td class=\"n sum\">")
	p.money(m.EarnedAmount)
	p.raw("</td></tr></tfoot>\n</table>\n<p class=\"note\">", streamsNote, "</p>\n</section>\n")
}

const streamsNote = "The same gifts as above, by stream: each stream is less the gifts of it that were taken back. A stream during which a rate changed has a row for each rate. Each gift is rounded to whole diamonds by itself."

func (p *page) streamRow(t *pipeline.StatementStream) {
	p.raw("<tr><th scope=\"row\">")
	if t.StreamID == "" {
		p.otherStreams(t)
	} else {
		p.name(t.StreamID)
	}
	if t.PriorPeriod {
		p.raw(" <span class=\"tag\">earlier month</span>")
	}
	p.raw("<small>")
	p.streamTrail(t)
	p.raw("</small></th>")
	for _, v := range []*int64{&t.Gifts, &t.Coins} {
		p.wholeCell(v)
	}
	p.rateCell(t.DiamondsPerCoin)
	p.wholeCell(&t.Diamonds)
	p.rateCell(t.Rate)
	p.raw("<td class=\"n sum\">")
	p.money(t.Amount)
	p.raw("</td></tr>\n")
}

func (p *page) otherStreams(t *pipeline.StatementStream) {
	p.counted(t.Streams, "other stream")
	p.raw(" together")
}

// streamTrail says when a stream was and since when its rate was in force.
func (p *page) streamTrail(t *pipeline.StatementStream) {
	if t.FirstAt != nil && t.LastAt != nil {
		p.moment(*t.FirstAt)
		if *t.LastAt != *t.FirstAt {
			p.raw(" to ")
			first, last := timeIn(*t.FirstAt, p.zone), timeIn(*t.LastAt, p.zone)
			if first.YearDay() == last.YearDay() && first.Year() == last.Year() {
				p.b = last.AppendFormat(p.b, "15:04")
			} else {
				p.moment(*t.LastAt)
			}
		}
	}
	if t.Rate != nil && len(p.s.Rates) != 1 {
		p.raw(" · rates in force ")
		p.inForce(t.RateFrom, t.RateTo)
	}
}

// held says what of the balance can't be paid out yet, and when it can.
func (p *page) held() {
	all := p.s.Releases
	if len(all) == 0 {
		return
	}
	p.raw("<p>")
	p.heldWords()
	p.raw("</p>\n<table class=\"free\">\n<thead><tr><th scope=\"col\">Free from</th><th scope=\"col\" class=\"n\">Diamonds</th><th scope=\"col\" class=\"n\">")
	p.text(p.currency)
	p.raw("</th></tr></thead>\n<tbody>\n")
	for i := range all {
		p.raw("<tr><th scope=\"row\">")
		p.dayOrMoment(all[i].ReleaseAt)
		p.raw("</th>")
		p.wholeCell(&all[i].Diamonds)
		p.raw("<td class=\"n sum\">")
		p.money(all[i].Amount)
		p.raw("</td></tr>\n")
	}
	p.raw("</tbody>\n<tfoot><tr><th scope=\"row\">Held</th>")
	p.wholeCell(&all[0].HeldDiamonds)
	p.raw("<td class=\"n sum\">")
	p.money(all[0].HeldAmount)
	p.raw("</td></tr></tfoot>\n</table>\n")
}

func (p *page) heldWords() {
	all := p.s.Releases
	p.raw("Of this, <b>")
	p.diamonds(all[0].HeldDiamonds)
	p.raw("</b> (")
	p.sum(all[0].HeldAmount)
	p.raw(") is held: diamonds can be paid out ")
	p.counted(all[0].HoldDays, "day")
	p.raw(" after they are credited. The last of it is free from ")
	p.dayOrMoment(all[len(all)-1].ReleaseAt)
	p.raw(".")
}

// yearToDate says what the calendar year came to so far.
func (p *page) yearToDate() {
	y := p.s.YearToDate
	if y == nil {
		return
	}
	p.raw("<table class=\"year\">\n<caption>")
	p.yearTitle()
	p.raw("</caption>\n<thead><tr><th scope=\"col\" class=\"n\">Earned</th><th scope=\"col\" class=\"n\">Adjustments</th><th scope=\"col\" class=\"n\">Paid</th>",
		"<th scope=\"col\" class=\"n\">Tax withheld</th><th scope=\"col\" class=\"n\">Fees</th></tr></thead>\n<tbody><tr>")
	for _, v := range []*pipeline.Amount{&y.Earned, &y.Adjusted, &y.Paid, &y.Withheld, &y.Fees} {
		p.moneyCell(v, "")
	}
	p.raw("</tr></tbody>\n</table>\n<p class=\"note\">", yearNote, "</p>\n")
}

const yearNote = "The sum of your monthly statements of this calendar year."

// yearTitle names the months that a year to date holds.
func (p *page) yearTitle() {
	first := p.s.YearToDate.FirstPeriod
	p.raw("The year so far, in ")
	p.text(p.currency)
	p.raw(": ")
	if first != p.s.Summary.Period {
		p.b = first.Start(p.zone).AppendFormat(p.b, "January")
		p.raw(" to ")
	}
	p.monthName()
}
