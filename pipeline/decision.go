package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What can be decided about an exception.
const (
	DecisionOpen      = "open"      // undecided, or taken back
	DecisionExplained = "explained" // understood; clears an exception that needs a review
	DecisionWaived    = "waived"    // accepted until a date; clears a blocking one too
	DecisionRate      = "rate"      // the exchange rate that nobody published
)

// DecisionStatuses are what a decision can be.
var DecisionStatuses = []string{DecisionExplained, DecisionWaived, DecisionRate, DecisionOpen}

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
	// "EUR/USD/2026-10-31", and Period the month in which it was needed.
	Value  string `json:"value,omitempty"`
	Source string `json:"source,omitempty"`
	Rate   string `json:"rate,omitempty"`
	Period Period `json:"period,omitempty"`

	By     string    `json:"decided_by"`
	OSUser string    `json:"os_user,omitempty"` // whom the operating system says By was
	At     time.Time `json:"decided_at"`
}

// StatusOn gives the decision's status on a day ("2026-11-02"): a waiver
// holds through its last day, after which the exception is open again.
func (d Decision) StatusOn(day string) string {
	if d.Status == DecisionWaived && d.Until < day {
		return DecisionOpen
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
		return status == DecisionWaived
	case "review":
		return status != DecisionOpen && status != ""
	}
	return true
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
	Period      Period // the month in which it was needed
}

// DecidedRateOf gives the rate of a decision `rate`; false of another decision.
func DecidedRateOf(d Decision) (DecidedRate, bool) {
	parts := strings.Split(d.Rate, "/")
	if d.Status != DecisionRate || len(parts) != 3 {
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
	value, err := ParseRate([]byte(d.Value))
	switch {
	case d.Value == "":
		return "a rate needs its value, such as 1.0842"
	case err != nil:
		return fmt.Sprintf("value %q is %s; a rate is a decimal such as 1.0842, of at most %d places", CutText(d.Value), err, RateDigits)
	case value <= 0:
		return fmt.Sprintf("value %s is not more than 0", d.Value)
	case d.Source == "":
		return "a rate needs its source: whose rate it is"
	case d.Note == "":
		return "a rate needs a reason: why this one was taken"
	}
	return ""
}
