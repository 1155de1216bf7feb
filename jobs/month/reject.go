package month

import (
	"context"
	"regexp"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/decision"
)

// controlRejects is the control that names rows of files that were not taken.
const controlRejects = "rejected_row"

// rejectAmount is how the amount of a row that was left out is told: "12.50 USD".
var rejectAmount = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,6})?( [A-Z]{3})?$`)

// rebooked are the ids that stand in the history, of those that decisions about
// rejected rows name as the rows that came in their place.
type rebooked map[string]bool

// readRebooked looks for the rows that decisions about rejected rows name, in
// every feed: a purchase may have come as an adjustment.
func readRebooked(ctx context.Context, p *books.Books, s books.Setting, rows []decisionRow, known map[string]knownException) (rebooked, error) {
	found := rebooked{}
	var list []string
	for _, row := range rows {
		if row.Matched != "" && known[row.ExceptionID].control == controlRejects {
			list = append(list, pipeline.SQLText(row.Matched))
		}
	}
	if len(list) == 0 {
		return found, nil
	}
	for _, feed := range pipeline.Feeds() {
		key := feed.Key[0]
		t, err := p.Query(ctx, s.Config, books.Latest, "select distinct cast("+key+" as varchar) from "+feed.Name+" where cast("+key+" as varchar) in ("+
			strings.Join(list, ", ")+") order by 1", feed.Name)
		if pipeline.KindOf(err) == pipeline.KindNotFound && err != nil {
			continue // no file of it was ever ingested
		}
		if err != nil {
			return nil, err
		}
		for _, r := range t.Rows {
			if id, ok := r[0].(string); ok {
				found[id] = true
			}
		}
	}
	return found, nil
}

// rejectIsGood checks a decision about a row that was not taken: whoever explains
// or waives it names the row that came in its place, in matched, or what it would
// have counted, in value.
func (f *decisionFile) rejectIsGood(line int, d *decision.Decision) bool {
	before := len(f.problems)
	if d.Status == decision.Open {
		d.Value, d.Source, d.Matched = "", "", ""
		return true
	}
	switch {
	case d.Status != decision.Explained && d.Status != decision.Waived:
		f.problem(line, "a row that was not taken is explained or waived, and the status is %s", d.Status)
	case d.Matched == "" && d.Value == "":
		f.problem(line, "a row that was not taken needs the id of the row that came in its place, in matched, or the amount that it says, in value, such as 12.50 USD")
	case d.Matched != "" && d.Value != "":
		f.problem(line, "either matched or value: the row that came in its place, or the amount that is left out")
	case d.Matched != "" && !f.rebooked[d.Matched]:
		f.problem(line, "no row has the id %q", pipeline.CutText(d.Matched))
	case d.Value != "" && !rejectAmount.MatchString(d.Value):
		f.problem(line, "value %q is no amount such as 12.50 USD", pipeline.CutText(d.Value))
	case d.Source != "":
		f.problem(line, "source belongs to a rate")
	}
	return len(f.problems) == before
}
