package statement

import (
	"carat/pipeline"
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
	default:
		if c.Moves() && c.Diamonds > 0 {
			w.say("+")
		}
		w.counted(c.Diamonds, "diamond")
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
			words = "gifts "
		case sectionAdjusted:
			words = "adjustments "
		case sectionRevaluation:
			words = "rate changes "
			if !s.NoDiamonds {
				words = "rate and currency changes "
			}
		case sectionRounding:
			words = "rounding "
		default:
			continue
		}
		if s.Shown == 0 {
			continue
		}
		w.comma()
		w.say(words)
		w.signed(s.Shown)
	}
}

// payoutParts say what became of the payouts.
func (w *Words) payoutParts() {
	m := &w.S.Summary
	if m.PaidAmount != 0 {
		w.money(m.PaidAmount)
		w.say(" reached you")
	}
	if m.InTransitAmount != 0 {
		w.comma()
		w.money(m.InTransitAmount)
		w.say(" on its way")
	}
	if m.FeeAmount > 0 {
		w.comma()
		w.say("fees ")
		w.money(m.FeeAmount)
	}
	if m.WithheldAmount > 0 {
		w.comma()
		w.say("tax ")
		w.money(m.WithheldAmount)
	}
	if m.FailedAmount != 0 {
		w.comma()
		w.money(m.FailedAmount)
		w.say(" came back")
	}
	if len(w.text.Bytes) == 0 {
		w.say("no payout was requested")
	}
}

// comma begins another part of a list.
func (w *Words) comma() {
	if len(w.text.Bytes) > 0 {
		w.say(", ")
	}
}

// Exactly says what a number is to the last digit; it is empty where it is shown
// so already. A movement has its sign; all have the digits of the longest, because
// they stand below each other.
func (w *Words) Exactly(exact, shown pipeline.Amount, moves bool) *Text {
	w.begin()
	if exact == shown {
		return &w.text
	}
	w.say("exactly ")
	if moves && exact > 0 {
		w.say("+")
	}
	digits := w.Minor
	for i := range w.steps {
		digits = max(digits, digitsOf(int64(w.steps[i].Amount), pipeline.AmountDigits))
	}
	w.text.Bytes = w.Loc.Append(w.text.Bytes, int64(exact), pipeline.AmountDigits, digits)
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
		return nothingStayed
	}
	return nothingMoved
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
	w.say("In ")
	w.month()
	w.giftsInShort()
	if m.PaidAmount != 0 {
		w.sum(m.PaidAmount)
		w.say(" reached you as payouts. ")
	}
	closing := w.shown(sectionClosing)
	w.say("At the end of ")
	w.lastDay("2 January")
	switch {
	case m.ClosingAmount < 0:
		w.say(" your balance is ")
		w.sum(closing)
		w.say(": below zero, so what you earn next first fills it up.")
	case closing == 0:
		w.say(" ")
		w.name(w.PayerName())
		w.say(" owes you nothing further.")
	default:
		w.say(" ")
		w.name(w.PayerName())
		w.say(" owes you ")
		w.sum(closing)
		w.say(".")
	}
	return &w.text
}

// giftsInShort says which gifts came, which went, and what that came to.
func (w *Words) giftsInShort() {
	t, earned := w.S.giftSums(), w.shown(sectionEarned)
	switch {
	case t.count == 0 && t.backCount == 0:
		w.say(" you received no gifts. ")
		return
	case t.count == 0:
		w.say(" you received no gifts, and ")
		w.giftsOf(t.backCount, t.backCoins)
		w.say(" of before")
		w.takenBackWere(t.backCount)
	default:
		w.say(" you received ")
		w.giftsOf(t.count, t.coins)
		if t.backCount == 0 {
			w.say(", which earned you ")
			w.sum(earned)
			w.say(". ")
			return
		}
		w.say(", and ")
		w.giftsOf(t.backCount, t.backCoins)
		w.takenBackWere(t.backCount)
	}
	switch {
	case w.S.Summary.EarnedAmount == 0:
		w.say(": together they left nothing. ")
	case earned < 0:
		w.say(": that took ")
		w.sum(-earned)
		w.say(" from your balance. ")
	default:
		w.say(": together they earned you ")
		w.sum(earned)
		w.say(". ")
	}
}

// giftsOf appends "1 gift of 5 coins", "3 gifts of 20 coins in all".
func (w *Words) giftsOf(count, coins int64) {
	w.counted(count, "gift")
	w.say(" of ")
	w.counted(coins, "coin")
	if count != 1 {
		w.say(" in all")
	}
}

func (w *Words) takenBackWere(count int64) {
	if count == 1 {
		w.say(" was taken back")
		return
	}
	w.say(" were taken back")
}
