package decision

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
)

// What can be decided about an exception.
const (
	Open      = "open"      // undecided, or taken back
	Explained = "explained" // understood; clears an exception that needs a review
	Waived    = "waived"    // accepted until a date; clears a blocking one too
	Rate      = "rate"      // the exchange rate that nobody published
	Match     = "match"     // rows of two sides that belong together and that nothing of theirs says
)

// Moved is how a decision is listed whose exception says another amount by now. It is
// none that anybody makes.
const Moved = "moved"

// Statuses are what a decision can be.
var Statuses = []string{Explained, Waived, Rate, Match, Open}

// Decision is what a person decided about an exception. The latest one of an
// exception is in force.
type Decision struct {
	ExceptionID string `json:"exception_id"`
	Status      string `json:"status"`
	Until       string `json:"until,omitempty"` // the last day of a waiver, "2026-12-31"
	Owner       string `json:"owner,omitempty"`
	Note        string `json:"note,omitempty"`

	// Value and Source are the rate of a decision `rate`, "1.0842", and whose it
	// is; Note is why it was taken. Rate is the pair and the day that it tells,
	// "EUR/USD/2026-10-31", and Period the month in which it was needed; of an explanation
	// of what was not compared, the month that it is about.
	Value  string          `json:"value,omitempty"`
	Source string          `json:"source,omitempty"`
	Rate   string          `json:"rate,omitempty"`
	Period pipeline.Period `json:"period,omitempty"`

	// Matched are the rows that a decision `match` puts beside each other, ours
	// first, "txn_A + txn_B = b1", and Match which rows they are ("settlement_bank").
	// Note is why, and Period the month from which on they are one.
	Matched string `json:"matched,omitempty"`
	Match   string `json:"match,omitempty"`

	// Expected, Actual, Difference and Unit are what the exception said when it was
	// decided, as the list writes them; all "" where an older carat kept none of it.
	Expected   string `json:"expected,omitempty"`
	Actual     string `json:"actual,omitempty"`
	Difference string `json:"difference,omitempty"`
	Unit       string `json:"unit,omitempty"`
	// Record is the number of the record by which it was made; 0: an older carat's.
	Record int64 `json:"record,omitempty"`

	By     string    `json:"decided_by"`
	OSUser string    `json:"os_user,omitempty"` // whom the operating system says By was
	At     time.Time `json:"decided_at"`
}

// StatusOn gives the decision's status on a day ("2026-11-02"): a waiver
// holds through its last day, after which the exception is open again.
func (d Decision) StatusOn(day string) string {
	if d.Status == Waived && d.Until < day {
		return Open
	}
	return d.Status
}

// Clears says whether the decision, on that day, lets a period with such an
// exception be approved. A blocking exception needs a waiver; one that needs a
// review needs any decision; others need none.
func (d Decision) Clears(severity, day string) bool {
	status := d.StatusOn(day)
	switch severity {
	case "block":
		return status == Waived
	case "review":
		return status != Open && status != ""
	}
	return true
}

// Lines gives what a record of the decision says of it, name and value, in the
// record's order; what is empty is left out there.
func (d Decision) Lines() [][2]string {
	return [][2]string{{"expected", d.Expected}, {"actual", d.Actual}, {"difference", d.Difference}, {"unit", d.Unit}, {"status", d.Status}, {"reason", d.Note},
		{"until", d.Until}, {"owner", d.Owner}, {"value", d.Value}, {"source", d.Source}, {"rate", d.Rate}, {"from", string(d.Period)}, {"matched", d.Matched}, {"match", d.Match}}
}

// HasMoved says whether the exception says another amount than when it was decided,
// by more than a tolerance: what was decided was about that one, and lapses. A
// decision of which no amount is known stands.
func (d Decision) HasMoved(difference, unit, tolerance string) bool {
	if d.Difference == "" || d.Status == Open || d.Status == Rate || d.Status == Match {
		return false
	}
	then, known := new(big.Rat).SetString(d.Difference)
	now, measured := new(big.Rat).SetString(difference)
	most, limited := new(big.Rat).SetString(tolerance)
	switch {
	case !known:
		return false
	case !measured || unit != d.Unit:
		return true
	case !limited:
		most = new(big.Rat)
	}
	by := new(big.Rat).Sub(now, then)
	return by.Abs(by).Cmp(most) > 0
}

// ControlNotCompared is the control of what other controls had nothing to compare with.
const ControlNotCompared = "not_compared"

// HoldsIn says whether a decision about an exception of a control still speaks in a month.
// That something had nothing beside it is explained for one month: in the next the
// evidence may be there, and is asked for again. Who waives it says until when.
func (d Decision) HoldsIn(control string, period pipeline.Period) bool {
	return control != ControlNotCompared || d.Status != Explained || d.Period == period
}

// For gives the decision with the month that it is about, if it is about one alone.
func (d Decision) For(control string, period pipeline.Period) Decision {
	if control == ControlNotCompared && d.Status == Explained {
		d.Period = period
	}
	return d
}

// SameNumber compares two decimals as spreadsheets write them, also with a comma.
func SameNumber(a, b string) bool {
	if a == b {
		return true
	}
	number := func(text string) (*big.Rat, bool) {
		text = strings.TrimSpace(text)
		if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
			text = strings.Replace(text, ",", ".", 1)
		}
		if len(text) > 60 || strings.ContainsAny(text, "/_xXpP") {
			return nil, false
		}
		return new(big.Rat).SetString(text)
	}
	x, okX := number(a)
	y, okY := number(b)
	return okX && okY && x.Cmp(y) == 0
}

// DecidedRate is an exchange rate that a person decided because none was
// published: units of Quote per unit of Base. It serves its pair on its day, in
// both directions, and nothing else; a published rate that is fresh goes before it.
type DecidedRate struct {
	Base, Quote string
	Day         string // "2026-10-31"
	Value       string // a decimal of at most nine places
	Source      string
	Reason      string
	By          string
	ExceptionID string
	Period      pipeline.Period // the month in which it was needed
}

// DecidedRateOf gives the rate of a decision `rate`; false of another decision.
func DecidedRateOf(d Decision) (DecidedRate, bool) {
	parts := strings.Split(d.Rate, "/")
	if d.Status != Rate || len(parts) != 3 {
		return DecidedRate{}, false
	}
	return DecidedRate{Base: parts[0], Quote: parts[1], Day: parts[2], Value: d.Value, Source: d.Source, Reason: d.Note, By: d.By,
		ExceptionID: d.ExceptionID, Period: d.Period}, true
}

// Pair is how a rate's exception names it: "EUR/USD/2026-10-31".
func (r DecidedRate) Pair() string { return r.Base + "/" + r.Quote + "/" + r.Day }

// SortRates puts rates into the order of their pairs and days.
func SortRates(rates []DecidedRate) {
	slices.SortFunc(rates, func(a, b DecidedRate) int { return cmp.Compare(a.Pair(), b.Pair()) })
}

// CheckRate says what keeps a decision `rate` from being one; "" when nothing does.
func (d Decision) CheckRate() string {
	value, err := pipeline.ParseRate([]byte(d.Value))
	switch {
	case d.Value == "":
		return "a rate needs its value, such as 1.0842"
	case err != nil:
		return fmt.Sprintf("value %q is %s; a rate is a decimal such as 1.0842, of at most %d places", pipeline.CutText(d.Value), err, pipeline.RateDigits)
	case value <= 0:
		return fmt.Sprintf("value %s is not more than 0", d.Value)
	case d.Source == "":
		return "a rate needs its source: whose rate it is"
	case d.Note == "":
		return "a rate needs a reason: why this one was taken"
	}
	return ""
}

// Decided is what people decided and a run's models are told.
type Decided struct {
	Rates   []DecidedRate
	Matches []DecidedMatch
}

// The matches that can be decided, by what stands on their two sides.
const (
	MatchPurchaseSettlement = "purchase_settlement" // orders beside lines of settlement reports
	MatchSettlementBank     = "settlement_bank"     // payouts of stores and providers beside the bank's lines
	MatchPayoutProvider     = "payout_provider"     // a creator's payout beside the provider's payments
	MatchPayoutBank         = "payout_bank"         // creators' payouts beside the bank's lines
)

// DecidedMatch is rows of two sides of which a person said that they belong
// together: they are compared as the rows of one key are, whatever their
// references say.
type DecidedMatch struct {
	Match        string   // MatchSettlementBank, …
	Ours, Theirs []string // ids of the rows
	Reason       string
	By           string
	ExceptionID  string
	Period       pipeline.Period // the month from which on they are one
}

// Between the ids of one side of a match, and between its sides.
const (
	matchPlus   = " + "
	matchEquals = " = "
)

// MatchText spells the rows of a match: "txn_A + txn_B = b1".
func MatchText(ours, theirs []string) string {
	return strings.Join(ours, matchPlus) + matchEquals + strings.Join(theirs, matchPlus)
}

// MatchIDs gives the ids that a text of a match names, whichever side they are
// of; blanks around them are none of theirs.
func MatchIDs(text string) (ids []string) {
	for _, side := range strings.Split(text, matchEquals) {
		for _, id := range strings.Split(side, matchPlus) {
			if id = strings.TrimSpace(id); id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// DecidedMatchOf gives the match of a decision `match`; false of another decision.
func DecidedMatchOf(d Decision) (DecidedMatch, bool) {
	ours, theirs, two := strings.Cut(d.Matched, matchEquals)
	if d.Status != Match || !two {
		return DecidedMatch{}, false
	}
	return DecidedMatch{Match: d.Match, Ours: MatchIDs(ours), Theirs: MatchIDs(theirs), Reason: d.Note, By: d.By, ExceptionID: d.ExceptionID,
		Period: d.Period}, true
}

// SortMatches puts matches into the order of their exceptions.
func SortMatches(matches []DecidedMatch) {
	slices.SortFunc(matches, func(a, b DecidedMatch) int { return cmp.Compare(a.ExceptionID, b.ExceptionID) })
}
