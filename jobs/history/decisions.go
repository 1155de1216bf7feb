package history

import (
	"context"
	"errors"
	"slices"
	"time"

	"carat/jobs/books"
	"carat/reports/table"
)

// Decisions gives every decision that was ever made, newest first. The right to it is that
// to the evidence.
func Decisions(ctx context.Context, s books.Setting) (t *table.Table, err error) {
	p, err := books.OpenExisting(ctx, s, books.RightEvidence)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	list, err := p.State.DecisionHistory(ctx)
	if err != nil {
		return nil, err
	}
	t = &table.Table{Columns: []table.Column{{Name: "exception_id"}, {Name: "status"}, {Name: "until", Kind: table.Date}, {Name: "owner"}, {Name: "note"}, {Name: "value", Kind: table.Decimal}, {Name: "source"}, {Name: "rate"}, {Name: "period"},
		{Name: "matched"}, {Name: "match"}, {Name: "expected"}, {Name: "actual"}, {Name: "difference"}, {Name: "unit"}, {Name: "record", Kind: table.Number}, {Name: "decided_by"}, {Name: "decided_at", Kind: table.Time}}}
	none := books.TextOrNil
	for _, d := range slices.Backward(list) {
		var record, until any
		if day, err := time.Parse(time.DateOnly, d.Until); err == nil {
			until = day
		}
		if d.Record > 0 {
			record = d.Record
		}
		t.Rows = append(t.Rows, []any{none(d.ExceptionID), d.Status, until, none(d.Owner), none(d.Note), none(d.Value), none(d.Source), none(d.Rate), none(string(d.Period)),
			none(d.Matched), none(d.Match), none(d.Expected), none(d.Actual), none(d.Difference), none(d.Unit), record, d.By, d.At})
	}
	return t, nil
}
