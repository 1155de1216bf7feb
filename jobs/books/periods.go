package books

import (
	"context"

	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/state"
)

// Where a period stands in its life, beside what its controls say.
const (
	StageOpen     = "open"
	StagePrepared = "prepared" // a preparer signed it; it waits for an approver
	StageClosed   = "closed"   // locked by a certificate
)

// Closures is which periods are closed: what the state's locks come to.
type Closures struct {
	First pipeline.Period // where carat begins; "" when not known
	Locks []state.Lock    // all there ever were, by period and version
}

// Closures reads the locks.
func (p *Books) Closures(ctx context.Context, c *config.Config) (Closures, error) {
	first, err := p.FirstPeriod(ctx, c)
	if err != nil {
		return Closures{}, err
	}
	locks, err := p.State.Locks(ctx)
	return Closures{First: first, Locks: locks}, err
}

// Lock gives the lock of a period that is in force.
func (c Closures) Lock(period pipeline.Period) (state.Lock, bool) {
	for _, l := range c.Locks {
		if l.Period == period && l.InForce() {
			return l, true
		}
	}
	return state.Lock{}, false
}

// Last gives the lock of the last closed period.
func (c Closures) Last() (found state.Lock, ok bool) {
	for _, l := range c.Locks {
		if l.InForce() && (!ok || l.Period > found.Period) {
			found, ok = l, true
		}
	}
	return found, ok
}

// EarliestOpen gives the period in which late rows are booked: the one after
// the last closed, else the first. "" while the first is not known.
func (c Closures) EarliestOpen() pipeline.Period {
	if l, ok := c.Last(); ok {
		return l.Period.Next()
	}
	return c.First
}

// Version gives the number of the period's next lock, or of the one in force:
// statements carry it.
func (c Closures) Version(period pipeline.Period) int64 {
	version := int64(1)
	for _, l := range c.Locks {
		if l.Period == period && !l.InForce() {
			version = l.Version + 1
		}
	}
	return version
}

// RefuseClosed is a locked error when the period is closed.
func (c Closures) RefuseClosed(action string, period pipeline.Period) error {
	l, closed := c.Lock(period)
	if !closed {
		return nil
	}
	e := pipeline.Errorf(pipeline.KindLocked, action, string(period), "the month was closed by %s on %s (version %d)",
		l.ApprovedBy, l.LockedAt.Format("2006-01-02"), l.Version)
	if last, _ := c.Last(); last.Period != period {
		return e.WithHint("only the last closed month, %s, can be opened again; late rows count in %s: `carat run --period %s`",
			last.Period, c.EarliestOpen(), c.EarliestOpen())
	}
	return e.WithHint("late rows count in %s: `carat run --period %s`; to change %s, open it again with `carat reopen --period %s --reason …`",
		c.EarliestOpen(), c.EarliestOpen(), period, period)
}

// InOrder wants a period to be the earliest open one.
func (c Closures) InOrder(action string, period pipeline.Period) error {
	if err := c.RefuseClosed(action, period); err != nil {
		return err
	}
	earliest := c.EarliestOpen()
	switch {
	case earliest == "":
		return pipeline.Errorf(pipeline.KindNotFound, action, string(period), "nothing was ingested yet").
			WithHint("put feed files into the inbox and run `carat run --period %s`", period)
	case period < earliest:
		return pipeline.Misnamed(action, string(period), string(period), []string{string(earliest)}, "carat began with %s; earlier months are inside its opening balances", c.First)
	case period > earliest:
		return pipeline.Misnamed(action, string(period), "", nil, "months are closed in order, and %s is still open", earliest).
			WithHint("close %s first: `carat close --period %s`", earliest, earliest)
	}
	return nil
}

// Replaced gives the lock of a period that was opened again last, which its
// next version takes the place of.
func (c Closures) Replaced(period pipeline.Period) (found state.Lock, ok bool) {
	for _, l := range c.Locks {
		if l.Period == period && !l.InForce() {
			found, ok = l, true
		}
	}
	return found, ok
}
