package schedule

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/pipeline/state"
)

// refusedFor is how long what was refused is shown, and refusedShown how many persons
// and verbs at most: the newest.
const (
	refusedFor   = 7 * 24 * time.Hour
	refusedShown = 10
)

// refused says who asked lately for what they may not have: a sentence of each person
// and verb, the newest first. What is recorded of a day is bounded, and so is this.
func refused(ctx context.Context, p *books.Books, s books.Setting) (lines []string, err error) {
	list, err := p.State.RefusedBetween(ctx, s.Now.Add(-refusedFor), s.Now)
	if err != nil {
		return nil, err
	}
	slices.Reverse(list)
	count, last := map[[2]string]int{}, []state.Access{}
	for _, a := range list {
		one := [2]string{a.Who, a.Verb}
		if count[one]++; count[one] == 1 {
			last = append(last, a)
		}
	}
	for i, a := range last {
		if i == refusedShown {
			return append(lines, fmt.Sprintf("… and %d more: `carat query \"select * from access where outcome like '%s%%'\"`", len(last)-i, state.AccessRefused)), nil
		}
		times := ""
		if n := count[[2]string{a.Who, a.Verb}]; n > 1 {
			times = fmt.Sprintf(" %d times, last", n)
		}
		who := a.Who
		if who == "" {
			who = "somebody without a name"
		}
		lines = append(lines, fmt.Sprintf("%s, %s%s at %s: %s", who, a.Verb, times, a.At.UTC().Format(time.RFC3339), strings.TrimPrefix(a.Outcome, state.AccessRefused)))
	}
	return lines, nil
}
