package books

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/jobs/sandbox"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// CurrentRun gives the current run of a period; an error of usage when the
// period was never reconciled, which asks for the one that may have been meant.
func (p *Books) CurrentRun(ctx context.Context, period pipeline.Period) (state.Run, error) {
	run, found, err := p.State.CurrentRun(ctx, period)
	if err != nil || found {
		return run, err
	}
	reconciled, err := p.State.Periods(ctx)
	if err != nil {
		return run, err
	}
	var known []string
	for _, one := range reconciled {
		known = append(known, string(one.Period))
	}
	return run, pipeline.Misnamed("find run of", string(period), string(period), known, "that month was not reconciled yet").
		Or("run `carat run --period %s`", period)
}

// Reader is an engine over the lake for a job that only reads, and so holds
// no lock: it spills into a folder of its own, since those of the lake are
// swept by the next writer.
type Reader struct {
	*engine.Engine
	spill string
}

// View says which tables of which state of the lake a reader is opened with.
type View struct {
	At      lake.AsOf
	Folders []string                  // with some, nothing else on the machine can be read or written: for SQL that a person wrote
	names   []string                  // of the tables; none: all
	empty   bool                      // no table at all
	Where   func(table string) string // the condition on a table's rows; nil: all rows
}

// OpenReader opens an engine with some tables of a state of the lake; none
// named: all. With folders given, nothing else on the machine can be read or
// written through it: that is for SQL that a person wrote.
func (p *Books) OpenReader(ctx context.Context, c *config.Config, at lake.AsOf, folders []string, names ...string) (*Reader, error) {
	return p.OpenView(ctx, c, View{At: at, Folders: folders, names: names})
}

// OpenView opens an engine with a view of the lake.
func (p *Books) OpenView(ctx context.Context, c *config.Config, v View) (*Reader, error) {
	spill, err := os.MkdirTemp("", "carat-")
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "make", "a folder for temporary files", "%w", disk.Cause(err))
	}
	r := &Reader{spill: spill}
	r.Engine, err = engine.Open(ctx, engine.Config{MemoryLimit: c.Memory, Threads: c.Workers(), TempDir: spill, Folders: v.Folders})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(spill))
	}
	if v.empty {
		return r, nil
	}
	tables, err := p.ownTables(ctx, v.At, v.names...)
	if err == nil {
		err = r.LoadWhere(ctx, "", tables, v.Where)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// ownTables gives the files of the named tables, all if none is named, unless
// another program wrote to one.
func (p *Books) ownTables(ctx context.Context, at lake.AsOf, names ...string) ([]pipeline.TableFiles, error) {
	if err := p.Lake.CheckOwn(ctx, names...); err != nil {
		return nil, err
	}
	return p.Lake.Tables(ctx, at, names...)
}

// TaskOver gives a task whose query, that a person wrote, finds the tables and
// records of a state of the lake: those that it names somewhere, if it names any,
// which some says; with whole, all of them.
func (p *Books) TaskOver(ctx context.Context, c *config.Config, at lake.AsOf, query string, whole bool, where func(table string) string) (t sandbox.Task, some bool, err error) {
	t = sandbox.Task{Memory: c.Memory, Threads: c.Workers(), Folders: p.TableFolders(), Query: query}
	state, err := p.Lake.State(ctx, at)
	if err != nil {
		return t, false, err
	}
	names, records := tablesNamed(query, state.Names())
	some = !whole && len(names)+len(records) > 0
	if !some {
		names, records = nil, RecordTables
	}
	if !some || len(names) > 0 {
		tables, err := p.ownTables(ctx, at, names...)
		if err != nil {
			return t, some, err
		}
		for _, one := range tables {
			condition := ""
			if where != nil {
				condition = where(one.Name)
			}
			t.Tables = append(t.Tables, sandbox.Table{TableFiles: one, Where: condition})
		}
	}
	t.Records, err = p.Records(ctx, at, records)
	return t, some, err
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
		case slices.Contains(RecordTables, w):
			records = append(records, w)
		}
	}
	return names, records
}

// Close ends the engine and removes what it spilled.
func (r *Reader) Close() error { return errors.Join(r.Engine.Close(), os.RemoveAll(r.spill)) }

// OpenEngine opens the engine with the configured memory and the threads, spilling
// inside the lake's staging folder. SQL in it, a user's controls too, reads and
// writes nothing outside the lake.
func OpenEngine(ctx context.Context, p *Books, c *config.Config, threads int) (*engine.Engine, error) {
	spill, err := p.Lake.StagingDir("spill")
	if err != nil {
		return nil, err
	}
	return engine.Open(ctx, engine.Config{MemoryLimit: c.Memory, Threads: threads, TempDir: spill, Folders: []string{filepath.Join(p.Lake.Root(), "carat.db"), filepath.Join(p.Lake.Root(), "staging")}})
}

// ThreadsFor gives how many engine threads a reconciliation of the lake's tables
// uses: one where nothing is configured and few rows were ingested.
func ThreadsFor(c *config.Config, tables []pipeline.TableFiles) int {
	raw := slices.DeleteFunc(slices.Clone(tables), func(t pipeline.TableFiles) bool { return !IsRaw(t.Name) })
	if c.Threads == 0 && engine.AreFew(raw) {
		return 1
	}
	return c.Workers()
}

// OpenEmpty opens an engine without tables.
func (p *Books) OpenEmpty(ctx context.Context, c *config.Config) (*Reader, error) {
	return p.OpenView(ctx, c, View{empty: true})
}
