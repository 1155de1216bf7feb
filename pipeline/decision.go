package pipeline

import "time"

// What can be decided about an exception.
const (
	DecisionOpen      = "open"      // undecided, or taken back
	DecisionExplained = "explained" // understood; clears an exception that needs a review
	DecisionWaived    = "waived"    // accepted until a date; clears a blocking one too
)

// DecisionStatuses are what a decision can be.
var DecisionStatuses = []string{DecisionExplained, DecisionWaived, DecisionOpen}

// Decision is what a person decided about an exception. The latest one of an
// exception is in force.
type Decision struct {
	ExceptionID string    `json:"exception_id"`
	Status      string    `json:"status"`
	Until       string    `json:"until,omitempty"` // the last day of a waiver, "2026-12-31"
	Owner       string    `json:"owner,omitempty"`
	Note        string    `json:"note,omitempty"`
	By          string    `json:"decided_by"`
	At          time.Time `json:"decided_at"`
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
