package month

import (
	"context"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/reports/table"
)

// unmoving are the columns that differ between two versions though nothing
// has moved.
var unmoving = []string{columnRunID, "version"}

const columnRunID = "run_id"

// movedTables counts, table by table, what differs between a reopened period's
// version before and the run; none when there was none.
func movedTables(ctx context.Context, p *books.Books, s books.Setting, closed books.Closures, period pipeline.Period, run string) ([]certificate.MovedTable, error) {
	before, ok := closed.Replaced(period)
	if !ok {
		return nil, nil
	}
	old, err := p.Covered(ctx, before.RunID)
	if err != nil {
		return nil, err
	}
	now, err := p.Covered(ctx, run)
	if err != nil {
		return nil, err
	}
	tables, err := p.Lake.Tables(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	list := []certificate.MovedTable{}
	for _, name := range books.Moved(old, now) {
		at := slices.IndexFunc(tables, func(t pipeline.TableFiles) bool { return t.Name == name })
		if at < 0 {
			continue
		}
		var columns []string
		for _, c := range tables[at].Columns {
			if !slices.Contains(unmoving, c.Name) {
				columns = append(columns, `"`+c.Name+`"`)
			}
		}
		rows := func(of string) string {
			return "select " + strings.Join(columns, ", ") + ` from "` + name + `" where run_id = ` + pipeline.SQLText(of)
		}
		t, err := p.Query(ctx, s.Config, books.Latest, "select (select count(*) from ("+rows(before.RunID)+" except all "+rows(run)+")) as removed, "+
			"(select count(*) from ("+rows(run)+" except all "+rows(before.RunID)+")) as added", name)
		if err != nil {
			return nil, err
		}
		m := certificate.MovedTable{Table: name, Removed: t.Rows[0][0].(int64), Added: t.Rows[0][1].(int64)}
		if m.Removed+m.Added > 0 {
			list = append(list, m)
		}
	}
	return list, nil
}

// MovedTable is what differs between two versions, as a table to print.
func MovedTable(moved []certificate.MovedTable) *table.Table {
	t := &table.Table{Columns: []table.Column{{Name: "table"}, {Name: "rows_removed", Kind: table.Number}, {Name: "rows_added", Kind: table.Number}}}
	for _, m := range moved {
		t.Rows = append(t.Rows, []any{m.Table, m.Removed, m.Added})
	}
	return t
}
