package chain

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
)

// Kept is a head of the chain of records that is kept elsewhere, and where.
type Kept struct {
	Where string // "batch b000004"
	Head  string // as Head.String gave it; "": an older carat kept none
}

// Records is what verifying the chain of records went through.
type Records struct {
	Head        Head
	Adopted     int64     // rows that were there when the chain began
	AdoptedAt   time.Time // when it did; zero when it began with the lake
	Differences []string
}

// Differ notes that something isn't as it was recorded.
func (v *Records) Differ(format string, args ...any) {
	v.Differences = append(v.Differences, fmt.Sprintf(format, args...))
}

// Wanted sorts the heads that are kept elsewhere by the record that they name.
func (v *Records) Wanted(kept []Kept, file *Kept) map[int64][]Kept {
	if file != nil {
		kept = append(slices.Clip(kept), *file)
	}
	wanted := map[int64][]Kept{}
	for _, k := range kept {
		if k.Head == "" {
			continue
		}
		h, err := ParseHead(k.Head)
		if err != nil {
			v.Differ("%s: %v", k.Where, err)
			continue
		}
		wanted[h.No] = append(wanted[h.No], k)
	}
	return wanted
}

// Link checks that a record follows the one before, and says what it said.
func (v *Records) Link(before, r Record) {
	switch {
	case r.No != before.No+1:
		v.Differ("record %d follows record %d: those between were taken away", r.No, before.No)
	case r.Prev != before.SHA256:
		v.Differ("record %d doesn't follow record %d: one of them was replaced", r.No, before.No)
	}
	if got := r.Sum(); got != r.SHA256 {
		v.Differ("record %d (%s, row %s) was changed: it gives the hash %s, and says %s", r.No, r.Table, ShownKey(r.Key), got, r.SHA256)
	}
}

// Row compares a row with its last record, whose number is 0 when there is none.
func (v *Records) Row(table, key string, now Row, last Record) {
	if last.No == 0 {
		v.Differ("%s: row %s was added: no record tells of it (%s)", table, ShownKey(key), pipeline.CutText(now.Content()))
		return
	}
	if last.Kind == Removed {
		v.Differ("%s: row %s is there again, and record %d says that it was removed (%s)", table, ShownKey(key), last.No, pipeline.CutText(now.Content()))
		return
	}
	var before Row
	if json.Unmarshal([]byte(last.Content), &before) != nil {
		return // the record was changed, which is told
	}
	if what := Differing(before, now); len(what) > 0 {
		v.Differ("%s: row %s was changed: %s (record %d)", table, ShownKey(key), strings.Join(what, ", "), last.No)
	}
	for c := range now {
		if _, told := before[c]; !told {
			v.Differ("%s: row %s was changed: column %s was added", table, ShownKey(key), c)
		}
	}
}
