package books

import (
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
