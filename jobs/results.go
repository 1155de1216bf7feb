package jobs

import (
	"context"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// currentRun gives the current run of a period; a not-found error when the
// period was never reconciled.
func (p *place) currentRun(ctx context.Context, period pipeline.Period) (state.Run, error) {
	run, found, err := p.state.CurrentRun(ctx, period)
	if err != nil || found {
		return run, err
	}
	return run, pipeline.Errorf(pipeline.KindNotFound, "find run of", string(period), "that month was not reconciled yet").
		WithHint("run `carat run --period %s`", period)
}

// reader is an engine over the lake for a job that only reads, and so holds
// no lock: it spills into a folder of its own, since those of the lake are
// swept by the next writer.
type reader struct {
	*engine.Engine
	spill   string
	narrow  bool     // not all tables of the view are loaded, nor all records wanted
	records []string // those that are wanted then
}

// view says which tables of which state of the lake a reader is opened with.
type view struct {
	at      lake.AsOf
	folders []string                  // with some, nothing else on the machine can be read or written: for SQL that a person wrote
	names   []string                  // of the tables; none: all
	query   string                    // with one, only the tables that it names, if it names any
	empty   bool                      // no table at all
	where   func(table string) string // the condition on a table's rows; nil: all rows
	spill   string                    // how much may be spilled to the disk; "": what is free
}

// openReader opens an engine with some tables of a state of the lake; none
// named: all. With folders given, nothing else on the machine can be read or
// written through it: that is for SQL that a person wrote.
func (p *place) openReader(ctx context.Context, c *Config, at lake.AsOf, folders []string, names ...string) (*reader, error) {
	return p.openView(ctx, c, view{at: at, folders: folders, names: names})
}

// openView opens an engine with a view of the lake.
func (p *place) openView(ctx context.Context, c *Config, v view) (*reader, error) {
	spill, err := os.MkdirTemp("", "carat-")
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "make", "a folder for temporary files", "%w", cause(err))
	}
	r := &reader{spill: spill}
	r.Engine, err = engine.Open(ctx, engine.Config{MemoryLimit: c.Memory, Threads: c.threads(), TempDir: spill, Folders: v.folders, SpillLimit: v.spill})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(spill))
	}
	if err := p.loadView(ctx, r, v); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (p *place) loadView(ctx context.Context, r *reader, v view) error {
	if v.query != "" && len(v.names) == 0 {
		state, err := p.lake.State(ctx, v.at)
		if err != nil {
			return err
		}
		v.names, r.records = tablesNamed(v.query, state.Names())
		r.narrow = len(v.names)+len(r.records) > 0
		v.empty = r.narrow && len(v.names) == 0
	}
	if v.empty {
		return nil
	}
	tables, err := p.lake.Tables(ctx, v.at, v.names...)
	if err != nil {
		return err
	}
	return r.LoadWhere(ctx, "", tables, v.where)
}

var (
	word     = regexp.MustCompile(`[A-Za-z0-9_]+`)
	catalogs = regexp.MustCompile(`(?i)\b(duckdb_|information_schema|pg_|sqlite_|show\b|describe\b|summarize\b|pragma)`)
)

// tablesNamed gives those of the lake's tables and of the records that a query
// names somewhere. None at all means all of them: the query names no table, or
// asks what tables there are.
func tablesNamed(query string, known []string) (names, records []string) {
	if catalogs.MatchString(query) {
		return nil, nil
	}
	for _, w := range word.FindAllString(query, -1) {
		switch w = strings.ToLower(w); {
		case slices.Contains(names, w) || slices.Contains(records, w):
		case slices.Contains(known, w):
			names = append(names, w)
		case slices.Contains(recordTables, w):
			records = append(records, w)
		}
	}
	return names, records
}

// Close ends the engine and removes what it spilled.
func (r *reader) Close() error { return errors.Join(r.Engine.Close(), os.RemoveAll(r.spill)) }
