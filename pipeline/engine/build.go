package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// workers is how many models are built side by side: most models are small and
// keep one core busy at most.
const workers = 2

// largeRows is from how many rows in one table that it reads a model counts as
// large: of these one is built at a time, so that two don't share the memory.
const largeRows = 1_000_000

// builder builds models in an order in which each comes after what it reads.
// Which of two independent models comes first changes no result: a model is a
// function of the tables that it reads.
type builder struct {
	e        *Engine
	p        Parameters
	models   []Model
	place    map[string]int // of a model, by name
	waits    []int          // how many of the models that it reads are not built yet
	readers  [][]int        // models that read it
	uses     [][]string     // tables that it reads, also by way of views
	left     map[string]int // of a table that no result needs: how many of its readers are not built yet
	rows     map[string]int64
	progress func(model string, done, total int)
	apart    apart
	passes   passes
	remote   remote

	mu      sync.Mutex
	changed *sync.Cond
	started []bool
	done    int
	large   bool // a large model is being built
	failure error
}

// buildAll builds the models, ordered by what they read.
func (e *Engine) buildAll(ctx context.Context, ordered []Model, p Parameters, progress func(model string, done, total int)) (err error) {
	ordered, made := e.withPasses(ordered, p)
	b := &builder{e: e, p: p, models: ordered, passes: made, place: map[string]int{}, waits: make([]int, len(ordered)), readers: make([][]int, len(ordered)),
		started: make([]bool, len(ordered)), rows: map[string]int64{}, progress: progress}
	b.changed = sync.NewCond(&b.mu)
	for i, m := range ordered {
		b.place[m.Name] = i
	}
	for i, m := range ordered {
		for _, r := range m.reads {
			if j, ok := b.place[r]; ok {
				b.waits[i]++
				b.readers[j] = append(b.readers[j], i)
			}
		}
	}
	b.uses, b.left = lifetimes(ordered)
	e.own = map[string]*OwnJudgement{}
	if err := b.beginRemote(ctx); err != nil {
		return err
	}
	defer b.endRemote(ctx)
	end, err := b.apart.begin(e, ordered)
	if err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "make", "a folder for what controls read", "%w", err)
	}
	defer func() { err = errors.Join(err, end()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	conns := e.Connections()[:workers]
	if e.inTransaction || p.OneByOne {
		conns = conns[:1]
	}
	for _, conn := range conns {
		all.Go(func() { b.work(ctx, cancel, conn) })
	}
	all.Wait()
	return b.failure
}

// work builds one model after the other until none is left or one failed.
func (b *builder) work(ctx context.Context, cancel func(), conn *sql.Conn) {
	for {
		i, isLarge := b.take(ctx, conn)
		if i < 0 {
			return
		}
		err := b.build(ctx, conn, b.models[i])
		if err == nil && !b.p.KeepModels {
			err = b.drop(ctx, conn, i)
		}
		b.finish(i, isLarge, err)
		if err != nil {
			cancel()
			return
		}
	}
}

func (b *builder) build(ctx context.Context, conn *sql.Conn, m Model) error {
	if b.remote.run != nil {
		if err := b.remotely(ctx, conn, m); err != errBuildHere {
			return err
		}
	}
	if made, err := b.byPass(ctx, conn, m); made {
		return err
	}
	if m.UserMade && b.e.Apart != nil {
		return duckdb.InTransaction(ctx, conn, func() error { return b.buildApart(ctx, conn, m) })
	}
	return b.e.build(ctx, conn, m, b.p.MaterializeStaging || b.p.ReadFilesOnce && b.e.readsFiles(m))
}

// take waits for a model that can be built and marks it as begun; -1 when there
// is none any more.
func (b *builder) take(ctx context.Context, conn *sql.Conn) (i int, isLarge bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		begun := 0
		for i := range b.models {
			if b.started[i] {
				begun++
				continue
			}
			if b.failure != nil || b.waits[i] > 0 {
				continue
			}
			isLarge := b.isLarge(ctx, conn, i)
			if isLarge && b.large {
				continue
			}
			b.started[i], b.large = true, b.large || isLarge
			if b.progress != nil {
				b.progress(b.models[i].Name, b.done, len(b.models))
			}
			return i, isLarge
		}
		if b.failure != nil || begun == len(b.models) {
			return -1, false
		}
		b.changed.Wait()
	}
}

// finish marks a model as built.
func (b *builder) finish(i int, isLarge bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done++
	if isLarge {
		b.large = false
	}
	if err != nil {
		b.fail(err)
	}
	for _, r := range b.readers[i] {
		b.waits[r]--
	}
	b.changed.Broadcast()
}

// fail keeps the first failure: what fails after it was cancelled.
func (b *builder) fail(err error) {
	if b.failure == nil {
		b.failure = err
	}
	b.changed.Broadcast()
}

// drop gives back the tables of which this model was the last reader: their
// memory is better used by the models to come.
func (b *builder) drop(ctx context.Context, conn *sql.Conn, i int) error {
	b.mu.Lock()
	var unread []string
	for _, name := range b.uses[i] {
		if n, counted := b.left[name]; counted {
			b.left[name] = n - 1
			if n == 1 {
				unread = append(unread, name)
			}
		}
	}
	b.mu.Unlock()
	for _, name := range unread {
		if err := b.dropRemote(ctx, name); err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, "drop table "+duckdb.Identifier(name)); err != nil {
			return fmt.Errorf("drop model %s: %w", name, err)
		}
	}
	return nil
}

// isLarge says whether a model reads a table of many rows. Files are none, since they are not in
// memory, nor is what can't be counted: building the model says what is wrong with it.
func (b *builder) isLarge(ctx context.Context, conn *sql.Conn, i int) bool {
	for _, name := range b.uses[i] {
		if b.e.Scan(name) != "" || b.remote.run != nil {
			continue
		}
		n, known := b.rows[name]
		if !known {
			if err := conn.QueryRowContext(ctx, "select count(*) from "+duckdb.Identifier(name)).Scan(&n); err != nil {
				continue
			}
			b.rows[name] = n
		}
		if n >= largeRows {
			return true
		}
	}
	return false
}

// lifetimes gives what each model reads, also by way of views, and how many
// models read each table that is needed no more after them. Results, controls
// and what a control's judging queries read are kept, and so is all that a kept
// view reads.
func lifetimes(ordered []Model) (uses [][]string, left map[string]int) {
	byName := map[string]Model{}
	for _, m := range ordered {
		byName[m.Name] = m
	}
	isView := func(name string) bool { return byName[name].Header["materialized"] == "view" }
	keep := map[string]bool{}
	var keepReads func(name string)
	keepReads = func(name string) {
		if keep[name] {
			return
		}
		keep[name] = true
		if isView(name) {
			for _, r := range byName[name].reads {
				keepReads(r)
			}
		}
	}
	for _, m := range ordered {
		if m.IsControl() || m.Header["result"] != "" || m.Name == modelOfUnits { // which judging reads
			keepReads(m.Name)
		}
		for _, name := range m.checks {
			keepReads(name)
		}
	}
	left = map[string]int{}
	for _, m := range ordered {
		seen := map[string]bool{}
		var used []string
		var through func(name string)
		through = func(name string) {
			if seen[name] {
				return
			}
			seen[name] = true
			if isView(name) {
				for _, r := range byName[name].reads {
					through(r)
				}
				return
			}
			used = append(used, name)
			if _, isModel := byName[name]; isModel && !keep[name] && !isView(m.Name) {
				left[name]++
			}
		}
		if !isView(m.Name) {
			for _, r := range m.reads {
				through(r)
			}
		}
		uses = append(uses, used)
	}
	return uses, left
}

func (e *Engine) readsFiles(m Model) bool {
	return slices.ContainsFunc(m.reads, func(name string) bool { return e.Scan(name) != "" })
}

// build makes the table or view of one model and refuses inexact columns. It
// does so in one transaction: a statement that was planned is planned again when
// the catalog changed before it runs, and the other connection changes it with
// every model.
func (e *Engine) build(ctx context.Context, conn *sql.Conn, m Model, materialize bool) error {
	if e.inTransaction {
		return e.make(ctx, conn, m, materialize)
	}
	return duckdb.InTransaction(ctx, conn, func() error { return e.make(ctx, conn, m, materialize) })
}

func (e *Engine) make(ctx context.Context, conn *sql.Conn, m Model, materialize bool) error {
	kind := "table"
	if m.Header["materialized"] == "view" && !materialize {
		kind = "view"
	}
	create := "create " + kind + " " + duckdb.Identifier(m.Name) + " as\n"
	if _, err := conn.ExecContext(ctx, create+m.SQL); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if full := duckdb.FullDisk(err); full != err {
			return full
		}
		failure := pipeline.Errorf(pipeline.KindInternal, "build model", m.Path, "%w", err)
		if m.UserMade {
			failure.Kind = pipeline.KindUsage
		}
		if text := err.Error(); strings.Contains(text, "Out of Memory") {
			return failure.WithHint("raise memory in carat.yaml (now the engine may use what it says there)")
		}
		return failure
	}
	bad, err := duckdb.Inexact(ctx, conn, m.Name)
	if err != nil {
		return fmt.Errorf("describe model %s: %w", m.Name, err)
	}
	if len(bad) > 0 {
		return pipeline.Errorf(pipeline.KindInternal, "build model", m.Path, "its columns are not exact: %s", strings.Join(bad, ", ")).
			WithHint("cast counts to bigint and amounts to decimal")
	}
	return nil
}
