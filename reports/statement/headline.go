package statement

import (
	"slices"

	"carat/pipeline"
	"carat/reports/locale"
)

// Move says what a step does to the balance.
type Move uint8

// The moves: MoveNone is a step that moves nothing, the last two are balances.
const (
	MoveIn Move = iota
	MoveOut
	MoveNone
	MoveOpening
	MoveClosing
)

// Step is one bar of the way from opening to closing: from one level of the
// balance to the next. Amount is what the rows say, to the last digit; Shown is the
// same as money, in whole minor units, and the shown steps lead from the shown
// opening to the shown closing too.
type Step struct {
	Item       string // the section of its lines
	Label      string
	Move       Move
	Diamonds   int64
	NoDiamonds bool // the step moves money only
	Amount     pipeline.Amount
	Shown      pipeline.Amount
	From, To   int64 // levels, in millionths, for drawing only
}

// Moves tells a movement from a balance.
func (s *Step) Moves() bool { return s.Move <= MoveNone }

// StepsOf gives the steps of a statement, the balances first and last.
func StepsOf(s *Statement) []Step { return appendSteps(nil, s) }

// appendSteps appends the steps of a statement; a movement of nothing is none.
func appendSteps(steps []Step, s *Statement) []Step {
	m := &s.Summary
	first := len(steps)
	level := int64(m.OpeningAmount)
	steps = append(steps, Step{Item: sectionOpening, Label: Item(sectionOpening), Move: MoveOpening, Diamonds: m.OpeningDiamonds, Amount: m.OpeningAmount, To: level})
	move := func(item, label string, diamonds int64, noDiamonds bool, amount pipeline.Amount) {
		if diamonds == 0 && amount == 0 {
			return
		}
		step := Step{Item: item, Label: label, Diamonds: diamonds, NoDiamonds: noDiamonds, Amount: amount, From: level}
		switch {
		case amount < 0:
			step.Move = MoveOut
		case amount == 0:
			step.Move = MoveNone
		}
		level += int64(amount)
		step.To = level
		steps = append(steps, step)
	}
	move(sectionEarned, Item(sectionEarned), m.EarnedDiamonds, false, m.EarnedAmount)
	move(sectionAdjusted, Item(sectionAdjusted), m.AdjustedDiamonds, false, m.AdjustedAmount)
	move(sectionRedeemed, Item(sectionRedeemed), -m.RedeemedDiamonds, false, -m.RedeemedAmount)
	move(sectionReturned, Item(sectionReturned), m.ReturnedDiamonds, false, m.ReturnedAmount)
	revaluation, moved := Item(sectionRevaluation), s.movedDiamonds()
	if moved != 0 {
		revaluation = ItemMoved
	}
	move(sectionRevaluation, revaluation, moved, moved == 0, m.RevaluationAmount)
	move(sectionRounding, Item(sectionRounding), 0, true, -m.RoundingAmount)
	steps = append(steps, Step{Item: sectionClosing, Label: Item(sectionClosing), Move: MoveClosing, Diamonds: m.ClosingDiamonds, Amount: m.ClosingAmount, To: int64(m.ClosingAmount)})
	showAsMoney(steps[first:], minorUnit(m.Currency))
	return steps
}

// minorUnit is the smallest coin of a currency.
func minorUnit(currency string) pipeline.Amount {
	unit := pipeline.Amount(1)
	for i := locale.MinorDigits(currency); i < pipeline.AmountDigits; i++ {
		unit *= 10
	}
	return unit
}

// asMoney rounds to whole units, half away from zero.
func asMoney(v, unit pipeline.Amount) pipeline.Amount {
	rest := v % unit
	switch v -= rest; {
	case 2*rest >= unit:
		return v + unit
	case -2*rest >= unit:
		return v - unit
	}
	return v
}

// asBalance gives the whole units that can be paid of a balance: what is owed is never
// rounded up. The fraction stays in the balance. One below zero is shown as the units
// that fill it up, so that the steps between two balances add up as they are shown.
func asBalance(v, unit pipeline.Amount) pipeline.Amount {
	rest := v % unit
	if rest < 0 {
		rest += unit
	}
	return v - rest
}

// Payable gives what of a balance can be paid, its whole minor units and never more than it,
// and the smallest that can.
func Payable(v pipeline.Amount, currency string) (whole, smallest pipeline.Amount) {
	smallest = minorUnit(currency)
	return asBalance(v, smallest), smallest
}

// Balance writes what is owed as a statement shows it: in whole minor units of its
// currency, never rounded up, without its code.
func Balance(v pipeline.Amount, currency string) string {
	return string(locale.English.Append(nil, int64(asBalance(v, minorUnit(currency))), pipeline.AmountDigits, locale.MinorDigits(currency)))
}

// BalanceIn is Balance as a language writes it, with the currency's code.
func BalanceIn(l *locale.Language, v pipeline.Amount, currency string) string {
	return string(l.Numbers.Append(nil, int64(asBalance(v, minorUnit(currency))), pipeline.AmountDigits, locale.MinorDigits(currency))) + " " + currency
}

// showAsMoney rounds every step, and shows a balance in the units that are whole. Where the
// steps would then miss the closing, those that rounding changed most go to the unit on their other side: no
// step is ever shown a whole unit from what it is, and the two balances are what
// the months before and after show too.
func showAsMoney(steps []Step, unit pipeline.Amount) {
	exact, shown := pipeline.Amount(0), pipeline.Amount(0)
	for i := range steps {
		s := &steps[i]
		if s.Shown = asBalance(s.Amount, unit); s.Moves() {
			s.Shown = asMoney(s.Amount, unit)
		}
		if s.Move == MoveClosing {
			exact, shown = s.Amount-exact, s.Shown-shown
		} else {
			exact, shown = exact+s.Amount, shown+s.Shown
		}
	}
	if exact != 0 { // the rows don't add up: that is not for rounding to hide
		return
	}
	for ; shown != 0; shown -= sign(shown) * unit {
		most, lost := -1, pipeline.Amount(0)
		for i := range steps {
			if rounded := sign(shown) * (steps[i].Amount - steps[i].Shown); steps[i].Moves() && steps[i].Amount%unit != 0 && (most < 0 || rounded > lost) {
				most, lost = i, rounded
			}
		}
		if most < 0 {
			return
		}
		steps[most].Shown += sign(shown) * unit
	}
}

func sign(v pipeline.Amount) pipeline.Amount {
	if v < 0 {
		return -1
	}
	return 1
}

// movedDiamonds are those that went with their money to the statement in the
// creator's new currency, negative, or came from the one in the currency before.
func (s *Statement) movedDiamonds() (moved int64) {
	for i := range s.Lines {
		if l := &s.Lines[i]; l.Section == sectionRevaluation {
			moved += valueOf(l.Diamonds)
		}
	}
	return moved
}

// itemPayouts are what was paid out of the balance, less what came back to it.
const itemPayouts = "payouts"

// Card is one of the four numbers at the head of a statement: opening, what came to
// it, payouts, closing; the second and the third lead from the first to the fourth,
// as they are shown and as they are.
type Card struct {
	Item     string
	Label    string
	Diamonds int64
	Amount   pipeline.Amount
	Shown    pipeline.Amount
}

// Moves tells a movement from a balance.
func (c *Card) Moves() bool { return c.Item == sectionEarned || c.Item == itemPayouts }

// CardsOf sums steps up to the four cards.
func CardsOf(steps []Step) (cards [4]Card) {
	cards = [4]Card{{Item: sectionOpening, Label: Item(sectionOpening)}, {Item: sectionEarned, Label: Item(sectionEarned)},
		{Item: itemPayouts, Label: CardPayouts}, {Item: sectionClosing, Label: CardBalance}}
	for i := range steps {
		s, at := &steps[i], 1
		switch s.Item {
		case sectionOpening:
			at = 0
		case sectionRedeemed, sectionReturned:
			at = 2
		case sectionClosing:
			at = 3
		case sectionAdjusted, sectionRevaluation, sectionRounding:
			cards[1].Label = CardEarnedAndMore
		}
		cards[at].Diamonds += s.Diamonds
		cards[at].Amount += s.Amount
		cards[at].Shown += s.Shown
	}
	return cards
}

// Steps gives the bars, and the lowest and the highest level. There are none when
// nothing moved and nothing was carried in.
func (w *Words) Steps() (steps []Step, low, high int64) {
	if !slices.ContainsFunc(w.steps, func(s Step) bool { return s.Amount != 0 || s.Diamonds != 0 }) {
		return nil, 0, 0
	}
	for i := range w.steps {
		low, high = min(low, w.steps[i].To), max(high, w.steps[i].To)
	}
	return w.steps, low, high
}

// Cards gives the four numbers at the head of the statement.
func (w *Words) Cards() [4]Card { return CardsOf(w.steps) }

// shown gives an item as money; zero where it moves nothing.
func (w *Words) shown(item string) pipeline.Amount {
	for i := range w.steps {
		if w.steps[i].Item == item {
			return w.steps[i].Shown
		}
	}
	return 0
}
