package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
	"carat/pipeline/engine/history"
)

// ClosingPrefix stands before the name of a result table of the closed month
// before the run's: closed_coin_lots. What that month closed with is what the
// run must open with; control prior_period compares them.
const ClosingPrefix = "closed_"

// YearAgoPrefix stands before the name of a result table of the month a year before
// the run's, if that is closed: year_ago_trial_balances. The month is held against it.
const YearAgoPrefix = "year_ago_"

// ClosingTables are the names of the result tables that LoadClosing wants.
func ClosingTables() []string {
	names := make([]string, len(history.Closings))
	for i, c := range history.Closings {
		names[i] = c.Table
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
	for _, c := range history.Closings {
		if onlyComparable && !c.Comparable {
			continue
		}
		query := duckdb.Scan(c.Columns, nil)
		if t, ok := tables[c.Table]; ok {
			var columns []string
			for _, want := range c.Columns {
				value := "null"
				if slices.ContainsFunc(t.Columns, func(have pipeline.Column) bool { return have.Name == want.Name }) {
					value = duckdb.Identifier(want.Name)
				}
				columns = append(columns, fmt.Sprintf("cast(%s as %s) as %s", value, want.Type, duckdb.Identifier(want.Name)))
			}
			query = "select " + strings.Join(columns, ", ") + " from (" + duckdb.Scan(t.Columns, t.Files) + ") as closed"
		}
		if err := e.Exec(ctx, "create or replace view "+duckdb.Identifier(prefix+c.Table)+" as "+query); err != nil {
			return fmt.Errorf("load closing %s: %w", c.Table, err)
		}
	}
	return nil
}
