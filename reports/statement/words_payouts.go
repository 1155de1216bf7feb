package statement

import (
	"strings"

	"carat/pipeline"
)

// LineReason says why a line is there; for the line of a gift, of which.
func (w *Words) LineReason(l *pipeline.StatementLine) *Text {
	w.begin()
	if l.Label != "" || l.GiftID != "" {
		w.gift(l)
		w.say(". ")
	}
	w.reason(l.Reason)
	return &w.text
}

func (w *Words) reason(code string) {
	if words, known := Reason(code); known {
		w.say(words)
		return
	}
	w.name(code)
}

// LineSource says what a line goes back to; it is empty where that is nothing.
func (w *Words) LineSource(l *pipeline.StatementLine) *Text {
	w.begin()
	w.source(l)
	return &w.text
}

// LineTrail says what a line goes back to, and the rate it was valued at; it is
// empty where there is neither.
func (w *Words) LineTrail(l *pipeline.StatementLine) *Text {
	w.begin()
	w.source(l)
	if l.Diamonds != nil && l.Rate != nil {
		w.next("at ")
		w.perDiamond(*l.Rate)
	}
	return &w.text
}

func (w *Words) source(l *pipeline.StatementLine) {
	if l.OriginalEventID != "" {
		w.next(LabelOriginal)
		w.id(l.OriginalEventID)
	}
	if l.ReferenceID != "" {
		w.next(LabelReference)
		w.id(l.ReferenceID)
	}
}

// next begins another part of a trail.
func (w *Words) next(words string) {
	if len(w.text.Bytes) > 0 {
		w.say(" · ")
	}
	w.say(words)
}

// Charge is a fee or a tax of a payout, signed as it changes what arrives.
type Charge struct {
	Label  string
	Amount pipeline.Amount
}

// Charges gives the fee and the tax of a payout, or of one that came back. A
// payout that was requested in an earlier month was charged then.
func Charges(l *pipeline.StatementLine) (charges [2]Charge, n int) {
	if !IsPayout(l) || LeftEarlier(l) {
		return charges, 0
	}
	fee, tax := Charge{"Payout fee", -valueOf(l.FeeAmount)}, Charge{"Tax withheld from a payout", -valueOf(l.WithholdingAmount)}
	if l.Section == sectionReturned {
		fee, tax = Charge{"Payout fee given back", -fee.Amount}, Charge{"Withheld tax given back", -tax.Amount}
	}
	for _, c := range [...]Charge{fee, tax} {
		if c.Amount != 0 {
			charges[n] = c
			n++
		}
	}
	return charges, n
}

// Earlier says what part of the month belongs to earlier ones.
func (w *Words) Earlier() *Text {
	w.begin()
	w.say("Lines marked ")
	w.styled(Tag, EarlierMonth)
	w.say(" happened before ")
	w.date(w.Start, "2 January 2006")
	w.say(" but reached the books after that month was closed. They are valued at the rates of their own date and change your earnings and adjustments by ")
	w.open(Figure)
	w.signed(w.S.Summary.PriorPeriodAmount)
	w.close()
	w.say("\u00a0")
	w.say(w.Currency)
	w.say(" in all, already included above.")
	return &w.text
}

// NoPayouts says that there are no payouts to list.
func (w *Words) NoPayouts() *Text {
	w.begin()
	if paid := w.S.Summary.PaidAmount; paid != 0 {
		w.say("No payout was requested this month. ")
		w.sum(paid)
		w.say(" of payouts requested earlier was paid.")
		return &w.text
	}
	w.say("No payouts this month.")
	return &w.text
}

// PayoutSums say what the payouts came to; it is empty when that is nothing.
func (w *Words) PayoutSums() *Text {
	m := &w.S.Summary
	w.begin()
	if m.PaidAmount == 0 && m.InTransitAmount == 0 && m.FailedAmount == 0 {
		return &w.text
	}
	strong := func(v pipeline.Amount) {
		w.open(Strong)
		w.sum(v)
		w.close()
	}
	w.say("Net of fees and tax, ")
	strong(m.PaidAmount)
	w.say(" was paid in ")
	w.month()
	if m.InTransitAmount != 0 {
		w.say(", ")
		strong(m.InTransitAmount)
		w.say(" was still on its way at the end of the month")
	}
	if m.FailedAmount != 0 {
		w.say(", ")
		strong(m.FailedAmount)
		w.say(" failed or was returned and is back in your balance, with its fee and tax")
	}
	w.say(".")
	return &w.text
}

// TotalTaken is what a month took, or gave back where that was more.
func (w *Words) TotalTaken() string {
	if w.S.Summary.TakenAmount < 0 {
		return totalGivenBack
	}
	return totalTaken
}

// OnItsWay gives the payouts that were on their way at the end of the month.
func (w *Words) OnItsWay() (lines []*pipeline.StatementLine) {
	for i := range w.S.Lines {
		if l := &w.S.Lines[i]; IsOnItsWay(l) {
			lines = append(lines, l)
		}
	}
	return lines
}

// OnItsWayWhy says what the list of them is.
func (w *Words) OnItsWayWhy() *Text {
	w.begin()
	w.say("What you requested and what had not arrived at the end of ")
	w.lastDay("2 January 2006")
	w.say(". It has left your balance; if a payout fails, it comes back to it.")
	return &w.text
}

// OnItsWayTrail says how a payout on its way is made, and what of.
func (w *Words) OnItsWayTrail(l *pipeline.StatementLine) *Text {
	w.begin()
	if l.Method != "" {
		w.next("by ")
		w.name(l.Method)
	}
	if fee := valueOf(l.FeeAmount); fee != 0 {
		w.next("after a fee of ")
		w.money(fee)
	}
	if tax := valueOf(l.WithholdingAmount); tax != 0 {
		w.next("after tax of ")
		w.money(tax)
	}
	return &w.text
}

// PayoutTitle says what became of a payout; a known status is told as one.
func (w *Words) PayoutTitle(l *pipeline.StatementLine) (title *Text, status bool) {
	w.begin()
	if l.Section == sectionReturned {
		w.reason(l.Reason)
		return &w.text, false
	}
	words, known := Status(l.Status)
	switch {
	case l.Status != statusPaid && known && (l.Reason == reasonPaidLater || l.PaidAt != nil):
		w.say("Paid, then ")
		w.say(strings.ToLower(words))
		return &w.text, true
	case known:
		w.say(words)
		return &w.text, true
	case l.Status != "":
		w.name(l.Status)
	default:
		w.reason(l.Reason)
	}
	return &w.text, false
}

// PayoutTrail says when and how a payout was made.
func (w *Words) PayoutTrail(l *pipeline.StatementLine) *Text {
	w.begin()
	if l.EventAt != nil {
		switch {
		case l.Reason == reasonPaidLater:
			w.next("requested in an earlier month, paid ")
		case l.Section == sectionRedeemed:
			w.next("requested ")
		}
		w.day(*l.EventAt)
	}
	if l.PaidAt != nil && l.Reason != reasonPaidLater && l.Section == sectionRedeemed {
		w.next("paid ")
		w.day(*l.PaidAt)
	}
	if l.Method != "" {
		w.next("by ")
		w.name(l.Method)
	}
	if l.ReferenceID != "" {
		w.next(LabelReference)
		w.id(l.ReferenceID)
	}
	return &w.text
}

// Exchange says how a payout in another currency was converted; it is empty when
// it was not.
func (w *Words) Exchange(l *pipeline.StatementLine) *Text {
	w.begin()
	if l.PayoutAmount == nil || l.PayoutCurrency == "" || l.PayoutCurrency == w.Currency && l.FXRate == nil {
		return &w.text
	}
	exact := true
	if l.NetAmount != nil && l.FXRate != nil {
		w.sum(*l.NetAmount)
		w.say(" × ")
		w.rate(*l.FXRate)
		exact = ProductIs(int64(*l.NetAmount), int64(*l.FXRate), int64(*l.PayoutAmount), 1_000_000_000)
		w.equals(exact)
	} else {
		w.say("paid out as ")
	}
	w.open(Strong)
	w.moneyIn(*l.PayoutAmount, l.PayoutCurrency)
	w.close()
	if !exact {
		w.say(", rounded to the currency’s smallest unit")
	}
	return &w.text
}

// Closing says what the balance is.
func (w *Words) Closing() *Text {
	m := &w.S.Summary
	w.begin()
	w.say("At the end of ")
	w.lastDay("2 January 2006")
	w.say(" your balance is ")
	w.open(Strong)
	w.counted(m.ClosingDiamonds, "diamond")
	w.close()
	w.say(", worth ")
	closing := w.shown(sectionClosing)
	w.open(Strong)
	w.sum(closing)
	w.close()
	if m.ClosingAmount != closing {
		w.say(" (exactly ")
		w.money(m.ClosingAmount)
		w.say(")")
	}
	w.say(" at the rate then in force")
	for i := range w.S.Lines {
		if l := &w.S.Lines[i]; l.Section == sectionClosing && l.Rate != nil {
			w.say(", ")
			w.perDiamond(*l.Rate)
			break
		}
	}
	w.say(". It is the opening balance of ")
	w.date(w.End, "January 2006")
	w.say(".")
	return &w.text
}

// Held says what of the balance can't be paid out yet. There must be releases.
func (w *Words) Held() *Text {
	all := w.S.Releases
	w.begin()
	w.say("Of this, ")
	w.open(Strong)
	w.counted(all[0].HeldDiamonds, "diamond")
	w.close()
	w.say(" (")
	w.sum(all[0].HeldAmount)
	w.say(") is held: diamonds can be paid out ")
	w.counted(all[0].HoldDays, "day")
	w.say(" after they are credited. The last of it is free from ")
	w.dayOrMoment(all[len(all)-1].ReleaseAt)
	w.say(".")
	return &w.text
}

// FreeFrom is the day, or the moment, of a release.
func (w *Words) FreeFrom(micros int64) *Text {
	w.begin()
	w.dayOrMoment(micros)
	return &w.text
}

// Terms tells each of the terms by which the balance is paid out; none without a rule.
func (w *Words) Terms(tell func(*Text)) {
	t := w.S.Terms
	if t == nil {
		return
	}
	w.minimum(t)
	tell(&w.text)
	// What is held told the hold already.
	if t.HoldDays != 0 && len(w.S.Releases) == 0 {
		w.begin()
		w.say("Diamonds can be paid out ")
		w.counted(t.HoldDays, "day")
		w.say(" after they are credited")
		if w.S.Summary.ClosingDiamonds > 0 {
			w.say("; none of this balance is held")
		}
		w.say(".")
		tell(&w.text)
	}
	w.fee(t)
	tell(&w.text)
	if t.MaxAmountPerDay != nil {
		w.begin()
		w.say("At most ")
		w.moneyIn(*t.MaxAmountPerDay, t.Currency)
		w.say(" is paid out a day.")
		tell(&w.text)
	}
}

// minimum names the smallest payout, and says whether the balance reaches it.
// Where it has another currency than the balance the two are not compared.
func (w *Words) minimum(t *pipeline.StatementTerms) {
	w.begin()
	w.say("Payouts by ")
	w.name(t.Method)
	if t.MinAmount == 0 {
		w.say(" have no minimum.")
		return
	}
	w.say(" start at ")
	w.moneyIn(t.MinAmount, t.Currency)
	switch closing := w.S.Summary.ClosingAmount; {
	case t.Currency != w.Currency:
		w.say("; your balance is in ")
		w.say(w.Currency)
	case closing >= t.MinAmount:
		w.say(": your balance is enough for one")
		if len(w.S.Releases) > 0 {
			w.say(", what is held included")
		}
	case closing > 0:
		w.say(": your balance is carried on until it gets there")
	}
	w.say(".")
}

func (w *Words) fee(t *pipeline.StatementTerms) {
	w.begin()
	if t.FeeFixed == 0 && t.FeeRate == 0 {
		w.say("A payout costs no fee.")
		return
	}
	w.say("Fee of a payout: ")
	if t.FeeFixed != 0 {
		w.moneyIn(t.FeeFixed, t.Currency)
	}
	if t.FeeRate != 0 {
		if t.FeeFixed != 0 {
			w.say(" and ")
		}
		// billionths to percent: two places fewer, exactly
		w.text.Bytes = w.Loc.Append(w.text.Bytes, int64(t.FeeRate), pipeline.RateDigits-2, 0)
		w.say("% of its amount")
	}
	w.say(".")
}

// YearTitle names the months that a year to date holds. There must be one.
func (w *Words) YearTitle() *Text {
	first := w.S.Year.FirstPeriod
	w.begin()
	w.say("The year so far, in ")
	w.say(w.Currency)
	w.say(": ")
	if first != w.S.Summary.Period {
		w.date(first.Start(w.Zone), "January")
		w.say(" to ")
	}
	w.month()
	return &w.text
}

// NothingInYear says whether the year holds nothing yet.
func (s *Statement) NothingInYear() bool {
	y := s.Year
	return y.Earned == 0 && y.Adjusted == 0 && y.Gross == 0 && y.Withheld == 0 && y.Fees == 0 && y.Paid == 0
}

// NotYetPaid says what was asked for and isn't in the year's payouts yet.
func (w *Words) NotYetPaid() *Text {
	w.begin()
	w.say("Requested and not yet paid: ")
	w.open(Strong)
	w.sum(w.S.Summary.InTransitAmount)
	w.close()
	w.say(". It counts when it is paid.")
	return &w.text
}
