package pages

import (
	"math/bits"
	"strconv"

	"carat/pipeline"
	"carat/reports/escape"
	"carat/reports/locale"
)

// Markup is HTML written in carat's own code. Only constants become markup without
// a conversion, so a row's text can't be passed where markup is expected.
type Markup string

// Frame builds one HTML page by appending. Its methods' names say what the
// argument is; Text and Name escape, everything else is made by carat.
type Frame struct {
	B   []byte        // the page so far
	Loc locale.Locale // how the reader writes numbers
}

// Raw appends markup.
func (p *Frame) Raw(parts ...Markup) {
	for _, m := range parts {
		p.B = append(p.B, m...)
	}
}

// Text appends escaped text.
func (p *Frame) Text(v string) { p.B = escape.AppendHTML(p.B, v) }

// Name appends a row's text, escaped and isolated from the direction of the
// text around it.
func (p *Frame) Name(v string) {
	p.Raw("<bdi>")
	p.Text(v)
	p.Raw("</bdi>")
}

// Whole appends 1,234 or −1,234.
func (p *Frame) Whole(v int64) { p.B = p.Loc.Append(p.B, v, 0, 0) }

// Plural gives the form of a word that goes with a number.
func Plural(v int64, one, many Markup) Markup {
	if v == 1 {
		return one
	}
	return many
}

// AppendPercentOf appends hundredths of a percent as an SVG length, "12.34%".
func AppendPercentOf(b []byte, bp int64) []byte {
	b = pipeline.AppendDecimal(b, bp, 2)
	return append(b, '%')
}

// AppendInt appends a length or a place of a picture.
func AppendInt(b []byte, v int) []byte { return strconv.AppendInt(b, int64(v), 10) }

// Across gives where a level lies between low and high, in hundredths of a percent.
func Across(level, low, high int64) int64 {
	span := uint64(high) - uint64(low)
	if span == 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(level)-uint64(low), 10_000)
	if hi >= span { // a level outside of the span: the rows don't add up
		return 0
	}
	quotient, _ := bits.Div64(hi, lo, span)
	return int64(min(quotient, 10_000))
}
