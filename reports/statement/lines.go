package statement

import (
	"cmp"
	"slices"
	"time"

	"carat/pipeline"
)

// The sections of a statement, in their order.
const (
	sectionOpening     = "opening"
	sectionEarned      = "earned"
	sectionAdjusted    = "adjusted"
	sectionRedeemed    = "redeemed"
	sectionReturned    = "returned"
	sectionRevaluation = "revaluation"
	sectionRounding    = "rounding"
	sectionClosing     = "closing"
)

// Reasons that decide where a line stands.
const (
	reasonReversal   = "reversal"
	reasonPaidLater  = "payout_paid"       // requested, and charged, in an earlier month
	reasonStillOnWay = "payout_on_its_way" // of an earlier month too, and not yet paid at the end of this one
)

// The statuses that decide what is said of a payout.
const (
	statusRequested = "requested" // it has neither arrived nor come back
	statusPaid      = "paid"
)

// IsGift tells the gifts of a month.
func IsGift(l *pipeline.StatementLine) bool {
	return l.Section == sectionEarned && l.Reason != reasonReversal
}

// IsTakenBack tells gifts that were undone after they were sent.
func IsTakenBack(l *pipeline.StatementLine) bool {
	return l.Section == sectionEarned && l.Reason == reasonReversal
}

// IsPayout tells payouts that were requested or paid in the month, and those that
// came back in it.
func IsPayout(l *pipeline.StatementLine) bool {
	return (l.Section == sectionRedeemed || l.Section == sectionReturned) && l.Reason != reasonStillOnWay
}

// IsOnItsWay tells payouts that were requested, in this month or before, and have
// neither arrived nor come back at its end.
func IsOnItsWay(l *pipeline.StatementLine) bool {
	return l.Section == sectionRedeemed && l.Status == statusRequested
}

// LeftEarlier tells payouts that left the balance in an earlier month: their line
// moves neither diamonds nor money of this one.
func LeftEarlier(l *pipeline.StatementLine) bool {
	return l.Reason == reasonPaidLater || l.Reason == reasonStillOnWay
}

// IsDeduction and IsAddition tell adjustments against the creator from those for.
func IsDeduction(l *pipeline.StatementLine) bool {
	return l.Section == sectionAdjusted && (l.Amount < 0 || l.Amount == 0 && valueOf(l.Diamonds) < 0)
}

// IsAddition is an adjustment that is no deduction.
func IsAddition(l *pipeline.StatementLine) bool {
	return l.Section == sectionAdjusted && !IsDeduction(l)
}

// IsRounded says whether rounding shows in a gift's line: its diamonds are not
// its coins times the rate.
func IsRounded(l *pipeline.StatementLine) bool {
	return l.Coins != nil && l.Diamonds != nil && l.DiamondsPerCoin != nil &&
		!ProductIs(*l.Coins, int64(*l.DiamondsPerCoin), *l.Diamonds, 1_000_000_000)
}

// Any says whether a line is so.
func (s *Statement) Any(is func(*pipeline.StatementLine) bool) bool {
	for i := range s.Lines {
		if is(&s.Lines[i]) {
			return true
		}
	}
	return false
}

// HasEarlier says whether anything in the statement belongs to an earlier month.
func (s *Statement) HasEarlier() bool {
	return s.Summary.PriorPeriodAmount != 0 || s.Any(func(l *pipeline.StatementLine) bool { return l.PriorPeriod })
}

func valueOf[T any](v *T) T {
	if v == nil {
		var zero T
		return zero
	}
	return *v
}

// Told gives the streams that came to something: one whose gifts were all taken
// back is told with the gifts, and is no row of nothing here.
func (s *Statement) Told() []pipeline.StatementStream {
	nothing := func(t pipeline.StatementStream) bool {
		return t.Gifts == 0 && t.Coins == 0 && t.Diamonds == 0 && t.Amount == 0
	}
	if !slices.ContainsFunc(s.Streams, nothing) {
		return s.Streams
	}
	return slices.DeleteFunc(slices.Clone(s.Streams), nothing)
}

// Range is one rate and the dates in which it was in force, and the line that
// serves as its example: the gift that earned most under it.
type Range struct {
	From, To        *int64 // half-open, microseconds
	diamondsPerCoin pipeline.Rate
	rate            pipeline.Rate
	example         *pipeline.StatementLine
}

// collectRanges gives the rates that the gifts were judged by, earliest first.
// There are as many as rate changes: few.
func collectRanges(dst []Range, lines []pipeline.StatementLine) []Range {
	for i := range lines {
		l := &lines[i]
		if !IsGift(l) {
			continue
		}
		at := slices.IndexFunc(dst, func(r Range) bool { return r.Holds(l) })
		if at < 0 {
			dst = append(dst, Range{
				From: l.RateFrom, To: l.RateTo,
				diamondsPerCoin: valueOf(l.DiamondsPerCoin), rate: valueOf(l.Rate), example: l,
			})
			continue
		}
		if l.Amount > dst[at].example.Amount {
			dst[at].example = l
		}
	}
	slices.SortStableFunc(dst, func(a, b Range) int {
		return cmp.Or(cmp.Compare(valueOf(a.From), valueOf(b.From)), cmp.Compare(valueOf(a.To), valueOf(b.To)))
	})
	return dst
}

// Holds says whether a line was judged by this rate.
func (r *Range) Holds(l *pipeline.StatementLine) bool {
	return samePointer(r.From, l.RateFrom) && samePointer(r.To, l.RateTo) &&
		r.diamondsPerCoin == valueOf(l.DiamondsPerCoin) && r.rate == valueOf(l.Rate)
}

func samePointer(a, b *int64) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Ranges gives the rates that the gifts were judged by, earliest first.
func (w *Words) Ranges() []Range { return w.ranges }

// Sum is a row of the arithmetic from coins to money: what all gifts at a rate
// came to, or the gift of Example.
type Sum struct {
	pipeline.StatementRate
	Example *pipeline.StatementLine
}

// Sums gives the arithmetic from coins to money: the totals by rate where the rows
// have them; else, under one rate, the month's totals; else, by rate, the gift that
// earned most.
func (w *Words) Sums() (sums []Sum) {
	if rates := w.S.Rates; len(rates) > 0 {
		for i := range rates {
			if r := &rates[i]; r.Coins != 0 || r.Diamonds != 0 || r.Amount != 0 {
				sums = append(sums, Sum{StatementRate: *r})
			}
		}
		return sums
	}
	m := &w.S.Summary
	whole := len(w.ranges) == 1 && !w.S.Any(func(l *pipeline.StatementLine) bool {
		return l.Section == sectionEarned && !w.ranges[0].Holds(l)
	})
	for i := range w.ranges {
		r := &w.ranges[i]
		t := Sum{StatementRate: pipeline.StatementRate{RateFrom: r.From, RateTo: r.To, DiamondsPerCoin: &r.diamondsPerCoin, Rate: r.rate}}
		if whole {
			t.Coins, t.Diamonds, t.Amount = m.GiftCoins, m.EarnedDiamonds, m.EarnedAmount
		} else {
			t.Coins, t.Diamonds, t.Amount, t.Example = valueOf(r.example.Coins), valueOf(r.example.Diamonds), r.example.Amount, r.example
		}
		sums = append(sums, t)
	}
	return sums
}

// Daily gives what each day of the period came to, and the most of them; days of
// earlier months are not drawn.
func (w *Words) Daily() (amounts []pipeline.Amount, most pipeline.Amount) {
	first, days := w.monthDays()
	amounts = make([]pipeline.Amount, days)
	for _, d := range w.S.Days {
		at := int(time.UnixMicro(d.Day).UTC().Sub(first) / (24 * time.Hour))
		if d.Day >= first.UnixMicro() && at < days {
			amounts[at] = d.Amount
			most = max(most, d.Amount)
		}
	}
	return amounts, most
}

// topShown is how many gifts are named as those that earned most.
const topShown = 5

// Top gives the gift lines that earned most.
func (s *Statement) Top() []*pipeline.StatementLine {
	var top []*pipeline.StatementLine
	for i := range s.Lines {
		if l := &s.Lines[i]; IsGift(l) && l.Amount > 0 {
			top = append(top, l)
		}
	}
	slices.SortStableFunc(top, func(a, b *pipeline.StatementLine) int { return cmp.Compare(b.Amount, a.Amount) })
	return top[:min(topShown, len(top))]
}
