package reports

import (
	"math/bits"
	"strconv"
	"time"

	"carat/pipeline"
)

// markup is HTML written in this package. Only constants become markup without
// a conversion, so a row's text can't be passed where markup is expected.
type markup string

// page builds one HTML page by appending. Its methods' names say what the
// argument is; text and name escape, everything else is made here.
type page struct {
	b        []byte
	s        *Statement
	zone     *time.Location
	start    time.Time // of the period
	end      time.Time // first instant after it
	loc      locale    // of the creator's country
	minor    int       // digits of the currency's minor unit
	currency string
}

func (p *page) raw(parts ...markup) {
	for _, m := range parts {
		p.b = append(p.b, m...)
	}
}

// text appends escaped text.
func (p *page) text(v string) { p.b = appendHTMLText(p.b, v) }

// name appends a row's text, escaped and isolated from the direction of the
// text around it.
func (p *page) name(v string) {
	p.raw("<bdi>")
	p.text(v)
	p.raw("</bdi>")
}

// whole appends 1,234 or −1,234.
func (p *page) whole(v int64) { p.b = p.loc.append(p.b, v, 0, 0) }

// money appends an amount without its currency: at least the currency's minor
// digits, and every digit that is not zero.
func (p *page) money(v pipeline.Amount) {
	p.b = p.loc.append(p.b, int64(v), pipeline.AmountDigits, p.minor)
}

// moneyIn appends an amount and its currency code.
func (p *page) moneyIn(v pipeline.Amount, currency string) {
	p.b = p.loc.append(p.b, int64(v), pipeline.AmountDigits, minorDigits(currency))
	p.raw("&nbsp;")
	p.text(currency)
}

// sum appends an amount in the statement's currency, with its code.
func (p *page) sum(v pipeline.Amount) {
	p.money(v)
	p.raw("&nbsp;")
	p.text(p.currency)
}

// signed appends + or − before an amount; zero has no sign.
func (p *page) signed(v pipeline.Amount) {
	if v > 0 {
		p.raw("+")
	}
	p.money(v)
}

func (p *page) signedWhole(v int64) {
	if v > 0 {
		p.raw("+")
	}
	p.whole(v)
}

// diamonds appends "1 diamond", "2 diamonds".
func (p *page) diamonds(v int64) { p.counted(v, "diamond") }

func (p *page) counted(v int64, noun markup) {
	p.whole(v)
	p.raw("&nbsp;", noun)
	if v != 1 && v != -1 {
		p.raw("s")
	}
}

// rate appends a rate in full.
func (p *page) rate(v pipeline.Rate) {
	p.b = p.loc.append(p.b, int64(v), pipeline.RateDigits, 0)
}

// day appends "5 Oct 2026".
func (p *page) day(micros int64) {
	p.b = time.UnixMicro(micros).In(p.zone).AppendFormat(p.b, "2 Jan 2006")
}

// moment appends "5 Oct 2026, 14:03".
func (p *page) moment(micros int64) {
	p.b = time.UnixMicro(micros).In(p.zone).AppendFormat(p.b, "2 Jan 2006, 15:04")
}

// percent appends part of whole as a percentage; one that is not exact in two
// places says "about". It is for reading beside the amounts, never for money.
func (p *page) percent(part, of pipeline.Amount) {
	bp, exact := basisPoints(part, of)
	if !exact {
		p.raw("about&nbsp;")
	}
	p.b = p.loc.append(p.b, bp, 2, 0)
	p.raw("%")
}

// basisPoints gives part/of in hundredths of a percent, rounded to nearest,
// for 0 <= part <= of and of > 0; else 0.
func basisPoints(part, of pipeline.Amount) (bp int64, exact bool) {
	if of <= 0 || part < 0 || part > of {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(part), 10_000)
	quotient, rest := bits.Div64(hi, lo, uint64(of))
	if rest >= uint64(of)-rest {
		return int64(quotient) + 1, rest == 0
	}
	return int64(quotient), rest == 0
}

// productIs says whether a x b = c x scale, exactly: whether a printed
// multiplication holds without a word about rounding.
func productIs(a, b, c, scale int64) bool {
	if (a < 0) != (c < 0) && a != 0 && c != 0 {
		return false
	}
	h1, l1 := bits.Mul64(magnitude(a), magnitude(b))
	h2, l2 := bits.Mul64(magnitude(c), magnitude(scale))
	return h1 == h2 && l1 == l2
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

func plural(v int64, one, many markup) markup {
	if v == 1 {
		return one
	}
	return many
}

// appendPercentOf appends hundredths of a percent as an SVG length, "12.34%".
func appendPercentOf(b []byte, bp int64) []byte {
	b = pipeline.AppendDecimal(b, bp, 2)
	return append(b, '%')
}

func appendInt(b []byte, v int) []byte { return strconv.AppendInt(b, int64(v), 10) }
