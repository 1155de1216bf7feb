package engine_test

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// bookRow is one input row about one viewer's coins, with what the reference
// needs of it.
type bookRow struct {
	feed   string // balance, purchase, gift, adjustment
	kind   string // of purchases and gifts; the reason of adjustments
	id     string // of balances: channel/currency
	named  string
	viewer string
	entity string
	at     time.Time
	month  int // accounting month, from 0
	coins  int64
	bonus  int64

	channel, currency string
	gross, tax        int64 // millionths
	fee               int64
	feeGiven          bool
}

// A slow, obvious ledger of lots: one viewer, one event after the other. It
// shares nothing with the SQL but the words of the design.
type book struct {
	months     []bookMonth
	breakAfter int
	functional string
	rate       func(base, quote string, day time.Time) (int64, bool) // billionths
	feeRate    map[string]int64                                      // thousandths, by channel

	lots  []*bookLot
	debts []*bookDebt
	takes map[string][]bookTake // by the key of the event that took
	moves []bookMove
}

type bookMonth struct{ start, closing time.Time }

type bookLot struct {
	id, origin, channel, currency string
	month                         int
	opening                       bool
	coins, left                   int64
	money                         bookMoney // at first
	broken                        bool
}

// bookMoney is value and fee, in the lot's and the functional currency.
type bookMoney struct{ value, fee, functionalValue, functionalFee int64 }

type bookDebt struct {
	kind, id string
	open     int64
}

type bookTake struct {
	lot   *bookLot
	coins int64
}

// bookMove is one change of one lot.
type bookMove struct {
	lot, kind, id string
	month         int
	day           string
	coins         int64 // taken; negative when given back
	money         bookMoney
}

// carries is what is left of a lot's money at its coins left.
func (l *bookLot) carries() bookMoney {
	part := func(total int64) int64 {
		if l.broken {
			return 0
		}
		x := new(big.Int).Mul(big.NewInt(total), big.NewInt(l.coins-l.left))
		return total - x.Quo(x, big.NewInt(l.coins)).Int64()
	}
	return bookMoney{part(l.money.value), part(l.money.fee), part(l.money.functionalValue), part(l.money.functionalFee)}
}

// change takes coins of a lot (or gives them back) and writes down what moved.
func (b *book) change(l *bookLot, coins int64, kind, id string, month int, at time.Time) {
	before := l.carries()
	l.left -= coins
	after := l.carries()
	b.note(l, coins, before, after, kind, id, month, at)
}

func (b *book) note(l *bookLot, coins int64, before, after bookMoney, kind, id string, month int, at time.Time) {
	b.moves = append(b.moves, bookMove{lot: l.id, kind: kind, id: id, month: month, day: at.Format(time.DateOnly), coins: coins,
		money: bookMoney{before.value - after.value, before.fee - after.fee,
			before.functionalValue - after.functionalValue, before.functionalFee - after.functionalFee}})
}

// take takes coins of the open lots, the oldest first, and gives what no lot covers.
func (b *book) take(coins int64, kind, id string, month int, at time.Time) int64 {
	for _, l := range b.lots {
		if n := min(coins, l.left); n > 0 {
			b.change(l, n, kind, id, month, at)
			b.takes[kind+"/"+id] = append(b.takes[kind+"/"+id], bookTake{l, n})
			coins -= n
		}
	}
	return coins
}

// settle pays open debts, the oldest first, with open lots, the oldest first.
func (b *book) settle(month int, at time.Time) {
	for _, d := range b.debts {
		d.open = b.take(d.open, d.kind, d.id, month, at)
	}
}

func (b *book) debit(coins int64, kind, id string, month int, at time.Time) {
	if rest := b.take(coins, kind, id, month, at); rest > 0 {
		b.debts = append(b.debts, &bookDebt{kind, id, rest})
	}
}

// undo gives back what an event took: its debt first, then lots, last taken first.
func (b *book) undo(coins int64, target, kind, id string, month int, at time.Time) {
	for _, d := range b.debts {
		if d.kind+"/"+d.id == target {
			n := min(coins, d.open)
			d.open -= n
			coins -= n
		}
	}
	took := b.takes[target]
	back := map[*bookLot]int64{}
	for i := len(took) - 1; i >= 0; i-- {
		n := min(coins, took[i].coins)
		took[i].coins -= n
		back[took[i].lot] += n
		coins -= n
	}
	for _, l := range b.lots {
		if n := back[l]; n > 0 {
			b.change(l, -n, kind, id, month, at)
		}
	}
	if coins > 0 {
		b.lots = append(b.lots, &bookLot{id: id, origin: "reversal", channel: "promotion", currency: b.functional, month: month, coins: coins, left: coins})
	}
	b.settle(month, at)
}

// bookEvent is a row in the order in which it counts.
type bookEvent struct {
	bookRow
	effective time.Time
	credit    bool
	phase     int
	target    string // of an undoing event: the event it undoes
}

func (b *book) replay(rows []bookRow, upTo int) {
	b.takes = map[string][]bookTake{}
	b.openings(rows)
	events := b.order(rows, upTo)
	active := 0 // the first period counts for everyone
	next := 0
	for month := 0; month <= upTo; month++ {
		for ; next < len(events) && events[next].month == month; next++ {
			e := events[next]
			if e.feed == "gift" && e.kind == "gift" || e.feed == "purchase" && e.kind == "purchase" {
				active = month
			}
			b.event(e, rows)
		}
		if b.breakAfter > 0 && month == active+b.breakAfter {
			for _, l := range b.lots {
				before := l.carries()
				l.broken = true
				if l.left > 0 {
					b.note(l, 0, before, bookMoney{}, "inactivity", "", month, b.months[month].closing)
				}
			}
		}
	}
}

func (b *book) openings(rows []bookRow) {
	var owed int64
	var open []bookRow
	for _, r := range rows {
		if r.feed == "balance" && r.coins > 0 {
			open = append(open, r)
		} else if r.feed == "balance" {
			owed -= r.coins
		}
	}
	slices.SortFunc(open, func(x, y bookRow) int { return cmp.Compare(x.id, y.id) })
	for _, r := range open {
		l := &bookLot{id: "opening/" + r.viewer + "/" + r.id, origin: "opening", channel: cmp.Or(r.channel, "opening"),
			currency: cmp.Or(r.currency, b.functional), opening: true, coins: r.coins, left: r.coins}
		l.money = b.money(l.currency, r.gross, 0, r.fee, b.months[0].start)
		b.lots = append(b.lots, l)
	}
	if owed > 0 {
		b.debit(owed, "debt", "", 0, b.months[0].start)
	}
}

// money tells an amount in both currencies; the functional one half away from zero.
func (b *book) money(currency string, gross, tax, fee int64, day time.Time) bookMoney {
	tell := func(n int64) int64 {
		if currency == b.functional || n == 0 {
			return n
		}
		rate, ok := b.rate(currency, b.functional, day)
		if !ok {
			return 0
		}
		x := new(big.Int).Mul(big.NewInt(n), big.NewInt(rate))
		x.Add(x, big.NewInt(500_000_000))
		return x.Quo(x, big.NewInt(1_000_000_000)).Int64()
	}
	return bookMoney{gross - tax, fee, tell(gross) - tell(tax), tell(fee)}
}

// order puts the rows in the order in which they count.
func (b *book) order(rows []bookRow, upTo int) []bookEvent {
	var events []bookEvent
	for _, r := range rows {
		if r.feed == "balance" || r.month > upTo || r.at.Before(b.months[0].start) || r.coins+r.bonus == 0 {
			continue
		}
		e := bookEvent{bookRow: r, effective: r.at}
		if m := b.months[r.month]; e.effective.Before(m.start) {
			e.effective = m.start
		} else if e.effective.After(m.closing) {
			e.effective = m.closing
		}
		switch r.feed + "/" + r.kind {
		case "purchase/purchase", "purchase/chargeback_reversal", "gift/reversal":
			e.credit = true
		default:
			e.credit = r.feed == "adjustment" && r.coins > 0
		}
		if !e.credit {
			e.phase = 1
		}
		events = append(events, e)
	}
	for i := range events {
		b.aim(&events[i], events)
	}
	rank := map[string]int{"adjustment": 1, "purchase": 2, "gift": 3}
	slices.SortFunc(events, func(x, y bookEvent) int {
		return cmp.Or(x.effective.Compare(y.effective), cmp.Compare(x.phase, y.phase), strings.Compare(x.id, y.id), cmp.Compare(rank[x.feed], rank[y.feed]))
	})
	return events
}

// aim finds what an undoing event undoes.
func (b *book) aim(e *bookEvent, events []bookEvent) {
	var found *bookEvent
	reversal := e.feed == "gift" && e.kind == "reversal"
	if !reversal && e.kind != "chargeback_reversal" {
		return
	}
	for i := range events {
		x := &events[i]
		if x.effective.After(e.effective) || x.id != e.named {
			continue
		}
		if reversal && x.feed == "gift" && x.kind == "gift" || !reversal && x.feed == "purchase" && (x.kind == "refund" || x.kind == "chargeback") {
			found = x
		}
	}
	if found == nil && !reversal {
		for i := range events {
			x := &events[i]
			if x.feed == "purchase" && x.kind == "chargeback" && x.named == e.named && !x.effective.After(e.effective) &&
				(found == nil || x.effective.After(found.effective) || x.effective.Equal(found.effective) && x.id > found.id) {
				found = x
			}
		}
	}
	if found == nil {
		return
	}
	e.target = map[bool]string{true: "gift/", false: "refund/"}[reversal] + found.id
	if found.effective.Equal(e.effective) {
		e.phase = 2
	}
}

func (b *book) event(e bookEvent, rows []bookRow) {
	switch {
	case e.feed == "purchase" && e.kind == "purchase":
		fee := e.fee
		if !e.feeGiven {
			fee = b.ownFee(e)
		}
		l := &bookLot{id: e.id, origin: "purchase", channel: e.channel, currency: e.currency, month: e.month,
			coins: e.coins + e.bonus, left: e.coins + e.bonus, money: b.money(e.currency, e.gross, e.tax, fee, e.at)}
		b.lots = append(b.lots, l)
		b.settle(e.month, e.effective)
	case e.feed == "adjustment" && e.coins > 0:
		b.lots = append(b.lots, &bookLot{id: e.id, origin: "promotion", channel: "promotion", currency: b.functional, month: e.month, coins: e.coins, left: e.coins})
		b.settle(e.month, e.effective)
	case e.feed == "adjustment":
		b.debit(-e.coins, "breakage", e.id, e.month, e.effective)
	case e.feed == "gift" && e.kind == "gift":
		b.debit(e.coins, "gift", e.id, e.month, e.effective)
	case e.feed == "gift":
		b.undo(e.coins, e.target, "restore", e.id, e.month, e.effective)
	case e.kind == "chargeback_reversal":
		b.undo(e.coins+e.bonus, e.target, "unrefund", e.id, e.month, e.effective)
	default:
		coins := e.coins + e.bonus
		for _, l := range b.lots {
			if l.origin == "purchase" && l.id == e.named && l.left > 0 {
				n := min(coins, l.left)
				b.change(l, n, "refund", e.id, e.month, e.effective)
				b.takes["refund/"+e.id] = append(b.takes["refund/"+e.id], bookTake{l, n})
				coins -= n
			}
		}
		b.debit(coins, "refund", e.id, e.month, e.effective)
	}
}

// ownFee is gross x the channel's rate, half up in minor units.
func (b *book) ownFee(e bookEvent) int64 {
	unit := map[string]int64{"JPY": 1_000_000, "USD": 10_000, "EUR": 10_000, "KWD": 1_000}[e.currency]
	x := e.gross * b.feeRate[e.channel] // thousandths of millionths
	return (x + 500*unit) / (1000 * unit) * unit
}

// lines gives what must be equal, as texts.
func (b *book) lines(period int, byEvent bool) (moves, open, owed []string) {
	type key struct{ lot, kind, id, day string }
	sums := map[key]*bookMove{}
	for _, m := range b.moves {
		if m.month != period {
			continue
		}
		k := key{m.lot, m.kind, m.id, m.day}
		if !byEvent {
			k.id = ""
		}
		s := sums[k]
		if s == nil {
			s = &bookMove{}
			sums[k] = s
		}
		s.coins += m.coins
		s.money.value += m.money.value
		s.money.fee += m.money.fee
		s.money.functionalValue += m.money.functionalValue
		s.money.functionalFee += m.money.functionalFee
	}
	lots := map[string]*bookLot{}
	for _, l := range b.lots {
		lots[l.id] = l
	}
	for k, s := range sums {
		moves = append(moves, fmt.Sprint(k.lot, " ", k.kind, " ", k.id, " ", k.day, " ", s.coins, " ", s.money.value, " ", s.money.fee, " ",
			b.functionalText(lots[k.lot], s.money)))
	}
	for _, l := range b.lots {
		if l.left > 0 {
			m := l.carries()
			open = append(open, fmt.Sprint(l.id, " ", l.origin, " ", l.channel, " ", l.currency, " ", l.coins, " ", l.left, " ", m.value, " ", m.fee, " ",
				b.functionalText(l, m)))
		}
	}
	for _, d := range b.debts {
		if d.open > 0 {
			owed = append(owed, fmt.Sprint(d.kind, " ", d.id, " ", d.open))
		}
	}
	return moves, open, owed
}

// functionalText spells what money of a lot is in the functional currency, which
// nobody knows where the lot's currency has no rate; but nothing is nothing.
func (b *book) functionalText(l *bookLot, m bookMoney) string {
	value, fee := fmt.Sprint(m.functionalValue), fmt.Sprint(m.functionalFee)
	if _, known := b.rate(l.currency, b.functional, b.months[0].start); !known && l.currency != b.functional {
		if l.money.value != 0 {
			value = "unknown"
		}
		if l.money.fee != 0 {
			fee = "unknown"
		}
	}
	return value + " " + fee
}
