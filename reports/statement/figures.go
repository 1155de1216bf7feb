package statement

import (
	"time"

	"carat/pipeline"
	"carat/reports/locale"
)

// figures writes numbers and dates as plain text for one statement.
type figures struct {
	loc      locale.Locale
	zone     *time.Location
	minor    int
	currency string
}

func (f *figures) whole(v int64) string { return string(f.loc.Append(nil, v, 0, 0)) }

func (f *figures) signedWhole(v int64) string {
	if v > 0 {
		return "+" + f.whole(v)
	}
	return f.whole(v)
}

// money is an amount without its currency.
func (f *figures) money(v pipeline.Amount) string {
	return string(f.loc.Append(nil, int64(v), pipeline.AmountDigits, f.minor))
}

func (f *figures) signed(v pipeline.Amount) string {
	if v > 0 {
		return "+" + f.money(v)
	}
	return f.money(v)
}

// sum is an amount with the statement's currency.
func (f *figures) sum(v pipeline.Amount) string { return f.money(v) + "\u00a0" + f.currency }

func (f *figures) moneyIn(v pipeline.Amount, currency string) string {
	return string(f.loc.Append(nil, int64(v), pipeline.AmountDigits, locale.MinorDigits(currency))) + "\u00a0" + currency
}

func (f *figures) rate(v pipeline.Rate) string {
	return string(f.loc.Append(nil, int64(v), pipeline.RateDigits, 0))
}

func (f *figures) counted(v int64, noun string) string {
	text := f.whole(v) + "\u00a0" + noun
	if v != 1 && v != -1 {
		text += "s"
	}
	return text
}

func (f *figures) day(micros int64) string { return timeIn(micros, f.zone).Format("2 Jan 2006") }

func (f *figures) moment(micros *int64) string {
	if micros == nil {
		return ""
	}
	return timeIn(*micros, f.zone).Format("2 Jan 2006, 15:04")
}

// percent is part of a whole; one that is not exact in two places says "about".
func (f *figures) percent(part, of pipeline.Amount) string {
	bp, exact := basisPoints(part, of)
	text := string(f.loc.Append(nil, bp, 2, 0)) + "%"
	if exact {
		return text
	}
	return "about\u00a0" + text
}

// inForce is page.inForce as plain text.
func (f *figures) inForce(from, to *int64) string {
	p := page{zone: f.zone}
	p.inForce(from, to)
	return string(p.B) // dates alone: nothing in them is escaped
}

func equalSign(holds bool) string {
	if holds {
		return " = "
	}
	return " \u2248 "
}
