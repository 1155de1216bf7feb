package engine

import (
	"context"
	"database/sql"
	"fmt"
)

// Build makes some models and all that they read, over the loaded tables, and
// judges nothing. It is for a look at a few rows by the very rules that made
// them: load the tables with LoadWhere, so that there is little to build.
func (e *Engine) Build(ctx context.Context, dialect string, models []Model, p Parameters, targets ...string) error {
	if err := e.exec(ctx, dialect); err != nil {
		return fmt.Errorf("read dialect macros: %w", err)
	}
	e.run = p
	if err := e.parameterTables(ctx, p); err != nil {
		return err
	}
	byName := map[string]Model{}
	for _, m := range models {
		byName[m.Name] = m
	}
	var needed []Model
	seen := map[string]bool{}
	for len(targets) > 0 {
		name := targets[0]
		targets = targets[1:]
		m, ok := byName[name]
		if seen[name] || !ok {
			continue
		}
		seen[name] = true
		needed = append(needed, m)
		reads, err := e.reads(m.SQL)
		if err != nil {
			return fmt.Errorf("parse model %s: %w", m.Path, err)
		}
		targets = append(targets, reads...)
	}
	ordered, err := e.order(ctx, needed)
	if err != nil {
		return err
	}
	for _, m := range ordered {
		if err := e.build(ctx, e.conn, m, p.MaterializeStaging); err != nil {
			return err
		}
	}
	return nil
}

// Select runs a query of carat's own; values go into its placeholders (?).
func (e *Engine) Select(ctx context.Context, query string, values ...any) (*sql.Rows, error) {
	return e.conn.QueryContext(ctx, query, values...)
}
