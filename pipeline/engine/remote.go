package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"carat/pipeline/dialect"
	"carat/pipeline/engine/duckdb"
	"carat/pipeline/engine/lotpass"
)

// Remote is a cluster that builds models over the same history. Judging, exporting and
// what a user wrote stay in this database: it is handed the rows of what they read.
type Remote interface {
	// Begin makes a place for a run in which its raw tables can be read. The run's id
	// names it; End of what it gives takes it away.
	Begin(ctx context.Context, run string) (RemoteRun, error)
}

// RemoteRun is a place in which one run's models are built. Its methods are called side by side.
type RemoteRun interface {
	// Create makes the table or view of a model of its SQL; path names it in errors.
	Create(ctx context.Context, name, path, query string, view bool) error
	// Put makes a table of the rows of the table or view of that name in this database.
	Put(ctx context.Context, conn *sql.Conn, table string) error
	// Fetch appends a table's rows to the empty table of that name in this database.
	Fetch(ctx context.Context, conn *sql.Conn, table string) error
	Drop(ctx context.Context, table string) error
	End(ctx context.Context) error
}

// remote is what a builder knows of the place in which models are built; run is nil
// where this database builds them.
type remote struct {
	run RemoteRun

	mu      sync.Mutex
	there   map[string]bool // tables at the other end
	fetched map[string]bool // of these, those whose rows are here too
}

// errBuildHere says that this database builds a model, as it does without a cluster.
var errBuildHere = errors.New("build here")

// beginRemote hands over what models read that is neither model nor raw table: the
// run's parameters and the closed months.
func (b *builder) beginRemote(ctx context.Context) (err error) {
	if b.e.Remote == nil || !b.e.byPasses && !b.p.WithoutPasses {
		return nil
	}
	if b.remote.run, err = b.e.Remote.Begin(ctx, b.p.RunID); err != nil {
		return err
	}
	b.remote.there, b.remote.fetched = map[string]bool{}, map[string]bool{}
	for _, m := range b.models {
		for _, name := range m.reads {
			_, isModel := b.place[name]
			if isModel || b.remote.there[name] || b.e.Scan(name) != "" || isRaw(name) || m.UserMade || name == lotpass.Differences {
				continue
			}
			if err := b.remote.run.Put(ctx, b.e.Connections()[0], name); err != nil {
				return errors.Join(err, b.remote.run.End(ctx))
			}
			b.remote.there[name] = true
		}
	}
	return nil
}

func isRaw(name string) bool { return len(name) > len(RawPrefix) && name[:len(RawPrefix)] == RawPrefix }

// endRemote takes the run's place away. Whatever keeps it from that, the rows are here or
// the run failed already; what is left there the next run of the lake sweeps.
func (b *builder) endRemote(ctx context.Context) {
	if b.remote.run != nil {
		_ = b.remote.run.End(ctx)
	}
}

// remotely builds a model at the other end. Here its table is made without rows, so that
// types are this database's own and are checked as ever; of what is needed here the rows
// follow. What goes on from its own rows, what a pass makes, what a user wrote and what
// tells of the passes is made here, of rows that are fetched.
func (b *builder) remotely(ctx context.Context, conn *sql.Conn, m Model) error {
	pass := b.passes.leads[m.Name]
	switch {
	case b.passes.made[m.Name]:
		return nil
	case pass != nil:
		if err := b.fetchAll(ctx, conn, pass.Reads); err != nil {
			return err
		}
		if _, err := b.byPass(ctx, conn, m); err != nil {
			return err
		}
		for _, made := range pass.Makes {
			if err := b.handOver(ctx, conn, made.Name); err != nil {
				return err
			}
		}
		return nil
	case m.UserMade:
		if err := b.fetchAll(ctx, conn, m.reads); err != nil {
			return err
		}
		return errBuildHere
	case dialect.IsSequential(m.SQL), readsDifferences(m):
		if err := b.fetchAll(ctx, conn, m.reads); err != nil {
			return err
		}
		if err := b.e.build(ctx, conn, m, true); err != nil {
			return err
		}
		return b.handOver(ctx, conn, m.Name)
	}
	isView := b.isView(m)
	shape := m
	if !isView {
		shape.SQL = "select * from (\n" + m.SQL + "\n) as shape limit 0"
	}
	if err := b.e.build(ctx, conn, shape, !isView); err != nil {
		return err
	}
	if err := b.remote.run.Create(ctx, m.Name, m.Path, m.SQL, isView); err != nil {
		return err
	}
	b.remote.mu.Lock()
	b.remote.there[m.Name] = true
	b.remote.mu.Unlock()
	if _, needless := b.left[m.Name]; !needless && !isView {
		return b.fetch(ctx, conn, m.Name)
	}
	return nil
}

// readsDifferences says whether a model tells of what the passes found.
func readsDifferences(m Model) bool {
	for _, name := range m.reads {
		if name == lotpass.Differences {
			return true
		}
	}
	return false
}

// handOver gives the other end a table that was made here.
func (b *builder) handOver(ctx context.Context, conn *sql.Conn, name string) error {
	if err := b.remote.run.Put(ctx, conn, name); err != nil {
		return err
	}
	b.remote.mu.Lock()
	defer b.remote.mu.Unlock()
	b.remote.there[name], b.remote.fetched[name] = true, true
	return nil
}

// fetchAll fetches tables, and what the views among them read.
func (b *builder) fetchAll(ctx context.Context, conn *sql.Conn, names []string) error {
	for _, name := range names {
		i, isModel := b.place[name]
		if !isModel {
			continue // it was here first
		}
		var err error
		if b.isView(b.models[i]) {
			err = b.fetchAll(ctx, conn, b.models[i].reads)
		} else {
			err = b.fetch(ctx, conn, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fetch fetches a table's rows, once.
func (b *builder) fetch(ctx context.Context, conn *sql.Conn, name string) error {
	b.remote.mu.Lock()
	defer b.remote.mu.Unlock()
	if b.remote.fetched[name] || !b.remote.there[name] {
		return nil
	}
	err := duckdb.InTransaction(ctx, conn, func() error { return b.remote.run.Fetch(ctx, conn, name) })
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return duckdb.FullDisk(err)
	}
	b.remote.fetched[name] = true
	return nil
}

// dropRemote drops a table at the other end of which the last reader was built.
func (b *builder) dropRemote(ctx context.Context, name string) error {
	b.remote.mu.Lock()
	there := b.remote.run != nil && b.remote.there[name]
	b.remote.mu.Unlock()
	if !there {
		return nil
	}
	if err := b.remote.run.Drop(ctx, name); err != nil {
		return fmt.Errorf("drop model %s: %w", name, err)
	}
	return nil
}
