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
	exactHeight   = 16 // more, where the exact value stands below what is shown
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
	p.w.Align()
	p.section(p.t(statement.TitleMovement))
	if len(steps) == 0 {
		p.Raw("<p>")
		p.Text(p.w.NothingMoved())
		p.Raw("</p>\n</section>\n")
		return
	}
	f := fall{low: low, high: high, steps: len(steps)}
	if p.w.RoundedSteps() {
		f.more = exactHeight
	}
	p.Raw("<svg class=\"fall\" role=\"img\" aria-labelledby=\"fall-t fall-d\" width=\"100%\" height=\"")
	p.B = pages.AppendInt(p.B, f.top(len(steps)))
	p.Raw("\" xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"fall-t\">", p.t(statement.TitleMovement), "</title>\n<desc id=\"fall-d\">")
	p.say(p.w.MovementPicture(steps))
	p.Raw("</desc>\n")
	for i := range steps {
		p.bar(&f, &steps[i], i)
	}
	if low < 0 {
		p.zeroLine(&f)
	}
	p.Raw("</svg>\n")
	p.paragraph(" class=\"note\"", p.w.MovementNotes())
	p.Raw("</section>\n")
}

// fall is the measures of one picture: its levels, and how much higher a step is
// because the exact value stands below what is shown.
type fall struct {
	low, high   int64
	steps, more int
}

// top is where a step begins, bar where its bar does.
func (f *fall) top(step int) int { return step * (stepHeight + f.more) }
func (f *fall) bar(step int) int { return f.top(step) + barTop + f.more }

// zeroLine marks zero beside each bar, and leaves the words between them free.
func (p *page) zeroLine(f *fall) {
	at := pages.Across(0, f.low, f.high)
	for i := range f.steps {
		p.Raw("<line class=\"zero\"")
		p.upright(at, f.bar(i)-2, f.bar(i)+barHeight+2)
		p.Raw("/>\n")
	}
}

// upright appends the ends of a line from one height to another.
func (p *page) upright(x int64, from, to int) {
	p.Raw(" x1=\"")
	p.B = pages.AppendPercentOf(p.B, x)
	p.Raw("\" x2=\"")
	p.B = pages.AppendPercentOf(p.B, x)
	p.Raw("\" y1=\"")
	p.B = pages.AppendInt(p.B, from)
	p.Raw("\" y2=\"")
	p.B = pages.AppendInt(p.B, to)
	p.Raw("\"")
}

func (p *page) bar(f *fall, s *statement.Step, i int) {
	p.stepWords(f, s, i)
	from, to := pages.Across(s.From, f.low, f.high), pages.Across(s.To, f.low, f.high)
	left, width := min(from, to), max(from, to)-min(from, to)
	if width < barLeastWidth {
		width = barLeastWidth
		left = min(left, 10_000-width)
	}
	p.Raw("<rect class=\"track\" width=\"100%\" height=\"")
	p.B = pages.AppendInt(p.B, barHeight)
	p.Raw("\" y=\"")
	p.B = pages.AppendInt(p.B, f.bar(i))
	p.Raw("\"/><rect class=\"", barClass[s.Move], "\" x=\"")
	p.B = pages.AppendPercentOf(p.B, left)
	p.Raw("\" y=\"")
	p.B = pages.AppendInt(p.B, f.bar(i))
	p.Raw("\" width=\"")
	p.B = pages.AppendPercentOf(p.B, width)
	p.Raw("\" height=\"")
	p.B = pages.AppendInt(p.B, barHeight)
	p.Raw("\"/>")
	if i < f.steps-1 {
		p.Raw("<line class=\"join\"")
		p.upright(to, f.bar(i)+barHeight, f.bar(i+1))
		p.Raw("/>")
	}
	p.Raw("\n")
}

// stepWords writes what a step is, and what it comes to: as money, and below that
// to the last digit where that is more.
func (p *page) stepWords(f *fall, s *statement.Step, i int) {
	at := func(y int) {
		p.B = pages.AppendInt(p.B, f.top(i)+y)
		p.Raw("\">")
	}
	begin, end, gap := pages.Markup("0"), pages.Markup("100%"), pages.Markup("10")
	if p.w.Language.RightToLeft {
		begin, end, gap = end, begin, "-10"
	}
	p.Raw("<text ")
	if begin != "0" {
		p.Raw("x=\"", begin, "\" ")
	}
	p.Raw("y=\"")
	at(16)
	p.Text(p.w.T(s.Label))
	if !s.NoDiamonds {
		p.Raw("<tspan class=\"d\" dx=\"", gap, "\">")
		p.stepDiamonds(s)
		p.Raw("</tspan>")
	}
	p.Raw("</text><text class=\"n\" x=\"", end, "\" y=\"")
	at(16)
	if s.Moves() {
		p.signed(s.Shown)
	} else {
		p.money(s.Shown)
	}
	p.Raw("</text>")
	if exactly := p.w.Exactly(s.Amount, s.Shown, s.Moves()); len(exactly.Bytes) > 0 {
		p.Raw("<text class=\"n d\" x=\"", end, "\" y=\"")
		at(16 + exactHeight)
		p.say(exactly)
		p.Raw("</text>")
	}
}

func (p *page) stepDiamonds(s *statement.Step) {
	if s.Moves() {
		p.say(p.w.SignedDiamonds(s.Diamonds))
		return
	}
	p.say(p.w.Diamonds(s.Diamonds))
}
