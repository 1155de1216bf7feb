package statement

import (
	"carat/pipeline"
	"carat/reports/locale"
)

// LineReason says why a line is there; for the line of a gift, of which.
func (w *Words) LineReason(l *pipeline.StatementLine) *Text {
	w.begin()
	if l.Label != "" || l.GiftID != "" {
		w.gift(l)
		w.put(sentenceEnd)
	}
	w.reason(l.Reason)
	return &w.text
}

func (w *Words) reason(code string) {
	if words, known := Reason(code); known {
		w.put(words)
		return
	}
	w.name(code)
}

// sentenceEnd stands between a gift and what became of it.
const sentenceEnd = ". "

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
		w.next("at {1}", func() { w.perDiamond(*l.Rate) })
	}
	return &w.text
}

func (w *Words) source(l *pipeline.StatementLine) {
	if l.OriginalEventID != "" {
		w.next("original event {1}", func() { w.id(l.OriginalEventID) })
	}
	if l.ReferenceID != "" {
		w.next(referenceOf, func() { w.id(l.ReferenceID) })
	}
}

const referenceOf = "reference {1}"

// next begins another part of a trail.
func (w *Words) next(words string, part func()) {
	if len(w.text.Bytes) > 0 {
		w.say(" · ")
	}
	w.put(words, part)
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
	w.put("Lines marked {1} happened before {2} but reached the books after that month was closed. They are valued at the rates of their own date and change your earnings and adjustments by {3}\u00a0{4} in all, already included above.",
		func() { w.styled(Tag, w.T(EarlierMonth)) }, func() { w.date(w.Start, locale.DayMonthYear) },
		func() {
			w.open(Figure)
			w.signed(w.S.Summary.PriorPeriodAmount)
			w.close()
		}, w.currency)
	return &w.text
}

// NoPayouts says that there are no payouts to list.
func (w *Words) NoPayouts() *Text {
	w.begin()
	if paid := w.S.Summary.PaidAmount; paid != 0 {
		w.put("No payout was requested this month. {1} of payouts requested earlier was paid.", func() { w.sum(paid) })
		return &w.text
	}
	w.put("No payouts this month.")
	return &w.text
}

// PayoutSums say what the payouts came to; it is empty when that is nothing.
func (w *Words) PayoutSums() *Text {
	m := &w.S.Summary
	w.begin()
	if m.PaidAmount == 0 && m.InTransitAmount == 0 && m.FailedAmount == 0 {
		return &w.text
	}
	w.put("Net of fees and tax, {1} was paid in {2}", func() { w.strong(func() { w.sum(m.PaidAmount) }) }, w.month)
	if m.InTransitAmount != 0 {
		w.put(", {1} was still on its way at the end of the month", func() { w.strong(func() { w.sum(m.InTransitAmount) }) })
	}
	if m.FailedAmount != 0 {
		w.put(", {1} failed or was returned and is back in your balance, with its fee and tax", func() { w.strong(func() { w.sum(m.FailedAmount) }) })
	}
	w.put(fullStop)
	return &w.text
}

const fullStop = "."

// TotalTaken is what a month took, or gave back where that was more.
func (w *Words) TotalTaken() string {
	if w.S.Summary.TakenAmount < 0 {
		return w.T(totalGivenBack)
	}
	return w.T(totalTaken)
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
	w.put("What you requested and what had not arrived at the end of {1}. It has left your balance; if a payout fails, it comes back to it.",
		func() { w.lastDay(locale.DayMonthYear) })
	return &w.text
}

// OnItsWayTrail says how a payout on its way is made, and what of.
func (w *Words) OnItsWayTrail(l *pipeline.StatementLine) *Text {
	w.begin()
	w.method(l)
	if fee := valueOf(l.FeeAmount); fee != 0 {
		w.next("after a fee of {1}", func() { w.money(fee) })
	}
	if tax := valueOf(l.WithholdingAmount); tax != 0 {
		w.next("after tax of {1}", func() { w.money(tax) })
	}
	return &w.text
}

func (w *Words) method(l *pipeline.StatementLine) {
	if l.Method != "" {
		w.next("by {1}", func() { w.name(l.Method) })
	}
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
	case known && wasPaid(l):
		w.put(paidThen(l.Status))
		return &w.text, true
	case known:
		w.put(words)
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
		day := func() { w.day(*l.EventAt) }
		switch {
		case l.Reason == reasonPaidLater:
			w.next("requested in an earlier month, paid {1}", day)
		case l.Section == sectionRedeemed:
			w.next("requested {1}", day)
		default:
			day()
		}
	}
	if l.PaidAt != nil && l.Reason != reasonPaidLater && l.Section == sectionRedeemed {
		w.next("paid {1}", func() { w.day(*l.PaidAt) })
	}
	w.method(l)
	if l.ReferenceID != "" {
		w.next(referenceOf, func() { w.id(l.ReferenceID) })
	}
	return &w.text
}

// StatusLetter gives the first letter of what English calls a payout's status, which
// is the class of its colour on a page.
func StatusLetter(l *pipeline.StatementLine) string {
	words, known := Status(l.Status)
	if !known || wasPaid(l) {
		words = "Paid"
	}
	return words[:1]
}

// wasPaid tells a payout that was paid before it became what its status says.
func wasPaid(l *pipeline.StatementLine) bool {
	return l.Status != statusPaid && (l.Reason == reasonPaidLater || l.PaidAt != nil)
}

// paidThen says what became of a payout that was paid at first.
func paidThen(status string) string {
	switch status {
	case "failed":
		return "Paid, then failed"
	case "returned":
		return "Paid, then returned"
	}
	return "Paid, then on its way"
}

// Exchange says how a payout in another currency was converted; it is empty when
// it was not.
func (w *Words) Exchange(l *pipeline.StatementLine) *Text {
	w.begin()
	if l.PayoutAmount == nil || l.PayoutCurrency == "" || l.PayoutCurrency == w.Currency && l.FXRate == nil {
		return &w.text
	}
	paid := func() { w.strong(func() { w.moneyIn(*l.PayoutAmount, l.PayoutCurrency) }) }
	if l.NetAmount == nil || l.FXRate == nil {
		w.put("paid out as {1}", paid)
		return &w.text
	}
	w.sum(*l.NetAmount)
	w.say(" × ")
	w.rate(*l.FXRate)
	exact := ProductIs(int64(*l.NetAmount), int64(*l.FXRate), int64(*l.PayoutAmount), 1_000_000_000)
	w.equals(exact)
	if exact {
		paid()
	} else {
		w.put("{1}, rounded to the currency’s smallest unit", paid)
	}
	return &w.text
}

// Closing says what the balance is.
func (w *Words) Closing() *Text {
	m := &w.S.Summary
	w.begin()
	closing := w.shown(sectionClosing)
	worth := func() {
		sum := func() { w.strong(func() { w.sum(closing) }) }
		if m.ClosingAmount == closing {
			sum()
			return
		}
		w.put("{1} (exactly {2})", sum, func() { w.money(m.ClosingAmount) })
	}
	var rate *pipeline.Rate
	for i := range w.S.Lines {
		if l := &w.S.Lines[i]; l.Section == sectionClosing && l.Rate != nil {
			rate = l.Rate
			break
		}
	}
	day, diamonds, next := func() { w.lastDay(locale.DayMonthYear) }, func() { w.strong(func() { w.diamonds(m.ClosingDiamonds) }) }, func() { w.date(w.End, locale.MonthYear) }
	if rate == nil {
		w.put("At the end of {1} your balance is {2}, worth {3} at the rate then in force. It is the opening balance of {4}.", day, diamonds, worth, next)
	} else {
		w.put("At the end of {1} your balance is {2}, worth {3} at the rate then in force, {5}. It is the opening balance of {4}.", day, diamonds, worth, next,
			func() { w.perDiamond(*rate) })
	}
	return &w.text
}

// Held says what of the balance can't be paid out yet. There must be releases.
func (w *Words) Held() *Text {
	all := w.S.Releases
	w.begin()
	w.put("Of this, {1} ({2}) is held: diamonds can be paid out {3} after they are credited. The last of it is free from {4}.",
		func() { w.strong(func() { w.diamonds(all[0].HeldDiamonds) }) }, func() { w.sum(all[0].HeldAmount) }, func() { w.days(all[0].HoldDays) },
		func() { w.dayOrMoment(all[len(all)-1].ReleaseAt) })
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
		days := func() { w.days(t.HoldDays) }
		if w.S.Summary.ClosingDiamonds > 0 {
			w.put("Diamonds can be paid out {1} after they are credited; none of this balance is held.", days)
		} else {
			w.put("Diamonds can be paid out {1} after they are credited.", days)
		}
		tell(&w.text)
	}
	w.fee(t)
	tell(&w.text)
	if t.MaxAmountPerDay != nil {
		w.begin()
		w.put("At most {1} is paid out a day.", func() { w.moneyIn(*t.MaxAmountPerDay, t.Currency) })
		tell(&w.text)
	}
}

// minimum names the smallest payout, and says whether the balance reaches it.
// Where it has another currency than the balance the two are not compared.
func (w *Words) minimum(t *pipeline.StatementTerms) {
	w.begin()
	method := func() { w.name(t.Method) }
	if t.MinAmount == 0 {
		w.put("Payouts by {1} have no minimum.", method)
		return
	}
	least, closing := func() { w.moneyIn(t.MinAmount, t.Currency) }, w.S.Summary.ClosingAmount
	switch {
	case t.Currency != w.Currency:
		w.put("Payouts by {1} start at {2}; your balance is in {3}.", method, least, w.currency)
	case closing >= t.MinAmount && len(w.S.Releases) > 0:
		w.put("Payouts by {1} start at {2}: your balance is enough for one, what is held included.", method, least)
	case closing >= t.MinAmount:
		w.put("Payouts by {1} start at {2}: your balance is enough for one.", method, least)
	case closing > 0:
		w.put("Payouts by {1} start at {2}: your balance is carried on until it gets there.", method, least)
	default:
		w.put("Payouts by {1} start at {2}.", method, least)
	}
}

func (w *Words) fee(t *pipeline.StatementTerms) {
	w.begin()
	fixed := func() { w.moneyIn(t.FeeFixed, t.Currency) }
	// billionths to percent: two places fewer, exactly
	part := func() {
		w.text.Bytes = w.Language.AppendPercent(w.Loc.Append(w.text.Bytes, int64(t.FeeRate), pipeline.RateDigits-2, 0))
	}
	switch {
	case t.FeeFixed == 0 && t.FeeRate == 0:
		w.put("A payout costs no fee.")
	case t.FeeRate == 0:
		w.put("Fee of a payout: {1}.", fixed)
	case t.FeeFixed == 0:
		w.put("Fee of a payout: {1} of its amount.", part)
	default:
		w.put("Fee of a payout: {1} and {2} of its amount.", fixed, part)
	}
}

// YearTitle names the months that a year to date holds. There must be one.
func (w *Words) YearTitle() *Text {
	first := w.S.Year.FirstPeriod
	w.begin()
	if first == w.S.Summary.Period {
		w.put("The year so far, in {1}: {2}", w.currency, w.month)
	} else {
		w.put("The year so far, in {1}: {2} to {3}", w.currency, func() { w.date(first.Start(w.Zone), locale.Month) }, w.month)
	}
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
	w.put("Requested and not yet paid: {1}. It counts when it is paid.", func() { w.strong(func() { w.sum(w.S.Summary.InTransitAmount) }) })
	return &w.text
}
