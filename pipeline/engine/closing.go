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

// YearAgoPrefix stands before the name of a result table of the month a year before
// the run's, if that is closed: year_ago_trial_balances. The month is held against it.
const YearAgoPrefix = "year_ago_"

// closings are the result tables in which a month's closing stands, with the
// columns that are compared.
var closings = []struct {
	table      string
	columns    []pipeline.Column
	comparable bool // wanted of the month a year before too
}{
	{"rollforwards", []pipeline.Column{text("identity"), text("entity"), text("currency"), text("subject_kind"), text("subject_id"),
		text("line"), whole("quantity"), money("amount"), money("functional_amount")}, true},
	{"viewer_balances", []pipeline.Column{text("viewer_id"), text("entity"), whole("coins"), whole("debt")}, false},
	{"coin_lots", []pipeline.Column{text("lot_id"), text("viewer_id"), text("entity"), text("channel"), text("currency"),
		whole("coins_left"), money("value_left"), money("fee_left"), text("origin")}, false},
	{"trial_balances", []pipeline.Column{text("entity"), text("account"), text("currency"), text("functional_currency"),
		money("closing"), money("functional_closing"), money("debit"), money("credit"), money("functional_debit"), money("functional_credit")}, true},
	{"creator_debts", []pipeline.Column{text("creator_id"), text("entity"), text("currency"), whole("diamonds"), exact("carrying_amount"),
		exact("deferred_gain"), {Name: "debt_since", Type: "DATE"}, exact("allowance")}, false},
	{"group_balances", []pipeline.Column{text("level"), text("entity"), text("account"), text("kind"), money("functional_closing"), money("closing")}, false},
	{"revenue_bridge", []pipeline.Column{text("entity"), text("functional_currency"), text("channel"), text("currency"), text("line"),
		money("functional_amount")}, true},
}

func text(name string) pipeline.Column  { return pipeline.Column{Name: name, Type: "VARCHAR"} }
func whole(name string) pipeline.Column { return pipeline.Column{Name: name, Type: "BIGINT"} }
func money(name string) pipeline.Column { return pipeline.Column{Name: name, Type: "DECIMAL(38,6)"} }
func exact(name string) pipeline.Column { return pipeline.Column{Name: name, Type: "DECIMAL(38,9)"} }

// ClosingTables are the names of the result tables that LoadClosing wants.
func ClosingTables() []string {
	names := make([]string, len(closings))
	for i, c := range closings {
		names[i] = c.table
	}
	return names
}

// LoadClosing says what the closed month before the run's closed with: tables hold the
// files of the run that closed it. A column that a table doesn't have yet is null there.
func (e *Engine) LoadClosing(tables []pipeline.TableFiles) {
	e.closing = map[string]pipeline.TableFiles{}
	for _, t := range tables {
		e.closing[t.Name] = t
	}
}

// LoadYearAgo says what the month a year before the run's closed with, if it is
// closed: as LoadClosing does of the month before.
func (e *Engine) LoadYearAgo(tables []pipeline.TableFiles) {
	e.yearAgo = map[string]pipeline.TableFiles{}
	for _, t := range tables {
		e.yearAgo[t.Name] = t
	}
}

// closingViews makes the views of what LoadClosing and LoadYearAgo told; the others
// are empty: then that month isn't closed, and nothing is compared.
func (e *Engine) closingViews(ctx context.Context) error {
	if err := e.closedViews(ctx, ClosingPrefix, e.closing, false); err != nil {
		return err
	}
	return e.closedViews(ctx, YearAgoPrefix, e.yearAgo, true)
}

// closedViews makes the views of one month's tables.
func (e *Engine) closedViews(ctx context.Context, prefix string, tables map[string]pipeline.TableFiles, onlyComparable bool) error {
	for _, c := range closings {
		if onlyComparable && !c.comparable {
			continue
		}
		query := duckdb.Scan(c.columns, nil)
		if t, ok := tables[c.table]; ok {
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
		if err := e.Exec(ctx, "create or replace view "+duckdb.Identifier(prefix+c.table)+" as "+query); err != nil {
			return fmt.Errorf("load closing %s: %w", c.table, err)
		}
	}
	return nil
}
