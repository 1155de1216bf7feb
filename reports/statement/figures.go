package statement

import (
	"time"

	"carat/pipeline"
	"carat/reports/locale"
)

// Figures writes the numbers and the dates of one statement, for every rendering
// that people read: as the language of its words writes them, in its time zone.
type Figures struct {
	Language *locale.Language
	Loc      locale.Locale
	Zone     *time.Location
	Minor    int // digits of the currency's minor unit
	Currency string
	// What stands in one column of a table has one number of digits behind the
	// point, so that the points stand below each other: Align says of which values.
	amounts, perCoin, perDiamond int
}

// Align begins a table: until the next one, amounts have the digits that the
// longest of these needs. None: each has what it needs itself.
func (f *Figures) Align(amounts ...pipeline.Amount) {
	f.amounts, f.perCoin, f.perDiamond = 0, 0, 0
	for _, v := range amounts {
		f.alignAmount(v)
	}
}

func (f *Figures) alignAmount(v pipeline.Amount) {
	f.amounts = max(f.amounts, digitsOf(int64(v), pipeline.AmountDigits))
}

// alignRates does the same for the rates of a table.
func (f *Figures) alignRates(perCoin, perDiamond *pipeline.Rate) {
	f.perCoin = max(f.perCoin, digitsOf(int64(valueOf(perCoin)), pipeline.RateDigits))
	f.perDiamond = max(f.perDiamond, digitsOf(int64(valueOf(perDiamond)), pipeline.RateDigits))
}

// digitsOf gives how many digits v / 10^places needs behind its point.
func digitsOf(v int64, places int) int {
	for places > 0 && v%10 == 0 {
		v, places = v/10, places-1
	}
	return places
}

// AppendWhole appends 1,234 or −1,234.
func (f *Figures) AppendWhole(b []byte, v int64) []byte { return f.Loc.Append(b, v, 0, 0) }

// AppendMoney appends an amount without its currency: at least the currency's
// minor digits and those of its column, and every digit that is not zero.
func (f *Figures) AppendMoney(b []byte, v pipeline.Amount) []byte {
	return f.Loc.Append(b, int64(v), pipeline.AmountDigits, max(f.Minor, f.amounts))
}

// AppendPerCoin and AppendPerDiamond append a rate with the digits of its column.
func (f *Figures) AppendPerCoin(b []byte, v pipeline.Rate) []byte {
	return f.Loc.Append(b, int64(v), pipeline.RateDigits, f.perCoin)
}

// AppendPerDiamond appends what a diamond is worth.
func (f *Figures) AppendPerDiamond(b []byte, v pipeline.Rate) []byte {
	return f.Loc.Append(b, int64(v), pipeline.RateDigits, f.perDiamond)
}

// AppendRate appends a rate in full.
func (f *Figures) AppendRate(b []byte, v pipeline.Rate) []byte {
	return f.Loc.Append(b, int64(v), pipeline.RateDigits, 0)
}

// AppendDay appends "5 Oct 2026" of an instant in microseconds.
func (f *Figures) AppendDay(b []byte, micros int64) []byte {
	return f.Language.AppendDate(b, timeIn(micros, f.Zone), locale.ShortDay)
}

// AppendMoment appends "5 Oct 2026, 14:03".
func (f *Figures) AppendMoment(b []byte, micros int64) []byte {
	return f.Language.AppendDate(b, timeIn(micros, f.Zone), locale.Moment)
}

// AppendPercent appends part of whole as a percentage; one that is not exact in two
// places says "about". It is for reading beside the amounts, never for money.
func (w *Words) AppendPercent(b []byte, part, of pipeline.Amount) []byte {
	bp, exact := BasisPoints(part, of)
	if !exact {
		b = append(append(b, w.T(wordAbout)...), "\u00a0"...)
	}
	return w.Language.AppendPercent(w.Loc.Append(b, bp, 2, 0))
}

// Whole is AppendWhole as a text.
func (f *Figures) Whole(v int64) string { return string(f.AppendWhole(nil, v)) }

// SignedWhole is a number with + or − before it; zero has no sign.
func (f *Figures) SignedWhole(v int64) string {
	if v > 0 {
		return f.Loc.Mark + "+" + f.Whole(v)
	}
	return f.Whole(v)
}

// Money is AppendMoney as a text.
func (f *Figures) Money(v pipeline.Amount) string { return string(f.AppendMoney(nil, v)) }

// Signed is an amount with + or − before it; zero has no sign.
func (f *Figures) Signed(v pipeline.Amount) string {
	if v > 0 {
		return f.Loc.Mark + "+" + f.Money(v)
	}
	return f.Money(v)
}

// Rate is AppendRate as a text.
func (f *Figures) Rate(v pipeline.Rate) string { return string(f.AppendRate(nil, v)) }

// Moment is AppendMoment as a text; "" for none.
func (f *Figures) Moment(micros *int64) string {
	if micros == nil {
		return ""
	}
	return string(f.AppendMoment(nil, *micros))
}

// Percent is AppendPercent as a text.
func (w *Words) Percent(part, of pipeline.Amount) string {
	return string(w.AppendPercent(nil, part, of))
}

func timeIn(micros int64, zone *time.Location) time.Time { return time.UnixMicro(micros).In(zone) }

func isMidnight(t time.Time) bool {
	h, m, s := t.Clock()
	return h == 0 && m == 0 && s == 0 && t.Nanosecond() == 0
}
