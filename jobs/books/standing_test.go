package books

import (
	"slices"
	"testing"

	"carat/pipeline/state"
)

// One status has one word, with its waivers.
func TestStandingInWords(t *testing.T) {
	lock := state.Lock{Version: 2, PreparedBy: "ann", ApprovedBy: "bob"}
	for _, c := range []struct {
		standing     Standing
		words, state string
		open         int64
	}{
		{Standing{Verdict: Verdict{Status: StatusBalanced}}, "balanced", "balanced", 0},
		{Standing{Verdict: Verdict{Status: StatusBalanced, Block: 1, BlockWaived: 1}}, "balanced with 1 waiver", "balanced", 0},
		{Standing{Verdict: Verdict{Status: StatusBalanced, Block: 3, BlockWaived: 3, Review: 2, ReviewDecided: 2}}, "balanced with 3 waivers", "balanced", 0},
		{Standing{Verdict: Verdict{Status: StatusBalanced, Block: 1, BlockWaived: 1, Review: 3, ReviewWaived: 1, ReviewDecided: 2}}, "balanced with 2 waivers", "balanced", 0},
		{Standing{Verdict: Verdict{Status: StatusExceptions, Block: 1, BlockWaived: 1, Review: 3, ReviewDecided: 1}}, "exceptions", "exceptions", 2},
		{Standing{Verdict: Verdict{Status: StatusBlocked, Block: 3, BlockWaived: 1}}, "blocked", "blocked", 2},
		{Standing{Verdict: Verdict{Status: StatusBalanced}, Lock: lock}, "closed (version 2) by ann and bob", "closed", 0},
		{Standing{Verdict: Verdict{Status: StatusBalanced, Block: 3, BlockWaived: 3}, Lock: lock}, "closed (version 2) by ann and bob, 3 waived", "closed", 0},
	} {
		if got := c.standing.Words(); got != c.words {
			t.Errorf("%+v is %q, want %q", c.standing, got, c.words)
		}
		if got := c.standing.Status(); got != c.state || c.standing.Open() != c.open {
			t.Errorf("%+v is %q with %d open, want %q with %d", c.standing, got, c.standing.Open(), c.state, c.open)
		}
	}
}

// A small month leaves most controls with nothing to judge: that is one line.
func TestNotComparedIsGrouped(t *testing.T) {
	got := GroupNotCompared([]string{"coin_rollforward: 12, no balance of the ledger was fed for these viewers", "contract_liability: no balance of the ledger was fed for these accounts", "cutoff: no row lies in the month",
		"payout_rules: no payout was requested in the month", "prior_period: no month is closed yet", "withholding: there was nothing to check"})
	want := []string{"coin_rollforward (12), contract_liability: no balance of the ledger was fed", "prior_period: no month is closed yet",
		"cutoff, payout_rules, withholding: nothing of their kind happened in the month"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
