package exceptions

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"carat/pipeline"
)

// chosenMost is how many exceptions are chosen one by one at a time.
const chosenMost = FindMost

// FilterOf reads a filter from the values of an address; what an address can't mean is
// left out.
func FilterOf(q url.Values) FindOptions {
	text := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	o := FindOptions{Tab: cmp.Or(text("tab"), TabUndecided), Period: pipeline.Period(text("period")), Control: text("control"), Severity: text("severity"), Reason: text("reason"), Unit: text("unit"), Text: text("text")}
	for _, id := range q["id"] {
		if id = strings.TrimSpace(id); id != "" && len(o.IDs) < chosenMost && !slices.Contains(o.IDs, id) {
			o.IDs = append(o.IDs, id)
		}
	}
	if len(o.IDs) == 0 && text("chosen") != "" {
		o.IDs = []string{""} // none was chosen, which is not all
	}
	return o
}

// Address gives a path with the filter, and more names and values: it can be saved and
// sent, and FilterOf reads the filter again.
func (o FindOptions) Address(path string, more ...string) string {
	q := url.Values{}
	for _, one := range [][2]string{{"tab", o.Tab}, {"period", string(o.Period)}, {"control", o.Control}, {"severity", o.Severity}, {"reason", o.Reason}, {"unit", o.Unit}, {"text", o.Text}} {
		if one[1] != "" && (one[0] != "tab" || one[1] != TabUndecided) {
			q.Set(one[0], one[1])
		}
	}
	if len(o.IDs) > 0 {
		q["id"] = o.IDs
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
