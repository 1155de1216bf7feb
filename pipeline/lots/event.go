package lots

import (
	"cmp"
	"slices"
	"strings"
)

// Kind is what happened to a viewer's coins.
type Kind uint8

// The kinds of a row. Of these Run and Mark become no event: runs are summed
// to gifts, and marks tell the gifts before an instant from those after it.
const (
	Lot      Kind = iota // coins come
	Gift                 // coins go, first in, first out
	Breakage             // expiry or a negative correction: the same
	Debt                 // a fed opening below zero: the same
	Refund               // coins go, of its own purchase's lot first
	Unrefund             // a chargeback reversal: gives back what a refund took
	Restore              // a gift reversal: gives back what a gift took
	Run                  // a gift that nothing names
	Mark
)

var kindNames = [...]string{"lot", "gift", "breakage", "debt", "refund", "unrefund", "restore", "run", "mark"}

// String gives the word of the SQL.
func (k Kind) String() string { return kindNames[k] }

// KindOf gives the kind of a word, and whether there is one.
func KindOf(word string) (Kind, bool) {
	i := slices.Index(kindNames[:], word)
	return Kind(max(i, 0)), i >= 0
}

// Ranks of what a row comes from, the last tie of the order.
const (
	RankOpening = iota
	RankAdjustment
	RankPurchase
	RankGift
	RankMark
)

// Row is one row of a viewer's history, not yet in order.
type Row struct {
	Kind       Kind
	ID         string // "" of what has none
	Named      string // the row that a refund or an undoing event names; "" for none
	Chargeback bool
	Rank       int8
	LotNo      int64 // of lots, from 1; 0 for none
	Coins      int64
	At         int64 // microseconds: the instant at which it counts
	Month      int32 // its accounting month, as a number that grows with it
	Day        int32 // of a Run in the period: its day; the same for all others
}

// Event is a row in its place, numbered from 1 with gaps.
type Event struct {
	Row
	No       int64
	Segment  int64 // how many undoing events and refunds have come, with this one
	Own      int64 // number of the event of the lot that a refund goes to; 0 for none
	Target   int64 // number of the event that is undone; 0 for none
	IsTarget bool  // something undoes it
}

// undoes says whether the kind takes another event back.
func (k Kind) undoes() bool { return k == Unrefund || k == Restore }

// cutsSegment says whether the kind isn't simply spent in order.
func (k Kind) cutsSegment() bool { return k == Refund || k.undoes() }

// noLot is the place of an opening without a lot, behind all that have one.
const noLot = int64(^uint64(0) >> 1)

// placed is a row with what its place depends on.
type placed struct {
	Row
	opening int64 // place among the openings
	phase   int8
	target  string // the ID of what it undoes, of kind targetKind
}

// Arrange puts one viewer's rows in the order in which they count and numbers
// them: openings first; then by effective time, at one instant credits, then
// debits, then what undoes a debit of that same instant; then by key. The
// gifts of one day (of one month, before the period) with no other event but
// lots between them become one. The events are appended to into.
func Arrange(rows []Row, into []Event) []Event {
	list := make([]placed, len(rows))
	byID := map[string]int{} // of gifts and refunds that something may name
	for i, r := range rows {
		list[i] = placed{Row: r, opening: r.LotNo}
		if r.LotNo == 0 {
			list[i].opening = noLot
		}
		if r.Kind == Gift || r.Kind == Refund {
			byID[r.Kind.String()+r.ID] = i
		}
	}
	for i := range list {
		list[i].place(rows, byID)
	}
	slices.SortFunc(list, compare)
	begin := len(into)
	into = number(list, into)
	aim(list, into[begin:])
	return into
}

// place says where at its instant a row counts, and what it undoes.
func (p *placed) place(rows []Row, byID map[string]int) {
	switch {
	case p.Kind == Mark:
		p.phase = -1
	case p.Kind == Lot:
	case !p.Kind.undoes():
		p.phase = 1
	default:
		if i := p.undone(rows, byID); i >= 0 {
			p.target = rows[i].ID
			if rows[i].At == p.At {
				p.phase = 2
			}
		}
	}
}

// targetKind is the kind of what an undoing event undoes.
func targetKind(k Kind) Kind {
	if k == Restore {
		return Gift
	}
	return Refund
}

// undone finds what a row undoes: the one that it names, else of a purchase
// that it names the last chargeback before it; -1 for none.
func (p *placed) undone(rows []Row, byID map[string]int) int {
	if p.Named == "" {
		return -1
	}
	if i, ok := byID[targetKind(p.Kind).String()+p.Named]; ok && rows[i].At <= p.At {
		return i
	}
	if p.Kind != Unrefund {
		return -1
	}
	last := -1
	for i, r := range rows {
		if r.Kind == Refund && r.Chargeback && r.Named == p.Named && r.At <= p.At &&
			(last < 0 || cmp.Or(cmp.Compare(r.At, rows[last].At), strings.Compare(r.ID, rows[last].ID)) > 0) {
			last = i
		}
	}
	return last
}

func compare(a, b placed) int {
	if (a.Rank == RankOpening) != (b.Rank == RankOpening) {
		if a.Rank == RankOpening {
			return -1
		}
		return 1
	}
	if a.Rank == RankOpening && a.opening != b.opening {
		return cmp.Compare(a.opening, b.opening)
	}
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.phase, b.phase), strings.Compare(a.ID, b.ID), cmp.Compare(a.Rank, b.Rank))
}

// number makes events of rows in order; runs become gifts of their group.
func number(list []placed, into []Event) []Event {
	var segment, cuts, runCuts int64
	run := -1 // place of the last group of runs
	for i, p := range list {
		if p.Kind.cutsSegment() {
			segment++
		}
		if p.Kind != Lot && p.Kind != Run {
			cuts++
		}
		switch {
		case p.Kind == Mark:
		case p.Kind != Run:
			into = append(into, Event{Row: p.Row, No: int64(i + 1), Segment: segment})
		case run >= 0 && runCuts == cuts && into[run].Month == p.Month && into[run].Day == p.Day:
			into[run].Coins += p.Coins
		default:
			run, runCuts = len(into), cuts
			e := Event{Row: p.Row, No: int64(i + 1), Segment: segment}
			e.Kind, e.ID = Gift, ""
			into = append(into, e)
		}
	}
	return into
}

// aim tells refunds their lot and undoing events what they undo.
func aim(list []placed, events []Event) {
	type key struct {
		kind Kind
		id   string
	}
	var places map[key]int
	for i := range events {
		e := &events[i]
		if !e.Kind.cutsSegment() {
			continue
		}
		if places == nil {
			places = map[key]int{}
			for j, x := range events {
				if x.Kind == Lot && x.Rank == RankPurchase || (x.Kind == Gift || x.Kind == Refund) && x.ID != "" {
					places[key{x.Kind, x.ID}] = j
				}
			}
		}
		if e.Kind == Refund {
			if j, ok := places[key{Lot, e.Named}]; ok && events[j].No < e.No {
				e.Own = events[j].No
			}
			continue
		}
		if target := list[e.No-1].target; target != "" {
			if j, ok := places[key{targetKind(e.Kind), target}]; ok {
				e.Target, events[j].IsTarget = events[j].No, true
			}
		}
	}
}

// EventOf gives the event with a number, which must be one of them.
func EventOf(events []Event, no int64) *Event {
	i, _ := find(events, no)
	return &events[i]
}
