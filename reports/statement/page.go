package statement

import (
	"time"

	"carat/pipeline"
	"carat/reports/locale"
	"carat/reports/pages"
)

// page builds one HTML page by appending. Its methods' names say what the
// argument is; text and name escape, everything else is made here.
type page struct {
	pages.Frame
	s        *Statement
	zone     *time.Location
	start    time.Time // of the period
	end      time.Time // first instant after it
	minor    int       // digits of the currency's minor unit
	currency string
}

// money appends an amount without its currency: at least the currency's minor
// digits, and every digit that is not zero.
func (p *page) money(v pipeline.Amount) {
	p.B = p.Loc.Append(p.B, int64(v), pipeline.AmountDigits, p.minor)
}

// moneyIn appends an amount and its currency code.
func (p *page) moneyIn(v pipeline.Amount, currency string) {
	p.B = p.Loc.Append(p.B, int64(v), pipeline.AmountDigits, locale.MinorDigits(currency))
	p.Raw("&nbsp;")
	p.Text(currency)
}

// sum appends an amount in the statement's currency, with its code.
func (p *page) sum(v pipeline.Amount) {
	p.money(v)
	p.Raw("&nbsp;")
	p.Text(p.currency)
}

// signed appends + or − before an amount; zero has no sign.
func (p *page) signed(v pipeline.Amount) {
	if v > 0 {
		p.Raw("+")
	}
	p.money(v)
}

func (p *page) signedWhole(v int64) {
	if v > 0 {
		p.Raw("+")
	}
	p.Whole(v)
}

// diamonds appends "1 diamond", "2 diamonds".
func (p *page) diamonds(v int64) { p.counted(v, "diamond") }

func (p *page) counted(v int64, noun pages.Markup) {
	p.Whole(v)
	p.Raw("&nbsp;", noun)
	if v != 1 && v != -1 {
		p.Raw("s")
	}
}

// rate appends a rate in full.
func (p *page) rate(v pipeline.Rate) {
	p.B = p.Loc.Append(p.B, int64(v), pipeline.RateDigits, 0)
}

// day appends "5 Oct 2026".
func (p *page) day(micros int64) {
	p.B = time.UnixMicro(micros).In(p.zone).AppendFormat(p.B, "2 Jan 2006")
}

// moment appends "5 Oct 2026, 14:03".
func (p *page) moment(micros int64) {
	p.B = time.UnixMicro(micros).In(p.zone).AppendFormat(p.B, "2 Jan 2006, 15:04")
}

// percent appends part of whole as a percentage; one that is not exact in two
// places says "about". It is for reading beside the amounts, never for money.
func (p *page) percent(part, of pipeline.Amount) {
	bp, exact := basisPoints(part, of)
	if !exact {
		p.Raw("about&nbsp;")
	}
	p.B = p.Loc.Append(p.B, bp, 2, 0)
	p.Raw("%")
}
