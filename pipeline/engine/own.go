package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
	usersown "carat/pipeline/engine/own"
)

// Apart runs a control that a user wrote in a process of its own, which may read
// the folders, and gives how it came out. It ends the process when ctx is done.
type Apart func(ctx context.Context, c OwnControl, folders []string) (*OwnJudgement, error)

// What a control of a user's own is, and how it came out.
type (
	OwnControl   = usersown.Control
	OwnJudgement = usersown.Judgement
)

// JudgeOwn runs a control of a user's own over what it is given, and writes its
// rows. What is wrong with its SQL is a usage error.
func (e *Engine) JudgeOwn(ctx context.Context, c OwnControl) (*OwnJudgement, error) {
	return usersown.Judge(ctx, e.Database, c)
}

// apart is what a builder hands to other processes: the folder, and the tables
// that were written there for one control and serve the next.
type apart struct {
	mu     sync.Mutex
	folder string
	wrote  map[string]string // path by table; "" for what there is not
}

// buildApart makes the table of a control of a user's own by another process.
func (b *builder) buildApart(ctx context.Context, conn *sql.Conn, m Model) error {
	c := OwnControl{Name: m.Name, SQL: m.SQL, Dialect: b.e.dialect, Rows: filepath.Join(b.apart.folder, m.Name+".rows")}
	for _, q := range judgingQueries(m) {
		c.Judging = append(c.Judging, usersown.Judging{Key: q.key, Query: q.query, IsText: q.key == keyNotComparedReason})
	}
	seen := map[string]bool{m.Name: true}
	for _, name := range m.reads {
		if err := b.source(ctx, conn, name, &c, seen); err != nil {
			return err
		}
	}
	judged, err := b.e.Apart(ctx, c, append([]string{b.apart.folder}, b.e.Folders()...))
	if err != nil {
		return b.ownFailure(ctx, m, err)
	}
	query := "create table " + duckdb.Identifier(m.Name) + " as select * from read_parquet(" + duckdb.Literal(c.Rows) + ", hive_partitioning = false)"
	if _, err := conn.ExecContext(ctx, query); err != nil {
		return b.ownFailure(ctx, m, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.e.own[m.Name] = judged
	return nil
}

// ownFailure names the control that failed. A control that could not be judged to
// its end fails the run: it is no pass.
func (b *builder) ownFailure(ctx context.Context, m Model, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	failure := pipeline.Errorf(pipeline.KindUsage, "build model", m.Path, "%w", err)
	var known *pipeline.Error
	if errors.As(err, &known) && known.Cause != nil {
		failure.Kind, failure.Cause, failure.Hint = known.Kind, known.Cause, known.Hint
	}
	if strings.Contains(err.Error(), "not exact") {
		return failure.WithHint("cast counts to bigint and amounts to decimal")
	}
	return failure
}

// source adds what a control reads under a name: the query of a view, with what
// that reads, or the rows of a table, written to a file.
func (b *builder) source(ctx context.Context, conn *sql.Conn, name string, c *OwnControl, seen map[string]bool) error {
	if seen[name] {
		return nil
	}
	seen[name] = true
	if scan := b.e.Scan(name); scan != "" {
		c.Views = append(c.Views, usersown.Source{Name: name, From: scan})
		return nil
	}
	if i, isModel := b.place[name]; isModel && b.isView(b.models[i]) {
		for _, read := range b.models[i].reads {
			if err := b.source(ctx, conn, read, c, seen); err != nil {
				return err
			}
		}
		c.Views = append(c.Views, usersown.Source{Name: name, From: b.models[i].SQL})
		return nil
	}
	path, err := b.write(ctx, conn, name)
	if path != "" {
		c.Tables = append(c.Tables, usersown.Source{Name: name, From: path})
	}
	return err
}

// isView says whether a model was made as a view.
func (b *builder) isView(m Model) bool {
	return m.Header["materialized"] == "view" && !b.p.MaterializeStaging && !(b.p.ReadFilesOnce && b.e.readsFiles(m))
}

// write writes a table for other processes; "" when there is none of that name:
// the control is told so when it asks for it.
func (b *builder) write(ctx context.Context, conn *sql.Conn, name string) (string, error) {
	b.apart.mu.Lock()
	defer b.apart.mu.Unlock()
	if path, known := b.apart.wrote[name]; known {
		return path, nil
	}
	var there bool
	err := conn.QueryRowContext(ctx, `select exists (select 1 from information_schema.tables where lower(table_name) = ? and table_schema = 'main')`, name).Scan(&there)
	path := ""
	if err == nil && there {
		path = filepath.Join(b.apart.folder, fmt.Sprintf("%d.parquet", len(b.apart.wrote)))
		_, err = conn.ExecContext(ctx, "copy "+duckdb.Identifier(name)+" to "+duckdb.Literal(path)+" (format parquet)")
	}
	if err != nil {
		return "", fmt.Errorf("hand %s to a control: %w", name, duckdb.FullDisk(err))
	}
	b.apart.wrote[name] = path
	return path, nil
}

// begin makes the folder that tables are handed over in, if a model needs it, and
// gives what takes it away.
func (a *apart) begin(e *Engine, models []Model) (end func() error, err error) {
	for _, m := range models {
		if m.UserMade && e.Apart != nil {
			a.folder, a.wrote = filepath.Join(e.Spill(), "own"), map[string]string{}
			return func() error { return os.RemoveAll(a.folder) }, os.MkdirAll(a.folder, 0o700)
		}
	}
	return func() error { return nil }, nil
}
