package statement

import (
	"fmt"
	"time"

	"carat/pipeline"
)

// Party is who owes the money: the legal entity as the configuration names it.
// Address may have several lines.
type Party struct{ Name, Address, TaxID string }

// Replaced is the version of a month that a statement takes the place of: who
// closed the month opened it again. What moved since stands in the statement's
// Moves; none: it says what that version said.
type Replaced struct {
	Version    int64
	ReopenedAt time.Time
	Reason     string // as whoever opened the month again wrote it
}

// Statement is one creator's month with one entity in one currency, as the history
// holds it and as a reader is told it: all that a rendering reads. What the history
// holds may be absent; the page then leaves out what it would say. Without Rates it
// works out one example per rate from the lines.
type Statement struct {
	*pipeline.Statement
	DisplayName string         // "" when the person was erased; the creator id stands in
	Payer       Party          // an empty Name is replaced by the entity's id
	Zone        *time.Location // of dates for people; nil is UTC
	Language    string         // of the words, such as pt; "" is English
	RunID       string         // the run whose rows these are
	Replaced    *Replaced
}

// Check refuses rows that can't be one statement. It guards against the worst
// mistake a caller can make: one creator's lines on another creator's page. Its
// errors are of kind internal.
func (s *Statement) Check() error {
	sum := &s.Summary
	if _, err := pipeline.ParsePeriod(string(sum.Period)); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "render statement of", fmt.Sprintf("%q", sum.CreatorID), "%w", err)
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.CreatorID != sum.CreatorID || l.Entity != sum.Entity || l.Currency != sum.Currency {
			return pipeline.Errorf(pipeline.KindInternal, "render statement of", s.Subject(),
				"line %d belongs to %q, %q, %q", l.LineNo, l.CreatorID, l.Entity, l.Currency)
		}
		switch l.Section {
		case sectionOpening, sectionEarned, sectionAdjusted, sectionRedeemed, sectionReturned,
			sectionRevaluation, sectionRounding, sectionClosing:
		default:
			return pipeline.Errorf(pipeline.KindInternal, "render statement of", s.Subject(),
				"line %d has the unknown section %q", l.LineNo, l.Section)
		}
	}
	return nil
}

// Subject names the statement in an error.
func (s *Statement) Subject() string {
	return fmt.Sprintf("%q, %q, %q", s.Summary.CreatorID, s.Summary.Entity, s.Summary.Currency)
}

// TimeZone is the zone of dates for people; UTC where none is given.
func (s *Statement) TimeZone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}
