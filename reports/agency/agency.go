package agency

import (
	"fmt"
	"time"

	"carat/pipeline"
	"carat/reports/locale"
	"carat/reports/statement"
)

// Head is a row of the result table agency_statements. Amounts from Opening to
// Closing are signed as they change what is owed, so that they sum to Closing.
type Head struct {
	Period          pipeline.Period
	Version         int64
	Provisional     bool // the period is not locked
	AgencyID        string
	Entity          string
	Currency        string
	Country         string
	PaidCurrency    string // in which the agency is paid; "" without terms
	WithholdingRate pipeline.Rate
	OnFile          bool   // the agency has terms
	EndedAt         *int64 // microseconds: when its terms ended, if before the month's end

	Opening, Accrued, Reversed, ClawedBack, Adjusted, Redeemed, Returned, Rounding, Closing pipeline.Amount

	Creators, Gifts, Coins, Diamonds          int64
	Withheld, Fees, Paid, InTransit, CameBack pipeline.Amount
}

// Line is a row of the result table agency_statement_lines. Pointers are absent
// where the section has no such thing.
type Line struct {
	// Section is opening, accrued, reversed, clawed_back, adjusted, redeemed,
	// returned, rounding or closing; lines come in this order.
	Section                string
	LineNo                 int64
	Day                    string // "2026-10-02", of the gifts that the line sums
	EventAt                *int64 // microseconds
	CreatorID              string
	Count, Coins, Diamonds *int64
	Rate, Share            *pipeline.Rate // money per diamond, and the agency's share of it
	Amount                 pipeline.Amount
	Reason                 string
	ReferenceID            string
	OriginalEventID        string
	PriorPeriod            bool
	// Payout lines only.
	Status, Method                 string
	Withheld, Fee, Net, PaidAmount *pipeline.Amount
	PaidCurrency                   string
	FXRate                         *pipeline.Rate
	PaidAt                         *int64
}

// Year sums the statements of the calendar year up to this one, from the first month
// that has one. Signed as the head's amounts are; PaidOut is what was requested less what came
// back.
type Year struct {
	FirstPeriod                           pipeline.Period
	Accrued, TakenBack, Adjusted, PaidOut pipeline.Amount
	Withheld, Fees, Paid                  pipeline.Amount
}

// Statement is one agency's month with one entity in one currency.
type Statement struct {
	Head
	Year     *Year // nil: nobody asked
	Lines    []Line
	Payer    statement.Party // an empty Name is replaced by the entity's id
	Zone     *time.Location  // of dates for people; nil is UTC
	Language string          // of its words, as "pt"; "" is English
	RunID    string
}

// The sections of lines that the words ask for.
const (
	sectionOpening    = "opening"
	sectionAccrued    = "accrued"
	sectionReversed   = "reversed"
	sectionClawedBack = "clawed_back"
	sectionAdjusted   = "adjusted"
	sectionRedeemed   = "redeemed"
	sectionReturned   = "returned"
	sectionClosing    = "closing"
)

// What stands between numbers in all languages.
const (
	times  = "× "
	equals = "= "
	blank  = "\u00a0"
)

// Check refuses rows that don't lead from the opening to the closing balance. Its
// errors are of kind internal.
func (s *Statement) Check() error {
	if _, err := pipeline.ParsePeriod(string(s.Period)); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "render statement of", fmt.Sprintf("%q", s.AgencyID), "%w", err)
	}
	var sum, closing pipeline.Amount
	for i := range s.Lines {
		if s.Lines[i].Section == sectionClosing {
			closing = s.Lines[i].Amount
		} else {
			sum += s.Lines[i].Amount
		}
	}
	if sum != closing || closing != s.Closing {
		return pipeline.Errorf(pipeline.KindInternal, "render statement of", s.Subject(), "its lines sum to %s, it closes with %s", sum, s.Closing)
	}
	return nil
}

// Subject names the statement in an error.
func (s *Statement) Subject() string {
	return fmt.Sprintf("%q, %q, %q", s.AgencyID, s.Entity, s.Currency)
}

// zone is the zone of dates for people.
func (s *Statement) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// day is "2 Oct 2026" of a day as rows have it.
func (s *Statement) day(v *speaker, text string) string {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return text
	}
	return string(v.Language.AppendDate(nil, at, locale.ShortDay))
}
