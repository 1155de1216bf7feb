package feed

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// The bounds of a file's rejects, past which it is not read on: a file of another
// kind, or one that is broken throughout, would else be kept row by row in the table
// of rejects until the disk is full, only to be refused at its end.
const (
	rejectsMax    = 1_000_000 // of a file
	rejectsAtOnce = 100_000   // with no good row before them
	reasonsTold   = 3
)

// rejectCounter hands rejects on and counts them.
type rejectCounter struct {
	name    string
	next    func([]pipeline.Reject) error // may be nil
	again   bool
	anyGood bool // a file without a good row is taken too
	count   int64
	reasons map[string]int64
	most    int64
	atOnce  int64
	look    bool  // the file is read on, and refused at its end
	refused error // why, once it is
}

func newRejectCounter(name string, opts *Options) *rejectCounter {
	const whole = 1_000_000_000
	return &rejectCounter{name: name, next: opts.OnRejects, again: opts.Again, anyGood: opts.MaxRejectShare >= whole, reasons: map[string]int64{}, most: rejectsMax, atOnce: rejectsAtOnce, look: opts.Look}
}

// take counts rejects, and refuses the file when they are too many.
func (c *rejectCounter) take(rejects []pipeline.Reject) error {
	if c.again {
		return c.handOn(rejects)
	}
	for i := range rejects {
		r := &rejects[i]
		c.count++
		column := cmp.Or(r.Column, "the row")
		if key := column + " is " + r.Code; len(c.reasons) < 1000 || c.reasons[key] > 0 {
			c.reasons[key]++
		}
		// The header stands before the first row; blank lines count as lines only.
		none := !c.anyGood && c.count >= c.atOnce && r.SourceLine <= c.count+1
		if (c.count > c.most || none) && c.refused == nil {
			c.refused = c.tooMany(r.SourceLine)
		}
		if c.refused != nil && !c.look {
			return c.refused
		}
	}
	return c.handOn(rejects)
}

func (c *rejectCounter) handOn(rejects []pipeline.Reject) error {
	if c.next == nil {
		return nil
	}
	return c.next(rejects)
}

func (c *rejectCounter) tooMany(line int64) error {
	names := make([]string, 0, len(c.reasons))
	for name := range c.reasons {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(c.reasons[b], c.reasons[a]), cmp.Compare(a, b)) })
	var told []string
	for _, name := range names[:min(len(names), reasonsTold)] {
		told = append(told, fmt.Sprintf("%s in %d", name, c.reasons[name]))
	}
	return lex.BadFile(c.name, 0, "%d rows are rejected up to line %d, and it was not read on: %s", c.count, line, strings.Join(told, ", ")).
		WithHint("nothing of it was ingested: have it corrected where it is made, or say in carat.yaml how it is to be read (docs/formats.md)")
}
