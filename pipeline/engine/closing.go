package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// ClosingPrefix stands before the name of a result table of the closed month
// before the run's: closed_coin_lots. What that month closed with is what the
// run must open with; control prior_period compares them.
const ClosingPrefix = "closed_"

// closings are the result tables in which a month's closing stands, with the
// columns that are compared.
var closings = []struct {
	table   string
	columns []pipeline.Column
}{
	{"rollforwards", []pipeline.Column{text("identity"), text("entity"), text("currency"), text("subject_kind"), text("subject_id"),
		text("line"), whole("quantity"), money("amount")}},
	{"viewer_balances", []pipeline.Column{text("viewer_id"), text("entity"), whole("coins"), whole("debt")}},
	{"coin_lots", []pipeline.Column{text("lot_id"), text("viewer_id"), text("entity"), text("channel"), text("currency"),
		whole("coins_left"), money("value_left"), money("fee_left")}},
	{"trial_balances", []pipeline.Column{text("entity"), text("account"), text("currency"), text("functional_currency"),
		money("closing"), money("functional_closing")}},
	{"group_balances", []pipeline.Column{text("level"), text("entity"), text("account"), text("kind"), money("functional_closing"), money("closing")}},
}

func text(name string) pipeline.Column  { return pipeline.Column{Name: name, Type: "VARCHAR"} }
func whole(name string) pipeline.Column { return pipeline.Column{Name: name, Type: "BIGINT"} }
func money(name string) pipeline.Column { return pipeline.Column{Name: name, Type: "DECIMAL(38,6)"} }

// ClosingTables are the names of the result tables that LoadClosing wants.
func ClosingTables() []string {
	names := make([]string, len(closings))
	for i, c := range closings {
		names[i] = c.table
	}
	return names
}

// LoadClosing says what the closed month before the run's closed with: tables
// hold the files of the run that closed it. A column that a table doesn't have
// yet is null there.
func (e *Engine) LoadClosing(tables []pipeline.TableFiles) {
	e.closing = map[string]pipeline.TableFiles{}
	for _, t := range tables {
		e.closing[t.Name] = t
	}
}

// closingViews makes the views of what LoadClosing told; the others are empty:
// then no month before is closed, and nothing is compared.
func (e *Engine) closingViews(ctx context.Context) error {
	for _, c := range closings {
		query := duckdb.Scan(c.columns, nil)
		if t, ok := e.closing[c.table]; ok {
			var columns []string
			for _, want := range c.columns {
				value := "null"
				if slices.ContainsFunc(t.Columns, func(have pipeline.Column) bool { return have.Name == want.Name }) {
					value = duckdb.Identifier(want.Name)
				}
				columns = append(columns, fmt.Sprintf("cast(%s as %s) as %s", value, want.Type, duckdb.Identifier(want.Name)))
			}
			query = "select " + strings.Join(columns, ", ") + " from (" + duckdb.Scan(t.Columns, t.Files) + ") as closed"
		}
		if err := e.Exec(ctx, "create or replace view "+duckdb.Identifier(ClosingPrefix+c.table)+" as "+query); err != nil {
			return fmt.Errorf("load closing %s: %w", c.table, err)
		}
	}
	return nil
}
