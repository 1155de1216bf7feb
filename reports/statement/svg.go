package statement

import (
	"slices"

	"carat/pipeline"
	"carat/reports/pages"
)

// The waterfall is drawn with lengths across in percent and lengths down in
// pixels, so that it fits any width while its words keep their size. Its
// geometry is in whole basis points: the same on every machine.

const (
	stepHeight    = 50
	barTop        = 24
	barHeight     = 12
	barLeastWidth = 30 // hundredths of a percent: a bar that can be seen
)

// step is one bar of the waterfall: from one level of the balance to the next.
type step struct {
	label      pages.Markup
	class      pages.Markup // of the bar: "bal", "in", "out"; "none" moves nothing
	diamonds   int64
	noDiamonds bool // the step moves money only
	amount     pipeline.Amount
	from, to   int64 // levels, in millionths, for drawing only
}

// moves tells a movement from a balance.
func (s *step) moves() bool { return s.class == "in" || s.class == "out" || s.class == "none" }

// steps gives the bars; a movement that is zero and not among the main ones is left out.
func (p *page) steps(dst []step) []step {
	m := &p.s.Summary
	level := int64(m.OpeningAmount)
	dst = append(dst, step{label: "Opening balance", class: "bal", diamonds: m.OpeningDiamonds, amount: m.OpeningAmount, to: level})
	move := func(label pages.Markup, diamonds int64, noDiamonds bool, amount pipeline.Amount, always bool) {
		if !always && diamonds == 0 && amount == 0 {
			return
		}
		s := step{label: label, class: "in", diamonds: diamonds, noDiamonds: noDiamonds, amount: amount, from: level}
		switch {
		case amount < 0:
			s.class = "out"
		case amount == 0:
			s.class = "none"
		}
		level += int64(amount)
		s.to = level
		dst = append(dst, s)
	}
	move("Earned", m.EarnedDiamonds, false, m.EarnedAmount, true)
	move("Adjustments", m.AdjustedDiamonds, false, m.AdjustedAmount, false)
	move("Payouts requested", -m.RedeemedDiamonds, false, -m.RedeemedAmount, true)
	move("Payouts that came back", m.ReturnedDiamonds, false, m.ReturnedAmount, false)
	move("Rate changes", 0, true, m.RevaluationAmount, false)
	move("Rounding of payouts", 0, true, -m.RoundingAmount, false)
	return append(dst, step{label: "Closing balance", class: "bal end", diamonds: m.ClosingDiamonds, amount: m.ClosingAmount, to: int64(m.ClosingAmount)})
}

// movement writes "How your balance moved": a picture whose description says
// every number of it, and a word on what needs one.
func (p *page) movement() {
	var room [8]step
	steps := p.steps(room[:0])
	low, high := int64(0), int64(0)
	for i := range steps {
		low, high = min(low, steps[i].to), max(high, steps[i].to)
	}
	p.Raw("<section>\n<h2>How your balance moved</h2>\n")
	if !slices.ContainsFunc(steps, func(s step) bool { return s.amount != 0 || s.diamonds != 0 }) {
		p.Raw("<p>Nothing moved this month, and nothing was carried in.</p>\n</section>\n")
		return
	}
	p.Raw("<svg class=\"fall\" role=\"img\" aria-labelledby=\"fall-t fall-d\" width=\"100%\" height=\"")
	p.B = pages.AppendInt(p.B, len(steps)*stepHeight)
	p.Raw("\" xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"fall-t\">How your balance moved</title>\n<desc id=\"fall-d\">")
	for i := range steps {
		if i > 0 {
			p.Raw("; ")
		}
		p.Raw(steps[i].label, " ")
		p.sum(steps[i].amount)
		if !steps[i].noDiamonds {
			p.Raw(", ")
			p.diamonds(steps[i].diamonds)
		}
	}
	p.Raw(".</desc>\n")
	for i := range steps {
		p.bar(&steps[i], i, low, high, i == len(steps)-1)
	}
	if low < 0 {
		p.zeroLine(pages.Across(0, low, high), len(steps))
	}
	p.Raw("</svg>\n")
	p.movementNotes()
	p.Raw("</section>\n")
}

// zeroLine marks zero beside each bar, and leaves the words between them free.
func (p *page) zeroLine(at int64, steps int) {
	for i := range steps {
		p.Raw("<line class=\"zero\" y1=\"")
		p.B = pages.AppendInt(p.B, i*stepHeight+barTop-2)
		p.Raw("\" y2=\"")
		p.B = pages.AppendInt(p.B, i*stepHeight+barTop+barHeight+2)
		p.Raw("\" x1=\"")
		p.B = pages.AppendPercentOf(p.B, at)
		p.Raw("\" x2=\"")
		p.B = pages.AppendPercentOf(p.B, at)
		p.Raw("\"/>\n")
	}
}

func (p *page) bar(s *step, i int, low, high int64, last bool) {
	top := i * stepHeight
	from, to := pages.Across(s.from, low, high), pages.Across(s.to, low, high)
	left, width := min(from, to), max(from, to)-min(from, to)
	if width < barLeastWidth {
		width = barLeastWidth
		left = min(left, 10_000-width)
	}
	p.Raw("<text y=\"")
	p.B = pages.AppendInt(p.B, top+16)
	p.Raw("\">", s.label)
	if !s.noDiamonds {
		p.Raw("<tspan class=\"d\" dx=\"10\">")
		p.stepWhole(s)
		p.Raw("</tspan>")
	}
	p.Raw("</text><text class=\"n\" x=\"100%\" y=\"")
	p.B = pages.AppendInt(p.B, top+16)
	p.Raw("\">")
	if s.moves() {
		p.signed(s.amount)
	} else {
		p.money(s.amount)
	}
	p.Raw("</text><rect class=\"track\" width=\"100%\" height=\"")
	p.B = pages.AppendInt(p.B, barHeight)
	p.Raw("\" y=\"")
	p.B = pages.AppendInt(p.B, top+barTop)
	p.Raw("\"/><rect class=\"", s.class, "\" x=\"")
	p.B = pages.AppendPercentOf(p.B, left)
	p.Raw("\" y=\"")
	p.B = pages.AppendInt(p.B, top+barTop)
	p.Raw("\" width=\"")
	p.B = pages.AppendPercentOf(p.B, width)
	p.Raw("\" height=\"")
	p.B = pages.AppendInt(p.B, barHeight)
	p.Raw("\"/>")
	if !last {
		p.Raw("<line class=\"join\" x1=\"")
		p.B = pages.AppendPercentOf(p.B, to)
		p.Raw("\" x2=\"")
		p.B = pages.AppendPercentOf(p.B, to)
		p.Raw("\" y1=\"")
		p.B = pages.AppendInt(p.B, top+barTop+barHeight)
		p.Raw("\" y2=\"")
		p.B = pages.AppendInt(p.B, top+stepHeight+barTop)
		p.Raw("\"/>")
	}
	p.Raw("\n")
}

func (p *page) stepWhole(s *step) {
	if s.moves() && s.diamonds > 0 {
		p.Raw("+")
	}
	p.diamonds(s.diamonds)
}

func (p *page) movementNotes() {
	m := &p.s.Summary
	p.Raw("<p class=\"note\">Amounts in ")
	p.Text(p.currency)
	p.Raw(". A payout leaves your balance on the day it is requested.")
	if m.RevaluationAmount != 0 {
		p.Raw(" The money value of a diamond changed; diamonds that you still hold are worth what they are worth now (\u201crate changes\u201d).")
	}
	if p.hasFractions() {
		p.Raw(" Fractions smaller than ")
		p.minorUnit()
		p.Raw(" stay in your balance; they are not rounded away.")
	}
	if m.RoundingAmount != 0 {
		p.Raw(" A payout is made in whole steps of ")
		p.minorUnit()
		p.Raw("; what was left over of the diamonds paid out is \u201crounding of payouts\u201d.")
	}
	p.Raw("</p>\n")
}

// hasFractions says whether a balance shown has digits below the minor unit.
func (p *page) hasFractions() bool {
	unit := pipeline.Amount(1)
	for i := p.minor; i < pipeline.AmountDigits; i++ {
		unit *= 10
	}
	m := &p.s.Summary
	return m.OpeningAmount%unit != 0 || m.ClosingAmount%unit != 0 || m.EarnedAmount%unit != 0
}

// minorUnit appends the smallest coin of the currency, "0.01 USD".
func (p *page) minorUnit() {
	unit := pipeline.Amount(1)
	for i := p.minor; i < pipeline.AmountDigits; i++ {
		unit *= 10
	}
	p.sum(unit)
}
