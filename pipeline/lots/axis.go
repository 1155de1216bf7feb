package lots

import (
	"cmp"
	"slices"
)

// Movement is one change of a viewer's coins within the period.
type Movement struct {
	At     int64 // microseconds: the instant at which it counts
	Coins  int64 // signed
	Day    int32 // on which it counts
	IsGift bool
}

// Day is the coins that a viewer gave away on one day, the interval
// (Upto-Coins, Upto] of their axis. Earlier marks the one of all months before
// the period, which has no day.
type Day struct {
	Day         int32
	Earlier     bool
	Coins, Upto int64
}

// Days sums the gifts of one viewer by day, behind earlier if there is one, and
// appends the days in order. low is the lowest that the period's movements
// brought the balance with a gift, from where it began, and hasGift whether
// there was one: at one instant all counts at once. It puts the movements in
// order of time.
func Days(movements []Movement, earlier *Day, into []Day) (days []Day, low int64, hasGift bool) {
	slices.SortFunc(movements, func(a, b Movement) int { return cmp.Compare(a.At, b.At) })
	begin := len(into)
	var upto, balance int64
	if earlier != nil {
		upto = earlier.Coins
		into = append(into, Day{Earlier: true, Coins: upto, Upto: upto})
	}
	for i := 0; i < len(movements); {
		at, gifted := movements[i].At, false
		for ; i < len(movements) && movements[i].At == at; i++ {
			m := movements[i]
			balance += m.Coins
			if !m.IsGift {
				continue
			}
			gifted = true
			upto -= m.Coins
			if last := len(into) - 1; last < begin || into[last].Earlier || into[last].Day != m.Day {
				into = append(into, Day{Day: m.Day})
			}
			d := &into[len(into)-1]
			d.Coins -= m.Coins
			d.Upto = upto
		}
		if gifted && (!hasGift || balance < low) {
			low, hasGift = balance, true
		}
	}
	return into, low, hasGift
}

// AxisLot is a lot on its viewer's axis, with what is left of it when the run
// begins: the interval (Upto-(Coins-Spent), Upto].
type AxisLot struct {
	No          int64
	Class       int32
	CameBefore  bool  // before the period
	Acquired    int32 // the day on which it counts
	Coins, Upto int64
	Spent       int64 // of its coins, in months that are carried forward and told no more
	Value, Fee  int64 // whole millionths

	IsFunctional    bool // its currency is the functional one: so are its amounts
	FunctionalValue Wide
	FunctionalFee   Wide
	UnknownValue    bool // no rate tells the functional amount
	UnknownFee      bool
}

// Piece is the coins of one lot that the gifts of one day took, or those of all
// earlier months: the lot went from Before to After coins left.
type Piece struct {
	Lot           *AxisLot
	Day           int32
	Earlier       bool
	CountsOn      int32
	PaidLater     bool
	Before, After int64
	Value, Fee    int64

	FunctionalValue, FunctionalFee Wide
	UnknownValue, UnknownFee       bool
}

// Spend gives what the days of one viewer took of the lots, of a viewer who
// only gets coins and gives gifts. Both are in order. A gift of an earlier
// month is a piece only of a lot that came in the period.
func Spend(lots []AxisLot, days []Day, into []Piece) []Piece {
	from := 0
	for i := range lots {
		l := &lots[i]
		starts := l.Upto - (l.Coins - l.Spent)
		for from < len(days) && days[from].Upto <= starts {
			from++
		}
		for _, d := range days[from:] {
			if d.Upto-d.Coins >= l.Upto {
				break
			}
			if d.Upto > starts && !(d.Earlier && l.CameBefore) {
				into = append(into, l.piece(d, l.Upto-max(starts, d.Upto-d.Coins), l.Upto-min(l.Upto, d.Upto)))
			}
		}
	}
	return into
}

func (l *AxisLot) piece(d Day, before, after int64) Piece {
	p := Piece{Lot: l, Day: d.Day, Earlier: d.Earlier, CountsOn: d.Day, Before: before, After: after,
		Value: carriedSmall(l.Value, before, l.Coins) - carriedSmall(l.Value, after, l.Coins),
		Fee:   carriedSmall(l.Fee, before, l.Coins) - carriedSmall(l.Fee, after, l.Coins)}
	if !l.CameBefore && (d.Earlier || l.Acquired > d.Day) {
		p.CountsOn, p.PaidLater = l.Acquired, true
	}
	if l.IsFunctional {
		p.FunctionalValue, p.FunctionalFee = WideOf(p.Value), WideOf(p.Fee)
		return p
	}
	nothing := before == 0 && after == 0
	p.UnknownValue, p.UnknownFee = l.UnknownValue && !nothing, l.UnknownFee && !nothing
	p.FunctionalValue = l.FunctionalValue.carried(before, l.Coins).minus(l.FunctionalValue.carried(after, l.Coins))
	p.FunctionalFee = l.FunctionalFee.carried(before, l.Coins).minus(l.FunctionalFee.carried(after, l.Coins))
	return p
}
