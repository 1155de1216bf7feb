package closepackage

import (
	"fmt"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/reports/closepackage"
	"carat/reports/table"
)

// tableFlux holds the month beside the month before and a year before.
const tableFlux = "flux"

// flux is the month beside other months, with what was written down of a change:
// the note of the decision about its exception. Totals come first, those that need
// a note before the others, then what explains them. False when the run has none.
func (b *packageBuilder) flux() (s closepackage.Section, ok bool, err error) {
	if t, has := b.tables[tableFlux]; !has || t.Snapshot == 0 {
		return s, false, nil
	}
	signed, err := b.books.State.Decisions(b.ctx)
	if err != nil {
		return s, false, err
	}
	exception := map[string]string{} // entity and subject of an account whose change needs a note -> its exception
	if t, has := b.tables[books.TableExceptions]; has && t.Snapshot != 0 {
		err := b.each("select entity, subject_id, exception_id from exceptions where control = 'flux' and run_id = "+pipeline.SQLText(b.run.ID)+" order by exception_id", 3,
			func(row []any) error {
				exception[text(row[0])+"\x1f"+text(row[1])] = text(row[2])
				return nil
			})
		if err != nil {
			return s, false, err
		}
	}
	c := b.options.Config
	s = closepackage.Section{ID: closepackage.FluxID, Title: "Changes against other months", OnPage: 80,
		Note: fmt.Sprintf("one amount of the month beside that of the month before or a year before, where that month is closed. A total that changes by more than %d %% and more than %s %s "+
			"needs a note before the month is approved; channels, countries and the creators who changed most explain. fx_effect is what exchange rates did",
			c.FluxPercent, c.Materiality[c.ReportingCurrency], c.ReportingCurrency),
		PageColumns: []string{"with", "entity", "line", "part", "currency", "amount", "comparative_amount", "change", "fx_effect", "note"},
		Columns: []table.Column{{Name: "comparison"}, {Name: "with"}, {Name: "entity"}, {Name: "dimension"}, {Name: "line"}, {Name: "part"}, {Name: "currency"},
			{Name: "amount", Kind: table.Decimal}, {Name: "comparative_amount", Kind: table.Decimal}, {Name: "change", Kind: table.Decimal},
			{Name: "fx_effect", Kind: table.Decimal}, {Name: "needs_note"}, {Name: "note"}, {Name: "decided_by"}}}
	query := "select comparison, comparative_period, entity, dimension, line, part, currency, amount, comparative_amount, change, fx_effect, needs_note from " + tableFlux +
		" where comparative_period is not null and run_id = " + pipeline.SQLText(b.run.ID) +
		" order by dimension <> 'total', not needs_note, comparison, entity, dimension, line, abs(change) desc nulls first, part, currency"
	s.Rows = func(add func([]any) error) error {
		return b.each(query, 12, func(row []any) error {
			var note, by any
			needs := "no"
			if fmt.Sprint(row[11]) == "true" {
				needs = "yes"
				if d := signed[exception[text(row[2])+"\x1f"+text(row[4])+"/"+text(row[0])]]; d.Status != "" && d.Status != decision.Open {
					note, by = d.Note, d.By
				}
			}
			return add(append(append([]any(nil), row[:11]...), needs, note, by))
		})
	}
	return s, true, nil
}
