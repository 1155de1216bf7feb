package statement

import (
	"time"

	"carat/pipeline"
	"carat/reports/locale"
)

// CoinsToDiamonds is the arithmetic from coins to diamonds in a few words.
func (w *Words) CoinsToDiamonds() *Text {
	w.begin()
	switch rates := w.S.Rates; len(rates) {
	case 0:
		w.put("coins × the rate of each gift")
	case 1:
		rate := func() { w.rate(valueOf(rates[0].DiamondsPerCoin)) }
		if coinsHold(&rates[0]) {
			w.put("coins × {1}", rate)
		} else {
			w.put("coins × {1}, each gift rounded", rate)
		}
	default:
		w.many(int64(len(rates)), "coins × the rate of each gift: {1} rate this month, see below|coins × the rate of each gift: {1} rates this month, see below",
			func() { w.whole(int64(len(rates))) })
	}
	return &w.text
}

// DiamondsToMoney is the arithmetic from diamonds to money in a few words.
func (w *Words) DiamondsToMoney() *Text {
	w.begin()
	if rates := w.S.Rates; len(rates) == 1 {
		w.put("diamonds × {1}\u00a0{2}", func() { w.rate(rates[0].Rate) }, w.currency)
		return &w.text
	}
	w.put("diamonds × what a diamond was worth at each gift")
	return &w.text
}

// MovementPicture says what the picture of the balance shows, for who doesn't see it.
func (w *Words) MovementPicture(steps []Step) *Text {
	w.begin()
	for i := range steps {
		if i > 0 {
			w.say("; ")
		}
		w.say(w.T(steps[i].Label))
		w.say(" ")
		w.sum(steps[i].Shown)
		if !steps[i].NoDiamonds {
			w.put(listComma)
			w.diamonds(steps[i].Diamonds)
		}
	}
	w.say(".")
	return &w.text
}

// MovementNotes explain what needs a word in how the balance moved.
func (w *Words) MovementNotes() *Text {
	m := &w.S.Summary
	w.begin()
	smallest := func() { w.sum(minorUnit(w.Currency)) }
	if w.RoundedSteps() {
		w.put("Amounts in {1}, in whole steps of {2} that add up; “exactly” is the same to the last digit.", w.currency, smallest)
	} else {
		w.put("Amounts in {1}.", w.currency)
	}
	if len(w.steps) == 2 {
		w.put(" Nothing moved this month.")
	} else {
		w.put(" A payout leaves your balance on the day it is requested.")
	}
	if m.RevaluationAmount != 0 && w.S.movedDiamonds() == 0 {
		w.put(" The money value of a diamond changed; diamonds that you still hold are worth what they are worth now (“rate changes”).")
	}
	switch moved := w.S.movedDiamonds(); {
	case moved < 0:
		w.put(" Your currency changed: the diamonds you then had went on, with their money, to your statement in the new one.")
	case moved > 0:
		w.put(" Your currency changed: the diamonds you then had came, with their money, from your statement in the one before.")
	}
	if unit := minorUnit(w.Currency); m.OpeningAmount%unit != 0 || m.ClosingAmount%unit != 0 || m.EarnedAmount%unit != 0 {
		w.put(FractionsStay, smallest)
	}
	if m.RoundingAmount != 0 {
		w.put(" A payout is made in whole steps of {1}; what was left over of the diamonds paid out is “rounding of payouts”.", smallest)
	}
	return &w.text
}

// RoundedSteps says whether any step is shown otherwise than it is.
func (w *Words) RoundedSteps() bool {
	for i := range w.steps {
		if w.steps[i].Amount != w.steps[i].Shown {
			return true
		}
	}
	return false
}

// BestDay says which day of the month, counted from 0, earned most.
func (w *Words) BestDay(best int, most pipeline.Amount) *Text {
	first, days := w.monthDays()
	w.begin()
	w.put("From {1} to {2}; the best day was {3} with {4}.", func() { w.date(first, locale.Day) }, func() { w.date(first.AddDate(0, 0, days-1), locale.DayMonthYear) },
		func() { w.date(first.AddDate(0, 0, best), locale.DayMonth) }, func() { w.sum(most) })
	for i := range w.S.Days {
		if d := &w.S.Days[i]; d.Amount < 0 && d.Day >= first.UnixMicro() {
			w.put(" Days on which more was taken back than came are not drawn.")
			break
		}
	}
	return &w.text
}

// monthDays gives the period's days as days of the rows: midnights in UTC.
func (w *Words) monthDays() (first time.Time, days int) {
	first = time.Date(w.Start.Year(), w.Start.Month(), 1, 0, 0, 0, 0, time.UTC)
	return first, first.AddDate(0, 1, -1).Day()
}

// TopNote says what the gifts that earned most are counted by.
func (w *Words) TopNote() *Text {
	w.begin()
	w.put("Gifts of one kind at one rate, in {1}.", w.currency)
	return &w.text
}

// RatesInForce is "Rates in force 1 Oct 2026 to 14 Oct 2026".
func (w *Words) RatesInForce(from, to *int64) *Text {
	w.begin()
	w.put("Rates in force {1}", func() { w.inForce(from, to) })
	return &w.text
}

// inForce appends the dates of a rate: "1 Oct 2026 to 14 Oct 2026". An end is
// exclusive; at midnight it is the day before, to a reader.
func (w *Words) inForce(from, to *int64) {
	begin := func() { w.dayOrMoment(*from) }
	end := func() {
		if at := timeIn(*to, w.Zone); isMidnight(at) {
			w.date(at.AddDate(0, 0, -1), locale.ShortDay)
			return
		}
		w.moment(*to)
	}
	switch {
	case from == nil && to == nil:
		w.put("always")
	case to == nil:
		w.put("since {1}", begin)
	case from == nil:
		w.put("until {1}", end)
	default:
		w.put("{1} to {2}", begin, end)
	}
}

// Gift names the gift of a line.
func (w *Words) Gift(l *pipeline.StatementLine) *Text {
	w.begin()
	w.gift(l)
	return &w.text
}

func (w *Words) gift(l *pipeline.StatementLine) {
	switch {
	case l.Label != "":
		w.name(l.Label)
	case l.GiftID != "":
		w.put("Gift {1}", func() { w.name(l.GiftID) })
	default:
		w.put(ColumnGift)
	}
}

// TotalEarned is what the gifts came to; where gifts were taken back, the total
// is after that and says so.
func (w *Words) TotalEarned() string {
	if w.takenBack() {
		return w.T("Earned, less the gifts taken back")
	}
	return w.T(ColumnEarned)
}

// Stream names a row of streams.
func (w *Words) Stream(t *pipeline.StatementStream) *Text {
	w.begin()
	if t.StreamID != "" {
		w.id(t.StreamID)
		return &w.text
	}
	w.many(t.Streams, "{1}\u00a0other stream together|{1}\u00a0other streams together", func() { w.whole(t.Streams) })
	return &w.text
}

// StreamTrail says when a stream was and since when its rate was in force.
func (w *Words) StreamTrail(t *pipeline.StatementStream) *Text {
	w.begin()
	if t.FirstAt != nil && t.LastAt != nil {
		begin := func() { w.moment(*t.FirstAt) }
		end := func() {
			first, last := timeIn(*t.FirstAt, w.Zone), timeIn(*t.LastAt, w.Zone)
			if first.YearDay() == last.YearDay() && first.Year() == last.Year() {
				w.date(last, locale.Clock)
			} else {
				w.moment(*t.LastAt)
			}
		}
		if *t.LastAt == *t.FirstAt {
			begin()
		} else {
			w.put("{1} to {2}", begin, end)
		}
	}
	if t.Rate != nil && len(w.S.Rates) != 1 {
		w.put(" · rates in force {1}", func() { w.inForce(t.RateFrom, t.RateTo) })
	}
	return &w.text
}

// SumsWhy says how coins become money.
func (w *Words) SumsWhy(several bool) *Text {
	w.begin()
	if several {
		w.put("Viewers pay for gifts in coins. Coins become diamonds, diamonds become money, each at the rate in force at the moment of the gift; rates changed, so each has its own row.")
	} else {
		w.put("Viewers pay for gifts in coins. Coins become diamonds, diamonds become money, each at the rate in force at the moment of the gift.")
	}
	return &w.text
}

// SumOf says what a row of the arithmetic is about: all gifts, or the gift of a
// line as an example.
func (w *Words) SumOf(t *Sum) *Text {
	w.begin()
	dates := func() { w.inForce(t.RateFrom, t.RateTo) }
	if t.Example != nil {
		w.put("For example {1}, rates in force {2}", func() { w.gift(t.Example) }, dates)
	} else {
		w.put("All gifts, rates in force {1}", dates)
	}
	return &w.text
}

// SumCoins is the arithmetic of a row from coins to diamonds.
func (w *Words) SumCoins(t *Sum) *Text {
	w.begin()
	w.strong(func() { w.coins(t.Coins) })
	w.say(" × ")
	w.rate(valueOf(t.DiamondsPerCoin))
	w.equals(coinsHold(&t.StatementRate))
	w.strong(func() { w.diamonds(t.Diamonds) })
	return &w.text
}

// SumMoney is the arithmetic of a row from diamonds to money.
func (w *Words) SumMoney(t *Sum) *Text {
	w.begin()
	w.strong(func() { w.diamonds(t.Diamonds) })
	w.say(" × ")
	w.rate(t.Rate)
	w.say("\u00a0")
	w.say(w.Currency)
	w.equals(moneyHolds(&t.StatementRate))
	w.strong(func() { w.sum(t.Amount) })
	return &w.text
}

// SumRounded says why a row of the arithmetic is not exact; "" where it is.
func (w *Words) SumRounded(t *Sum) string {
	switch {
	case !coinsHold(&t.StatementRate):
		return w.T(roundedCoins)
	case !moneyHolds(&t.StatementRate):
		return w.T(roundedMoney)
	}
	return ""
}

func (w *Words) equals(holds bool) {
	if holds {
		w.say(" = ")
		return
	}
	w.say(" ≈ ")
}

func coinsHold(t *pipeline.StatementRate) bool {
	return ProductIs(t.Coins, int64(valueOf(t.DiamondsPerCoin)), t.Diamonds, 1_000_000_000)
}

func moneyHolds(t *pipeline.StatementRate) bool {
	return ProductIs(t.Diamonds, int64(t.Rate), int64(t.Amount), 1_000)
}

// SharesWhy explains the way from list value to the creator's share.
func (w *Words) SharesWhy() *Text {
	m := &w.S.Summary
	w.begin()
	w.put("The list value is what the gifts’ coins are worth by the platform’s price list. You get your diamonds’ value; the rest is the platform’s part. ")
	if m.AgencyAmount != 0 || m.AgencyID != "" {
		w.put("From its part the platform pays the store’s fee for the coins and your agency; neither comes out of your share.")
	} else {
		w.put("From its part the platform pays the store’s fee for the coins.")
	}
	return &w.text
}

// Share is a row of who gets what.
type Share struct {
	Of     ShareOf
	Label  string
	Amount pipeline.Amount
	Part   bool // it is shown as a part of the list value too
}

// ShareOf says whose share a row is.
type ShareOf uint8

// The shares.
const (
	ShareWhole ShareOf = iota
	ShareCreator
	SharePlatform
	ShareAgency   // inside the platform's
	ShareRounding // inside the platform's
)

// Shares gives the rows of who gets what; drawn says whether they are parts of a
// whole that can be drawn. There are none without a list value.
func (w *Words) Shares() (shares []Share, drawn bool) {
	m := &w.S.Summary
	if m.ListValueAmount == 0 {
		return nil, false
	}
	drawn = m.ListValueAmount > 0 && m.EarnedAmount >= 0 && m.EarnedAmount <= m.ListValueAmount
	shares = append(make([]Share, 0, 5),
		Share{ShareWhole, w.T("List value of the gifts’ coins"), m.ListValueAmount, drawn},
		Share{ShareCreator, w.T("Your share"), m.EarnedAmount, drawn},
		Share{SharePlatform, w.T("Platform’s part, before store fees"), m.PlatformAmount, drawn})
	if m.AgencyAmount != 0 {
		shares = append(shares, Share{ShareAgency, w.T("of which your agency"), m.AgencyAmount, drawn})
	}
	switch {
	case m.RoundingKept > 0:
		shares = append(shares, Share{ShareRounding, w.T("of which rounding: parts of diamonds that could not be credited"), m.RoundingKept, drawn})
	case m.RoundingKept < 0: // a part of minus something is no share of the whole
		shares = append(shares, Share{ShareRounding, w.T("less rounding in your favour: parts of diamonds credited as whole ones"), m.RoundingKept, false})
	}
	return shares, drawn
}

// SharePicture says what the bar of the shares shows.
func (w *Words) SharePicture() *Text {
	m := &w.S.Summary
	w.begin()
	w.put("Of the list value, your share is {1}", func() { w.text.Bytes = w.AppendPercent(w.text.Bytes, m.EarnedAmount, m.ListValueAmount) })
	return &w.text
}
