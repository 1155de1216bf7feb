package trino

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"carat/pipeline"
	"carat/pipeline/dialect"
	"carat/pipeline/engine/duckdb"
	"carat/pipeline/engine/history"
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
	if err := s.sweep(ctx, s.prefix(ofRuns), 0); err != nil {
		return nil, err
	}
	for _, kind := range []string{ofOthers, ofTries} {
		if err := s.sweep(ctx, s.prefix(kind), longAgo); err != nil {
			return nil, err
		}
	}
	return s.begin(ctx, ofRuns, run, raw)
}

// BeginApart is Begin for whoever doesn't hold the lake's lock: what it makes is none of a
// run's, and it sweeps nothing. What it leaves when it is killed a run sweeps after a week.
func (s *Server) BeginApart(ctx context.Context, run string, raw []pipeline.TableFiles) (*Run, error) {
	return s.begin(ctx, ofOthers, run, raw)
}

// What begins the names of a lake's schemas, by kind.
const (
	ofRuns   = "carat_"
	ofOthers = "carat_again_"
	ofTries  = "carat_try_"
)

// longAgo is the age of a schema that nobody can be using any more.
const longAgo = 7 * 24 * time.Hour

func (s *Server) begin(ctx context.Context, kind, run string, raw []pipeline.TableFiles) (*Run, error) {
	r, err := s.place(ctx, s.prefix(kind)+run[:min(len(run), 16)]+"_"+s.config.Attempt)
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

// sweep drops the schemas of this lake whose names begin so and that are of such an age: the
// end of a name says when it was made. One whose end says nothing stays.
func (s *Server) sweep(ctx context.Context, prefix string, age time.Duration) error {
	found, err := s.texts(ctx, s.plain, "select schema_name from information_schema.schemata where starts_with(schema_name, "+duckdb.Literal(prefix)+")")
	if err != nil {
		return s.failure(ctx, "look for", "what an earlier run left in "+s.config.Scratch, err)
	}
	for _, schema := range found {
		if age > 0 && !olderThan(schema, s.config.Attempt, age) {
			continue
		}
		if err := s.drop(ctx, schema); err != nil {
			return err
		}
	}
	return nil
}

// olderThan says whether a schema was made so long before an attempt.
func olderThan(schema, attempt string, age time.Duration) bool {
	made, err := strconv.ParseInt(schema[strings.LastIndex(schema, "_")+1:], attemptBase, 64)
	now, bad := strconv.ParseInt(attempt, attemptBase, 64)
	return err == nil && bad == nil && now-made > age.Milliseconds()
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
		table := strings.TrimPrefix(t.Name, history.EarlierPrefix)
		from = fmt.Sprintf(" from %s.%s.%s for version as of %d", duckdb.Identifier(r.config.Catalog), Schema, duckdb.Identifier(table), t.Snapshot)
		names, err := r.columns(ctx, "select *"+from)
		if err != nil {
			if unseen := r.sees(ctx, table, t.Snapshot); unseen != nil {
				return unseen
			}
			return r.failure(ctx, "read", table+" in the catalog "+r.config.Catalog, err)
		}
		for _, name := range names {
			have[strings.ToLower(name)] = true
		}
		if condition, err = read(t); err != nil {
			return err
		}
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

// read is the condition on the rows of a table's snapshot that leaves those of the files
// which are read, of the batches that stand; "" for all. A table of which each file says its
// month is read by months: a cluster reads snapshots and knows nothing of the list of files.
func read(t pipeline.TableFiles) (string, error) {
	var months []string
	unknown := 0
	for _, file := range t.Files {
		if month, known := pipeline.MonthOfFile(file); !known {
			unknown++
		} else if text := duckdb.Literal(string(month)); !slices.Contains(months, text) {
			months = append(months, text)
		}
	}
	standing := duckdb.Standing(t)
	switch {
	case len(months) == 0:
		return standing, nil
	case unknown > 0:
		return "", pipeline.Errorf(pipeline.KindInternal, "read", t.Name, "%d of its %d files don't say of which month they are", unknown, len(t.Files)).
			WithHint("take engine out of carat.yaml: this machine then builds the models")
	}
	slices.Sort(months)
	condition := "accounting_month in (" + strings.Join(months, ", ") + ")"
	if standing != "" {
		condition += " and " + standing
	}
	return condition, nil
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
