package pages

import (
	"net/url"
	"slices"

	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/pipeline"
	"carat/reports/pages/site"
	"carat/reports/table"
)

// traced are the columns whose values can be traced, besides those that have a page of
// their own.
var traced = []string{"agency_id", "payout_id", "event_id", "purchase_id", "adjustment_id", "entry_id", "line_id", "viewer_id"}

// tracedSubjects are the kinds of subjects whose id can be traced.
var tracedSubjects = []string{"adjustment", "agency", "bank", "batch", "creator", "entry", "gift", "payment", "payout", "purchase", "settlement", "viewer"}

// links gives where the cells of rows lead: each id to what it is, each row to the line
// of the file that it was read from, as far as the one who asks may look there.
func (v *visit) links(r site.Rows, period pipeline.Period) func(column string, row []any) string {
	mayTrace, maySee := v.may(books.RightTrace), v.may(books.RightExceptions)
	text := func(column string, row []any) string {
		i := r.At(column)
		if i < 0 {
			return ""
		}
		t, _ := table.CellText(r.Columns[i].Kind, row[i])
		return t
	}
	return func(column string, row []any) string {
		value := text(column, row)
		switch {
		case value == "":
			return ""
		case column == "exception_id" && maySee:
			return "/exceptions/" + url.PathEscape(value)
		case column == "control" && maySee:
			return address("/exceptions", exceptions.FindOptions{Tab: exceptions.TabAll, Period: period, Control: value, Reason: text("reason", row)})
		case column == "creator_id" && v.may(books.RightCreators) && value != "." && value != "..": // which are other pages
			return "/creators/" + url.PathEscape(value)
		case !mayTrace:
			return ""
		case column == "batch_id":
			return "/files/" + url.PathEscape(value)
		case column == "source_line":
			if batch := text("batch_id", row); batch != "" && value != "0" {
				return tracePath(batch + ":" + value)
			}
		case column == "subject_id":
			if slices.Contains(tracedSubjects, text("subject_kind", row)) {
				return tracePath(value)
			}
		case within(traced, column):
			return tracePath(value)
		}
		return ""
	}
}

func within(list []string, name string) bool { return slices.Contains(list, name) }

func tracePath(id string) string { return "/trace?" + url.Values{"id": {id}}.Encode() }
