package month

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/decision"
)

// materiality is from how much on a difference matters, in reporting currency.
type materiality struct {
	currency string
	amount   *big.Rat // nil: carat.yaml has none in that currency
}

// decidedTogether are exceptions of one control that are cleared with the same words
// as another one: nobody said of each why it is as it is.
type decidedTogether struct {
	lines      []int // of the file
	exceptions int   // these, and those that were so decided before
	sum        *big.Rat
	unmeasured int
}

// wantTogether wants exceptions that need a review to be decided together only while
// they are small: each below the materiality, and so their sum for each control.
// What can't be measured is decided by itself, since nobody knows that it is small.
// What was not compared has no amount, and is one platform's lack of files: it is accepted together.
// Materiality releases no block: those are waived one by one, as far as a role may.
func (f *decisionFile) wantTogether(fresh []decision.Decision, lines map[string]int, known map[string]knownException, current map[string]decision.Decision) {
	words := func(d decision.Decision, about knownException) string {
		if about.severity != "review" || about.control == decision.ControlNotCompared || d.Status != decision.Explained && d.Status != decision.Waived {
			return ""
		}
		return about.control + "\x1f" + strings.ToLower(strings.Join(strings.Fields(d.Note), " "))
	}
	byWords, again := map[string][]string{}, map[string]bool{}
	for _, d := range fresh {
		again[d.ExceptionID] = true
		if w := words(d, known[d.ExceptionID]); w != "" && w != words(current[d.ExceptionID], known[d.ExceptionID]) {
			byWords[w] = append(byWords[w], d.ExceptionID)
		}
	}
	for id, d := range current {
		w := words(d, known[id])
		if !again[id] && byWords[w] != nil && known[id].period != "" {
			byWords[w] = append(byWords[w], id)
		}
	}
	byControl := map[string]*decidedTogether{}
	for w, ids := range byWords {
		if len(ids) < 2 {
			continue
		}
		control, _, _ := strings.Cut(w, "\x1f")
		t := byControl[control]
		if t == nil {
			t = &decidedTogether{sum: new(big.Rat)}
			byControl[control] = t
		}
		for _, id := range ids {
			t.add(known[id], lines[id])
		}
	}
	for _, control := range slices.Sorted(maps.Keys(byControl)) {
		t := byControl[control]
		if reason := t.tooMuch(f.material); reason != "" {
			slices.Sort(t.lines)
			f.problem(t.lines[0], "%d exceptions of %s are decided with the same words, and %s; write a note for each (lines %s)", t.exceptions, control, reason, listed(t.lines))
		}
	}
}

func (t *decidedTogether) add(about knownException, line int) {
	t.exceptions++
	if line > 0 {
		t.lines = append(t.lines, line)
	}
	exposure := (*big.Rat)(nil)
	if n := len(about.seen); n > 0 {
		exposure, _ = new(big.Rat).SetString(about.seen[n-1].exposure)
	}
	if exposure == nil {
		t.unmeasured++
		return
	}
	t.sum.Add(t.sum, exposure)
}

// tooMuch says why they may not be decided together; "" if they may.
func (t *decidedTogether) tooMuch(m materiality) string {
	switch {
	case m.amount == nil:
		return "carat.yaml says of no amount in " + m.currency + " that it matters (materiality)"
	case t.unmeasured == 1:
		return "what one of them comes to is not known"
	case t.unmeasured > 1:
		return fmt.Sprintf("what %d of them come to is not known", t.unmeasured)
	case t.sum.Cmp(m.amount) >= 0:
		return fmt.Sprintf("come to %s %s: together only what stays below the materiality of %s %s is decided", shortDecimal(t.sum), m.currency, shortDecimal(m.amount), m.currency)
	}
	return ""
}

// shortDecimal writes a decimal without zeros at its end.
func shortDecimal(v *big.Rat) string {
	digits := v.FloatString(pipeline.RateDigits)
	return strings.TrimSuffix(strings.TrimRight(digits, "0"), ".")
}

// linesListed is how many lines a problem names.
const linesListed = 10

// listed names the first lines of a file.
func listed(lines []int) string {
	var names []string
	for i, line := range lines {
		if i == linesListed {
			names = append(names, "…")
			break
		}
		names = append(names, fmt.Sprint(line))
	}
	return strings.Join(names, ", ")
}
