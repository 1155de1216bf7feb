package statement

import (
	"fmt"
	"hash"
	"io"
	"time"

	"carat/pipeline"
	"carat/reports/locale"
	"carat/reports/pdf"
)

// Party is who owes the money: the legal entity as the configuration names it.
// Address may have several lines.
type Party struct{ Name, Address, TaxID string }

// RateTotal is what a creator's gifts came to under one rate: one row per rate
// row and its range. Diamonds may be less than Coins x DiamondsPerCoin, because
// each gift is rounded to whole diamonds by itself.
type RateTotal struct {
	RateFrom, RateTo *int64 // half-open, microseconds
	DiamondsPerCoin  pipeline.Rate
	Rate             pipeline.Rate // money per diamond
	Coins, Diamonds  int64
	Amount           pipeline.Amount
}

// Replaced is the version of a month that a statement takes the place of: who
// closed the month opened it again.
type Replaced struct {
	Version    int64
	ReopenedAt time.Time
	Reason     string                   // as whoever opened the month again wrote it
	Moves      []pipeline.StatementMove // none: this statement says what it said
}

// Statement is one creator's month with one entity in one currency: all that a
// rendering reads. Lines are those of the statement alone, by LineNo.
type Statement struct {
	Summary     pipeline.StatementSummary
	Lines       []pipeline.StatementLine
	DisplayName string         // "" when the person was erased; the creator id stands in
	Payer       Party          // an empty Name is replaced by the entity's id
	Zone        *time.Location // of dates for people; nil is UTC
	RunID       string         // the run whose rows these are

	// What follows may be absent; the page then leaves out what it would say.

	Rates      []RateTotal                 // nil: the page works out one example per rate from Lines
	Days       []pipeline.StatementDay     // by day; days without gifts may be left out
	Streams    []pipeline.StatementStream  // those that earned most first, the others in one row
	Releases   []pipeline.StatementRelease // when what is held becomes free, by date
	Terms      *pipeline.StatementTerms    // of payouts; nil where the creator's method has no rule
	YearToDate *pipeline.StatementYear
	Replaced   *Replaced
}

// Renderer renders statements one after another, reusing its memory. It is not
// safe for concurrent use; what its methods return is valid until the next call.
// The zero value is ready.
type Renderer struct {
	buf     []byte
	ranges  []rateRange
	beside  []pipeline.StatementLine
	locales map[string]locale.Locale // by country
	paper   *pdf.Document
	hash    hash.Hash
	started []byte // the state of hash behind what every page begins with
}

// locale gives the locale of a country, and keeps it: reading it off CLDR is slow.
func (r *Renderer) locale(country string) locale.Locale {
	l, ok := r.locales[country]
	if !ok {
		if r.locales == nil {
			r.locales = map[string]locale.Locale{}
		}
		l = locale.Of(country)
		r.locales[country] = l
	}
	return l
}

// WriteHTML writes the statement as one self-contained page. Errors are those
// of Renderer.HTML and of w.
func WriteHTML(w io.Writer, s *Statement) error {
	return render(w, s, (*Renderer).HTML)
}

// WriteCSV writes the statement's lines. Errors are those of Renderer.CSV and of w.
func WriteCSV(w io.Writer, s *Statement) error {
	return render(w, s, (*Renderer).CSV)
}

// WriteJSON writes the statement's summary and lines. Errors are those of
// Renderer.JSON and of w.
func WriteJSON(w io.Writer, s *Statement) error {
	return render(w, s, (*Renderer).JSON)
}

func render(w io.Writer, s *Statement, format func(*Renderer, *Statement) ([]byte, error)) error {
	var r Renderer
	b, err := format(&r, s)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write statement of %q: %w", s.Summary.CreatorID, err)
	}
	return nil
}

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

// check refuses rows that can't be one statement. It guards against the worst
// mistake a caller can make: one creator's lines on another creator's page.
func (s *Statement) check() error {
	sum := &s.Summary
	if _, err := pipeline.ParsePeriod(string(sum.Period)); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "render statement of", fmt.Sprintf("%q", sum.CreatorID), "%w", err)
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.CreatorID != sum.CreatorID || l.Entity != sum.Entity || l.Currency != sum.Currency {
			return pipeline.Errorf(pipeline.KindInternal, "render statement of", s.subject(),
				"line %d belongs to %q, %q, %q", l.LineNo, l.CreatorID, l.Entity, l.Currency)
		}
		switch l.Section {
		case sectionOpening, sectionEarned, sectionAdjusted, sectionRedeemed, sectionReturned,
			sectionRevaluation, sectionRounding, sectionClosing:
		default:
			return pipeline.Errorf(pipeline.KindInternal, "render statement of", s.subject(),
				"line %d has the unknown section %q", l.LineNo, l.Section)
		}
	}
	return nil
}

func (s *Statement) subject() string {
	return fmt.Sprintf("%q, %q, %q", s.Summary.CreatorID, s.Summary.Entity, s.Summary.Currency)
}

func (s *Statement) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}
