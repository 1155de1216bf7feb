package lots

import (
	"cmp"
	"slices"
)

// StepKind is what a step says.
type StepKind uint8

// The kinds of steps: a lot's coins went from Before to After because of an
// event; a lot at zero came; a lot, or a debt, that is open at the end.
const (
	Moved StepKind = iota
	Made
	Open
	Owed
)

// String gives the word of the SQL.
func (k StepKind) String() string { return [...]string{"moved", "made", "open", "owed"}[k] }

// Step is one step in the coins of one lot, or of one debt. Lots and debits are
// named by the numbers of their events, 0 for none.
type Step struct {
	Kind          StepKind
	Segment       int64
	Debit, Lot    int64
	Before, After int64
	At            int64
}

// held is coins of one lot or one debt, on the axis of a segment: (upto-coins, upto].
type held struct{ no, coins, upto int64 }

// take is what a debit that something undoes took of a lot.
type take struct {
	debit, lot    int64
	before, after int64
	at            int64
	turn          int8 // 0: of its own purchase's lot, before what it took in order
}

// Replayer replays viewers, one after the other, and keeps its memory between them.
type Replayer struct {
	lots, debts []held
	taken       []take
	back        map[int64]int64
}

// Replay spends the coins of one viewer's events, as Arrange gives them, and
// appends the steps to into.
//
// First in, first out is arithmetic on intervals: lots are laid end to end in
// the order in which they are spent, debits in the order in which they come,
// and a debit takes of a lot what their intervals overlap, at the later of both
// events. A debit beyond all lots is debt, which a later lot pays at once, the
// oldest first. Only refunds and undoing events break the order: they begin a
// segment, and what is open when they come is laid out anew.
func (r *Replayer) Replay(events []Event, into []Step) []Step {
	if len(events) == 0 {
		return into
	}
	r.lots, r.debts, r.taken = r.lots[:0], r.debts[:0], r.taken[:0]
	var start int64 // number of the event that began the segment
	for segment, next := int64(0), 0; ; segment++ {
		end := next
		for end < len(events) && events[end].Segment == segment {
			end++
		}
		into = r.spend(events[next:end], events, segment, start, into)
		if end == len(events) {
			return r.finish(segment+1, into)
		}
		into = r.breakOrder(&events[end], segment, into)
		start, next = events[end].No, end+1
	}
}

// spend lays out what is open and what came in one segment, and takes.
func (r *Replayer) spend(some, all []Event, segment, start int64, into []Step) []Step {
	lots, debts := open(r.lots), open(r.debts)
	for _, e := range some {
		if e.Kind == Lot {
			lots = append(lots, held{no: e.No, coins: e.Coins})
		} else {
			debts = append(debts, held{no: e.No, coins: e.Coins})
		}
	}
	slices.SortFunc(lots, func(a, b held) int { return cmp.Compare(a.no, b.no) })
	slices.SortFunc(debts, func(a, b held) int { return cmp.Compare(a.no, b.no) })
	supplied, demanded := layOut(lots), layOut(debts)
	from := 0
	for _, l := range lots {
		starts := l.upto - l.coins
		for from < len(debts) && debts[from].upto <= starts {
			from++
		}
		for _, d := range debts[from:] {
			if d.upto-d.coins >= l.upto {
				break
			}
			if d.upto <= starts {
				continue
			}
			before, after := l.upto-max(starts, d.upto-d.coins), l.upto-min(l.upto, d.upto)
			at := max(l.no, d.no, start)
			into = append(into, Step{Moved, segment, d.no, l.no, before, after, at})
			if i, found := find(all, d.no); found && all[i].IsTarget {
				r.taken = append(r.taken, take{d.no, l.no, before, after, at, 1})
			}
		}
	}
	r.lots, r.debts = left(lots, demanded), left(debts, supplied)
	return into
}

// open keeps, in place, what has coins.
func open(list []held) []held {
	return slices.DeleteFunc(list, func(h held) bool { return h.coins == 0 })
}

// find gives the place of the event with a number.
func find(events []Event, no int64) (int, bool) {
	return slices.BinarySearchFunc(events, no, func(e Event, no int64) int { return cmp.Compare(e.No, no) })
}

// layOut lays the coins end to end and gives their sum.
func layOut(list []held) (sum int64) {
	for i := range list {
		sum += list[i].coins
		list[i].upto = sum
	}
	return sum
}

// left keeps, in place, what lies beyond the first coins of the axis.
func left(list []held, coins int64) []held {
	kept := list[:0]
	for _, h := range list {
		if h.upto > coins {
			h.coins = min(h.coins, h.upto-coins)
			kept = append(kept, h)
		}
	}
	return kept
}

// breakOrder handles an event that isn't simply spent in order.
func (r *Replayer) breakOrder(e *Event, segment int64, into []Step) []Step {
	if e.Kind == Refund {
		return r.refund(e, segment, into)
	}
	return r.undo(e, segment, into)
}

// refund takes what is left of its own purchase's lot; the rest is the newest debit.
func (r *Replayer) refund(e *Event, segment int64, into []Step) []Step {
	rest := e.Coins
	i := slices.IndexFunc(r.lots, func(h held) bool { return h.no == e.Own })
	if e.Own != 0 && i >= 0 {
		before := r.lots[i].coins
		after := before - min(before, e.Coins)
		rest -= before - after
		into = append(into, Step{Moved, segment, e.No, e.Own, before, after, e.No})
		if e.IsTarget {
			r.taken = append(r.taken, take{e.No, e.Own, before, after, e.No, 0})
		}
		r.lots[i].coins = after
	}
	if rest > 0 {
		r.debts = append(r.debts, held{no: e.No, coins: rest})
	}
	return into
}

// undo cancels what the target still owes, then gives back what it took, the
// last taken first; what is more than it ever took becomes a lot at zero.
func (r *Replayer) undo(e *Event, segment int64, into []Step) []Step {
	rest := e.Coins
	if i := slices.IndexFunc(r.debts, func(h held) bool { return h.no == e.Target }); e.Target != 0 && i >= 0 {
		n := min(rest, r.debts[i].coins)
		rest -= n
		r.debts[i].coins -= n
	}
	if r.back == nil {
		r.back = map[int64]int64{}
	}
	clear(r.back)
	slices.SortFunc(r.taken, func(a, b take) int {
		return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.turn, a.turn), cmp.Compare(b.lot, a.lot))
	})
	kept := r.taken[:0]
	for _, t := range r.taken {
		if e.Target != 0 && t.debit == e.Target {
			n := min(t.before-t.after, rest)
			rest -= n
			t.after += n
			if n > 0 {
				r.back[t.lot] += n
			}
		}
		if t.before > t.after {
			kept = append(kept, t)
		}
	}
	r.taken = kept
	into = r.giveBack(e, segment, into)
	if rest > 0 {
		into = append(into, Step{Made, segment, e.No, e.No, 0, rest, e.No})
		r.lots = append(r.lots, held{no: e.No, coins: rest})
	}
	return into
}

// giveBack puts coins back into their lots, in the order of the lots.
func (r *Replayer) giveBack(e *Event, segment int64, into []Step) []Step {
	for i := range r.lots {
		h := &r.lots[i]
		if n := r.back[h.no]; n > 0 {
			into = append(into, Step{Moved, segment, e.No, h.no, h.coins, h.coins + n, e.No})
			h.coins += n
			delete(r.back, h.no)
		}
	}
	begin := len(r.lots)
	for no, n := range r.back {
		r.lots = append(r.lots, held{no: no, coins: n})
	}
	emptied := r.lots[begin:]
	slices.SortFunc(emptied, func(a, b held) int { return cmp.Compare(a.no, b.no) })
	for _, h := range emptied {
		into = append(into, Step{Moved, segment, e.No, h.no, 0, h.coins, e.No})
	}
	return into
}

// finish tells what is open at the end.
func (r *Replayer) finish(segment int64, into []Step) []Step {
	for _, h := range open(r.lots) {
		into = append(into, Step{Kind: Open, Segment: segment, Lot: h.no, After: h.coins})
	}
	for _, h := range open(r.debts) {
		into = append(into, Step{Kind: Owed, Segment: segment, Debit: h.no, After: h.coins})
	}
	return into
}
