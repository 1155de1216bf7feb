package engine

import (
	"context"
	"fmt"
	"strings"

	"carat/pipeline/engine/history"
	"carat/pipeline/engine/sqltext"
)

// Build makes some models and all that they read, over the loaded tables, and
// judges nothing. It is for a look at a few rows by the very rules that made
// them: load the tables with LoadWhere, so that there is little to build.
func (e *Engine) Build(ctx context.Context, dialect string, models []Model, p Parameters, targets ...string) error {
	if err := e.readDialect(ctx, dialect); err != nil {
		return err
	}
	e.run = p
	if err := e.parameterTables(ctx, p); err != nil {
		return err
	}
	if err := history.NoneEarlier(ctx, e.Database); err != nil {
		return err
	}
	if err := e.closingViews(ctx); err != nil {
		return err
	}
	needed, _, err := e.needed(ctx, models, targets)
	if err != nil {
		return err
	}
	ordered, err := e.order(ctx, needed)
	if err != nil {
		return err
	}
	p.KeepModels = true // there may be more to ask of them
	e.byPasses = false  // few rows, by the very text
	return e.buildAll(ctx, ordered, p, nil)
}

// RawTables gives the tables of the lake that the targets are made of, so that
// no other need be loaded for Build.
func (e *Engine) RawTables(ctx context.Context, models []Model, targets ...string) ([]string, error) {
	_, raw, err := e.needed(ctx, models, targets)
	return raw, err
}

func (e *Engine) readDialect(ctx context.Context, dialect string) error {
	if e.dialect == dialect {
		return nil
	}
	if err := e.Exec(ctx, dialect); err != nil {
		return fmt.Errorf("read dialect macros: %w", err)
	}
	e.dialect = dialect
	return nil
}

// needed gives the models that the targets are and read, and the tables of the
// lake that these read.
func (e *Engine) needed(ctx context.Context, models []Model, targets []string) (needed []Model, raw []string, err error) {
	byName := map[string]Model{}
	for _, m := range models {
		byName[m.Name] = m
	}
	seen := map[string]bool{}
	for len(targets) > 0 {
		name := targets[0]
		targets = targets[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		m, ok := byName[name]
		if table, isRaw := strings.CutPrefix(name, RawPrefix); !ok && isRaw && !history.IsEarlier(table) {
			raw = append(raw, table)
		}
		if !ok {
			continue
		}
		needed = append(needed, m)
		reads, err := e.reads(ctx, m, m.SQL)
		if err != nil {
			return nil, nil, fmt.Errorf("parse model %s: %w", m.Path, err)
		}
		targets = append(targets, reads...)
	}
	return needed, raw, nil
}

// reads gives the tables that a query of a model names, sorted.
func (e *Engine) reads(ctx context.Context, m Model, query string) ([]string, error) {
	if m.UserMade {
		return e.Reads(ctx, query)
	}
	return sqltext.Tables(query), nil
}
