package statement

import (
	"carat/pipeline"
	"carat/reports/locale"
)

// CardBelow says what stands under one of the four numbers: its diamonds, or what
// it is made of.
func (w *Words) CardBelow(c *Card) *Text {
	w.begin()
	switch {
	case c.Item == itemPayouts:
		w.payoutParts()
	case c.Item == sectionEarned && c.Label == CardEarnedAndMore:
		w.movedParts()
	case c.Moves():
		w.signedDiamonds(c.Diamonds)
	default:
		w.diamonds(c.Diamonds)
	}
	return &w.text
}

// movedParts name what came to the balance besides payouts, each with its sign.
func (w *Words) movedParts() {
	for i := range w.steps {
		s := &w.steps[i]
		words := ""
		switch s.Item {
		case sectionEarned:
			words = "gifts {1}"
		case sectionAdjusted:
			words = "adjustments {1}"
		case sectionRevaluation:
			words = "rate changes {1}"
			if !s.NoDiamonds {
				words = "rate and currency changes {1}"
			}
		case sectionRounding:
			words = "rounding {1}"
		default:
			continue
		}
		if s.Shown != 0 {
			w.comma()
			w.put(words, func() { w.signed(s.Shown) })
		}
	}
}

// payoutParts say what became of the payouts.
func (w *Words) payoutParts() {
	m := &w.S.Summary
	part := func(v pipeline.Amount, words string) {
		w.comma()
		w.put(words, func() { w.money(v) })
	}
	if m.PaidAmount != 0 {
		part(m.PaidAmount, "{1} reached you")
	}
	if m.InTransitAmount != 0 {
		part(m.InTransitAmount, "{1} on its way")
	}
	if m.FeeAmount > 0 {
		part(m.FeeAmount, "fees {1}")
	}
	if m.WithheldAmount > 0 {
		part(m.WithheldAmount, "tax {1}")
	}
	if m.FailedAmount != 0 {
		part(m.FailedAmount, "{1} came back")
	}
	if len(w.text.Bytes) == 0 {
		w.put("no payout was requested")
	}
}

// comma begins another part of a list.
func (w *Words) comma() {
	if len(w.text.Bytes) > 0 {
		w.put(listComma)
	}
}

// listComma stands between the parts of a list.
const listComma = ", "

// Exactly says what a number is to the last digit; it is empty where it is shown
// so already. A movement has its sign; all have the digits of the longest, because
// they stand below each other.
func (w *Words) Exactly(exact, shown pipeline.Amount, moves bool) *Text {
	w.begin()
	if exact == shown {
		return &w.text
	}
	digits := w.Minor
	for i := range w.steps {
		digits = max(digits, digitsOf(int64(w.steps[i].Amount), pipeline.AmountDigits))
	}
	w.put("exactly {1}", func() {
		if moves && exact > 0 {
			w.plus()
		}
		w.text.Bytes = w.Loc.Append(w.text.Bytes, int64(exact), pipeline.AmountDigits, digits)
	})
	return &w.text
}

// EarnedExactly says what was earned, to the last digit.
func (w *Words) EarnedExactly() *Text {
	return w.Exactly(w.S.Summary.EarnedAmount, w.shown(sectionEarned), false)
}

// EarnedSum is what was earned, as money.
func (w *Words) EarnedSum() *Text {
	w.begin()
	w.sum(w.shown(sectionEarned))
	return &w.text
}

// NothingMoved says why there is no way from opening to closing.
func (w *Words) NothingMoved() string {
	if w.S.Any(func(l *pipeline.StatementLine) bool { return IsGift(l) || IsTakenBack(l) || IsPayout(l) }) {
		return w.T(nothingStayed)
	}
	return w.T(nothingMoved)
}

// giftSums are the gifts of a month, and those that were taken back in it.
type giftSums struct{ count, coins, backCount, backCoins int64 }

func (s *Statement) giftSums() (t giftSums) {
	for i := range s.Lines {
		switch l := &s.Lines[i]; {
		case IsGift(l):
			t.count, t.coins = t.count+valueOf(l.Count), t.coins+valueOf(l.Coins)
		case IsTakenBack(l):
			t.backCount, t.backCoins = t.backCount-valueOf(l.Count), t.backCoins-valueOf(l.Coins)
		}
	}
	return t
}

// InShort says in one sentence or three what the month came to.
func (w *Words) InShort() *Text {
	m := &w.S.Summary
	w.begin()
	w.giftsInShort()
	if m.PaidAmount != 0 {
		w.put("{1} reached you as payouts. ", func() { w.sum(m.PaidAmount) })
	}
	closing := w.shown(sectionClosing)
	day, payer := func() { w.lastDay(locale.DayMonth) }, func() { w.name(w.PayerName()) }
	sum := func() { w.sum(closing) }
	switch {
	case m.ClosingAmount < 0:
		w.put("At the end of {1} your balance is {2}: below zero, so what you earn next first fills it up.", day, sum)
	case closing == 0:
		w.put("At the end of {1} {2} owes you nothing further.", day, payer)
	default:
		w.put("At the end of {1} {2} owes you {3}.", day, payer, sum)
	}
	return &w.text
}

// giftsInShort says which gifts came, which went, and what that came to.
func (w *Words) giftsInShort() {
	t, earned := w.S.giftSums(), w.shown(sectionEarned)
	received, back := func() { w.giftsOf(t.count, t.coins) }, func() { w.giftsOf(t.backCount, t.backCoins) }
	switch {
	case t.count == 0 && t.backCount == 0:
		w.put("In {1} you received no gifts. ", w.month)
		return
	case t.count == 0:
		w.many(t.backCount, "In {1} you received no gifts, and {2} of before was taken back: {3}. |In {1} you received no gifts, and {2} of before were taken back: {3}. ", w.month, back, w.leftInShort)
	case t.backCount == 0:
		w.put("In {1} you received {2}, which earned you {3}. ", w.month, received, func() { w.sum(earned) })
	default:
		w.many(t.backCount, "In {1} you received {2}, and {3} was taken back: {4}. |In {1} you received {2}, and {3} were taken back: {4}. ", w.month, received, back, w.leftInShort)
	}
}

// leftInShort says what gifts that came and gifts that went left together.
func (w *Words) leftInShort() {
	switch earned := w.shown(sectionEarned); {
	case w.S.Summary.EarnedAmount == 0:
		w.put("together they left nothing")
	case earned < 0:
		w.put("that took {1} from your balance", func() { w.sum(-earned) })
	default:
		w.put("together they earned you {1}", func() { w.sum(earned) })
	}
}

// giftsOf appends "1 gift of 5 coins", "3 gifts of 20 coins in all".
func (w *Words) giftsOf(count, coins int64) {
	w.many(count, "{1} of {2}|{1} of {2} in all", func() { w.gifts(count) }, func() { w.coins(coins) })
}
