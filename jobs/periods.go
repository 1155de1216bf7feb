package jobs

import (
	"context"

	"carat/pipeline"
	"carat/pipeline/state"
)

// Where a period stands in its life, beside what its controls say.
const (
	StageOpen     = "open"
	StagePrepared = "prepared" // a preparer signed it; it waits for an approver
	StageClosed   = "closed"   // locked by a certificate
)

// closures is which periods are closed: what the state's locks come to.
type closures struct {
	first pipeline.Period // where carat begins; "" when not known
	locks []state.Lock    // all there ever were, by period and version
}

// closures reads the locks.
func (p *place) closures(ctx context.Context, c *Config) (closures, error) {
	first, err := p.firstPeriod(ctx, c)
	if err != nil {
		return closures{}, err
	}
	locks, err := p.state.Locks(ctx)
	return closures{first: first, locks: locks}, err
}

// lock gives the lock of a period that is in force.
func (c closures) lock(period pipeline.Period) (state.Lock, bool) {
	for _, l := range c.locks {
		if l.Period == period && l.InForce() {
			return l, true
		}
	}
	return state.Lock{}, false
}

// last gives the lock of the last closed period.
func (c closures) last() (found state.Lock, ok bool) {
	for _, l := range c.locks {
		if l.InForce() && (!ok || l.Period > found.Period) {
			found, ok = l, true
		}
	}
	return found, ok
}

// earliestOpen gives the period in which late rows are booked: the one after
// the last closed, else the first. "" while the first is not known.
func (c closures) earliestOpen() pipeline.Period {
	if l, ok := c.last(); ok {
		return l.Period.Next()
	}
	return c.first
}

// version gives the number of the period's next lock, or of the one in force:
// statements carry it.
func (c closures) version(period pipeline.Period) int64 {
	version := int64(1)
	for _, l := range c.locks {
		if l.Period == period && !l.InForce() {
			version = l.Version + 1
		}
	}
	return version
}

// refuseClosed is a locked error when the period is closed.
func (c closures) refuseClosed(action string, period pipeline.Period) error {
	l, closed := c.lock(period)
	if !closed {
		return nil
	}
	e := pipeline.Errorf(pipeline.KindLocked, action, string(period), "the month was closed by %s on %s (version %d)",
		l.ApprovedBy, l.LockedAt.Format("2006-01-02"), l.Version)
	if last, _ := c.last(); last.Period != period {
		return e.WithHint("only the last closed month, %s, can be opened again; late rows count in %s: `carat run --period %s`",
			last.Period, c.earliestOpen(), c.earliestOpen())
	}
	return e.WithHint("late rows count in %s: `carat run --period %s`; to change %s, open it again with `carat reopen --period %s --reason …`",
		c.earliestOpen(), c.earliestOpen(), period, period)
}
