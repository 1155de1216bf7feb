package published

import (
	"fmt"
	"slices"
)

// maxNotes bounds what is told of one file.
const maxNotes = 20

// Notes are what a person should know of a file that is not wrong: what was
// left out of it and why, and what it can't prove.
type Notes struct {
	left map[string]int64 // records that are no row of the feed, by reason
	said []string

	clocks localClocks
}

// Leave counts a record that is no row of the feed.
func (n *Notes) Leave(reason string) {
	if n.left == nil {
		n.left = map[string]int64{}
	}
	if _, known := n.left[reason]; known || len(n.left) < maxNotes {
		n.left[reason]++
	}
}

// Note keeps a sentence, once.
func (n *Notes) Note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); len(n.said) < maxNotes && !slices.Contains(n.said, text) {
		n.said = append(n.said, text)
	}
}

// All gives the sentences in a fixed order.
func (n *Notes) All() []string {
	var reasons []string
	for reason := range n.left {
		reasons = append(reasons, reason)
	}
	slices.Sort(reasons)
	lines := append(slices.Clone(n.said), n.clocks.twice()...)
	for _, reason := range reasons {
		lines = append(lines, fmt.Sprintf("left out: %d %s", n.left[reason], reason))
	}
	return lines
}
