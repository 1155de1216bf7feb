package statement

import "carat/pipeline"

// What a table's columns of amounts hold decides how many digits they have behind
// the point. A layout says which table begins; a table that it doesn't name is
// aligned to nothing.

// alignLines aligns to the amounts of the lines that are so, and to the others.
func (w *Words) alignLines(is func(*pipeline.StatementLine) bool, others ...pipeline.Amount) {
	w.Align(others...)
	for i := range w.S.Lines {
		if l := &w.S.Lines[i]; is(l) {
			w.alignAmount(l.Amount)
			w.alignRates(l.DiamondsPerCoin, l.Rate)
		}
	}
}

// AlignGifts is of the gifts and of those taken back, with their total.
func (w *Words) AlignGifts() {
	w.alignLines(func(l *pipeline.StatementLine) bool { return l.Section == sectionEarned }, w.S.Summary.EarnedAmount)
}

// AlignStreams is of the streams, with their total.
func (w *Words) AlignStreams() {
	w.Align(w.S.Summary.EarnedAmount)
	for i := range w.S.Streams {
		t := &w.S.Streams[i]
		w.alignAmount(t.Amount)
		w.alignRates(t.DiamondsPerCoin, t.Rate)
	}
}

// AlignTaken is of what was taken, with its total.
func (w *Words) AlignTaken() { w.alignLines(IsDeduction, w.S.Summary.TakenAmount) }

// AlignAdded is of what was added.
func (w *Words) AlignAdded() { w.alignLines(IsAddition) }

// AlignTakenBack is of the gifts taken back alone.
func (w *Words) AlignTakenBack() { w.alignLines(IsTakenBack) }

// AlignTop is of the gifts that earned most.
func (w *Words) AlignTop(top []*pipeline.StatementLine) {
	w.Align()
	for _, l := range top {
		w.alignAmount(l.Amount)
	}
}

// AlignHeld is of what is held.
func (w *Words) AlignHeld() {
	w.Align()
	for i := range w.S.Releases {
		w.alignAmount(w.S.Releases[i].Amount)
		w.alignAmount(w.S.Releases[i].HeldAmount)
	}
}

// AlignShares is of who gets what.
func (w *Words) AlignShares(shares []Share) {
	w.Align()
	for i := range shares {
		w.alignAmount(shares[i].Amount)
	}
}

// AlignMoves is of what changed since the version before.
func (w *Words) AlignMoves() {
	w.Align()
	for i := range w.S.Moves {
		m := &w.S.Moves[i]
		for _, v := range [...]pipeline.Amount{m.AmountBefore, m.AmountNow, m.AmountMoved} {
			w.alignAmount(v)
		}
	}
}
