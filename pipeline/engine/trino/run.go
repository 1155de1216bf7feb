package trino

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"carat/pipeline"
	"carat/pipeline/dialect"
	"carat/pipeline/engine/duckdb"
)

// Run is a schema of the scratch catalog in which one run's models are built. Its
// methods may be called side by side.
type Run struct {
	*Server
	schema string
	db     *sql.DB
	views  sync.Map // names that are views, not tables
}

// RawPrefix stands before a lake table's name in models.
const RawPrefix = "raw_"

// connections bounds how many queries run side by side.
const connections = 4

// Begin sweeps what runs of this lake left behind that were killed, and makes a schema
// with views of the raw tables as the run reads them. Whoever calls it holds the lake's
// lock: no other run of this lake is alive.
func (s *Server) Begin(ctx context.Context, run string, raw []pipeline.TableFiles) (*Run, error) {
	prefix := s.prefix("carat_")
	if err := s.sweep(ctx, prefix); err != nil {
		return nil, err
	}
	r, err := s.place(ctx, prefix+run[:min(len(run), 16)]+"_"+s.config.Attempt)
	if err != nil {
		return nil, err
	}
	for _, t := range raw {
		if err := r.see(ctx, t); err != nil {
			return nil, errors.Join(err, r.End(ctx))
		}
	}
	return r, nil
}

// prefix begins the names of this lake's schemas of one kind.
func (s *Server) prefix(kind string) string {
	sum := sha256.Sum256([]byte(s.config.Lake))
	return kind + hex.EncodeToString(sum[:6]) + "_"
}

// place makes a schema.
func (s *Server) place(ctx context.Context, schema string) (*Run, error) {
	r := &Run{Server: s, schema: schema}
	if err := s.exec(ctx, s.plain, "create schema "+duckdb.Identifier(r.schema)); err != nil {
		return nil, s.failure(ctx, "make schema", s.config.Scratch+"."+r.schema, err)
	}
	var err error
	if r.db, err = s.database(r.schema); err != nil {
		return nil, errors.Join(err, r.End(ctx))
	}
	r.db.SetMaxOpenConns(connections)
	r.db.SetMaxIdleConns(connections)
	return r, nil
}

// sweep drops the schemas of runs of this lake.
func (s *Server) sweep(ctx context.Context, prefix string) error {
	found, err := s.texts(ctx, s.plain, "select schema_name from information_schema.schemata where starts_with(schema_name, "+duckdb.Literal(prefix)+")")
	if err != nil {
		return s.failure(ctx, "look for", "what an earlier run left in "+s.config.Scratch, err)
	}
	for _, schema := range found {
		if err := s.drop(ctx, schema); err != nil {
			return err
		}
	}
	return nil
}

// drop drops a schema with all that is in it. Not every catalog can drop a schema that
// isn't empty.
func (s *Server) drop(ctx context.Context, schema string) error {
	rows, err := s.texts(ctx, s.plain, "select table_type || ' ' || table_name from information_schema.tables where table_schema = "+duckdb.Literal(schema))
	if err != nil {
		return s.failure(ctx, "drop", s.config.Scratch+"."+schema, err)
	}
	for _, row := range rows {
		kind, name := "table", strings.TrimPrefix(row, "BASE TABLE ")
		if rest, isView := strings.CutPrefix(row, "VIEW "); isView {
			kind, name = "view", rest
		}
		if err := s.exec(ctx, s.plain, "drop "+kind+" if exists "+duckdb.Identifier(schema)+"."+duckdb.Identifier(name)); err != nil {
			return s.failure(ctx, "drop", s.config.Scratch+"."+schema, err)
		}
	}
	if err := s.exec(ctx, s.plain, "drop schema if exists "+duckdb.Identifier(schema)); err != nil {
		return s.failure(ctx, "drop", s.config.Scratch+"."+schema, err)
	}
	return nil
}

func (s *Server) exec(ctx context.Context, db *sql.DB, query string) error {
	_, err := db.ExecContext(ctx, query)
	return err
}

// see makes the view of a raw table, of the snapshot that the run reads. A column that
// the table doesn't have in that snapshot is null, and so is each of a table without one.
func (r *Run) see(ctx context.Context, t pipeline.TableFiles) error {
	have := map[string]bool{}
	from, condition := "", ""
	if t.Snapshot != 0 && len(t.Files) > 0 {
		from = fmt.Sprintf(" from %s.%s.%s for version as of %d", duckdb.Identifier(r.config.Catalog), Schema, duckdb.Identifier(t.Name), t.Snapshot)
		names, err := r.columns(ctx, "select *"+from)
		if err != nil {
			if unseen := r.sees(ctx, t.Name, t.Snapshot); unseen != nil {
				return unseen
			}
			return r.failure(ctx, "read", t.Name+" in the catalog "+r.config.Catalog, err)
		}
		for _, name := range names {
			have[strings.ToLower(name)] = true
		}
		condition = duckdb.Standing(t)
	}
	var list []string
	for _, c := range t.Columns {
		spelled := dialect.Type(c.Type)
		if spelled == "" {
			return pipeline.Errorf(pipeline.KindInternal, "read", t.Name, "column %s is %s, which Trino is not told", c.Name, c.Type)
		}
		value := "null"
		if have[strings.ToLower(c.Name)] {
			value = duckdb.Identifier(c.Name)
		}
		list = append(list, "cast("+value+" as "+spelled+") as "+duckdb.Identifier(c.Name))
	}
	query := "select " + strings.Join(list, ", ") + from
	switch {
	case from == "":
		query += " where false"
	case condition != "":
		query += " where " + condition
	}
	return r.make(ctx, RawPrefix+t.Name, query, true)
}

// columns gives the names of a query's columns, without its rows.
func (r *Run) columns(ctx context.Context, query string) (names []string, err error) {
	rows, err := r.db.QueryContext(ctx, query+" limit 0")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if names, err = rows.Columns(); err != nil {
		return nil, err
	}
	for rows.Next() { // to its end, where an error would be
	}
	return names, rows.Err()
}

// mostScans is to how many scans a query may come before its common table expressions
// become tables: Trino refuses plans of more than 150 stages unless it is told otherwise.
const mostScans = 60

// Create makes a model's table or view of its SQL, as it is written for DuckDB. path
// names it in errors.
func (r *Run) Create(ctx context.Context, name, path, query string, view bool) error {
	spelled, err := r.dialect.Expand(path, query)
	if err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "spell model", path, "for Trino: %w", err).
			WithHint("take engine out of carat.yaml: this machine then builds the models")
	}
	if view {
		return r.fail(ctx, path, r.make(ctx, name, spelled, true))
	}
	first, rest := dialect.Steps(name, spelled, mostScans)
	for _, step := range first {
		if err := r.make(ctx, step.Table, step.Query, false); err != nil {
			return r.fail(ctx, path, err)
		}
	}
	if err := r.make(ctx, name, rest, false); err != nil {
		return r.fail(ctx, path, err)
	}
	for _, step := range first {
		if err := r.Drop(ctx, step.Table); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) fail(ctx context.Context, path string, err error) error {
	if err == nil {
		return nil
	}
	return r.failure(ctx, "build model", path, err)
}

func (r *Run) make(ctx context.Context, name, query string, view bool) error {
	kind := "table"
	if view {
		kind = "view"
		r.views.Store(name, true)
	}
	return r.exec(ctx, r.db, "create "+kind+" "+duckdb.Identifier(name)+" as\n"+query)
}

// Drop drops a model's table.
func (r *Run) Drop(ctx context.Context, name string) error {
	kind := "table"
	if _, isView := r.views.Load(name); isView {
		kind = "view"
	}
	return r.fail(ctx, name, r.exec(ctx, r.db, "drop "+kind+" "+duckdb.Identifier(name)))
}

// ending is how long the end of a run may take that was cancelled; what is left then the
// next one sweeps.
const ending = time.Minute

// End drops the run's schema and ends its connections.
func (r *Run) End(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
	defer cancel()
	err := r.drop(ctx, r.schema)
	if r.db != nil {
		err = errors.Join(err, r.db.Close())
	}
	return err
}
