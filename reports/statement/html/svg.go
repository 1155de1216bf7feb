package html

import (
	"carat/reports/pages"
	"carat/reports/statement"
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

// barClass gives the class of a step's bar.
var barClass = [...]pages.Markup{
	statement.MoveIn: "in", statement.MoveOut: "out", statement.MoveNone: "none", statement.MoveOpening: "bal", statement.MoveClosing: "bal end",
}

// movement draws how the balance moved: a picture whose description says every
// number of it, and a word on what needs one.
func (p *page) movement() {
	steps, low, high := p.w.Steps()
	p.section(statement.TitleMovement)
	if len(steps) == 0 {
		p.Raw("<p>", statement.NothingMoved, "</p>\n</section>\n")
		return
	}
	p.Raw("<svg class=\"fall\" role=\"img\" aria-labelledby=\"fall-t fall-d\" width=\"100%\" height=\"")
	p.B = pages.AppendInt(p.B, len(steps)*stepHeight)
	p.Raw("\" xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"fall-t\">", statement.TitleMovement, "</title>\n<desc id=\"fall-d\">")
	p.say(p.w.MovementPicture(steps))
	p.Raw("</desc>\n")
	for i := range steps {
		p.bar(&steps[i], i, low, high, i == len(steps)-1)
	}
	if low < 0 {
		p.zeroLine(pages.Across(0, low, high), len(steps))
	}
	p.Raw("</svg>\n")
	p.paragraph(" class=\"note\"", p.w.MovementNotes())
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

func (p *page) bar(s *statement.Step, i int, low, high int64, last bool) {
	top := i * stepHeight
	from, to := pages.Across(s.From, low, high), pages.Across(s.To, low, high)
	left, width := min(from, to), max(from, to)-min(from, to)
	if width < barLeastWidth {
		width = barLeastWidth
		left = min(left, 10_000-width)
	}
	p.Raw("<text y=\"")
	p.B = pages.AppendInt(p.B, top+16)
	p.Raw("\">")
	p.Text(s.Label)
	if !s.NoDiamonds {
		p.Raw("<tspan class=\"d\" dx=\"10\">")
		p.stepDiamonds(s)
		p.Raw("</tspan>")
	}
	p.Raw("</text><text class=\"n\" x=\"100%\" y=\"")
	p.B = pages.AppendInt(p.B, top+16)
	p.Raw("\">")
	if s.Moves() {
		p.signed(s.Amount)
	} else {
		p.money(s.Amount)
	}
	p.Raw("</text><rect class=\"track\" width=\"100%\" height=\"")
	p.B = pages.AppendInt(p.B, barHeight)
	p.Raw("\" y=\"")
	p.B = pages.AppendInt(p.B, top+barTop)
	p.Raw("\"/><rect class=\"", barClass[s.Move], "\" x=\"")
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

func (p *page) stepDiamonds(s *statement.Step) {
	if s.Moves() {
		p.say(p.w.SignedDiamonds(s.Diamonds))
		return
	}
	p.diamonds(s.Diamonds)
}
