package books

import (
	"context"
	"fmt"
	"strings"
	"time"

	"carat/pipeline/decision"
	"carat/pipeline/state"
)

// Standing is where a period stands: what its run's exceptions come to, and its
// lock when it is closed. What people and files say of a period's status is
// said by its Words, so that it is the same everywhere.
type Standing struct {
	Verdict
	Lock state.Lock // zero while the period is open
}

// StatusClosed is the status of a locked period, whatever was waived in it.
const StatusClosed = "closed"

// Standing judges a period's run. A closed period stands as it was signed: by
// the decisions of its certificate, on the day of its lock.
func (p *Books) Standing(ctx context.Context, s Setting, closed Closures, run state.Run) (Standing, error) {
	lock, isClosed := closed.Lock(run.Period)
	if !isClosed || lock.RunID != run.ID {
		v, err := p.Verdict(ctx, s, run)
		return Standing{Verdict: v}, err
	}
	decisions, err := p.decisionsOf(ctx, lock)
	if err != nil {
		return Standing{}, err
	}
	v, err := p.verdictBy(ctx, s, run, decisions, Day(lock.LockedAt, s.Config.Zone))
	return Standing{Verdict: v, Lock: lock}, err
}

// decisionsOf are the decisions that a lock rests on, by exception. A
// certificate that can't be read is what `carat verify` tells; here the state's
// own decisions stand in for it.
func (p *Books) decisionsOf(ctx context.Context, lock state.Lock) (map[string]decision.Decision, error) {
	c, err := p.ReadCertificate(lock)
	if err != nil {
		return p.State.Decisions(ctx)
	}
	decisions := map[string]decision.Decision{}
	for _, d := range c.Decisions {
		decisions[d.ExceptionID] = d
	}
	return decisions, nil
}

// Closed says whether the period is locked.
func (s Standing) Closed() bool { return s.Lock.Version > 0 }

// Status is the period's status as programs read it: closed, blocked,
// exceptions or balanced.
func (s Standing) Status() string {
	if s.Closed() {
		return StatusClosed
	}
	return s.Verdict.Status
}

// Words is the period's status as people read it: "closed (version 1) by ann
// and bob, 3 waived", "balanced with 3 waivers", "blocked".
func (s Standing) Words() string {
	if !s.Closed() {
		return s.Verdict.Words()
	}
	by := s.Lock.PreparedBy
	if s.Lock.ApprovedBy != by {
		by += " and " + s.Lock.ApprovedBy
	}
	words := fmt.Sprintf("closed (version %d) by %s", s.Lock.Version, by)
	if waived := s.Waivers(); waived > 0 {
		words += fmt.Sprintf(", %d waived", waived)
	}
	return words
}

// Words is the status of a period that is not closed, as people read it.
func (v Verdict) Words() string {
	switch {
	case v.Status != StatusBalanced || v.Waivers() == 0:
		return v.Status
	case v.Waivers() == 1:
		return v.Status + " with 1 waiver"
	}
	return fmt.Sprintf("%s with %d waivers", v.Status, v.Waivers())
}

// Open counts the exceptions that hold up the close: neither waived nor decided.
func (v Verdict) Open() int64 {
	return v.Block - v.BlockWaived + v.Review - v.ReviewWaived - v.ReviewDecided
}

// Waivers counts the exceptions that stand by a waiver, of blocking and of reviewed
// controls: as many as WaiverLines has lines.
func (v Verdict) Waivers() int64 { return v.BlockWaived + v.ReviewWaived }

// WaiverLines are the waivers in force, a line each: what of which control, by whom,
// until when, why.
func (v Verdict) WaiverLines() (lines []string) {
	for _, d := range v.Waived {
		line := fmt.Sprintf("exception %s (%s, %s): waived by %s on %s, until %s", d.ExceptionID, d.Control, d.Severity, d.By, d.At.UTC().Format(time.DateOnly), d.Until)
		if d.Note != "" {
			line += ": " + strings.Join(strings.Fields(d.Note), " ")
		}
		lines = append(lines, line)
	}
	return lines
}
