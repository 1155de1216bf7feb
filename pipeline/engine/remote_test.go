package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	_ "github.com/trinodb/trino-go-client/trino" // the driver

	"carat/pipeline/dialect"
	"carat/pipeline/engine"
	"carat/pipeline/engine/duckdb"
	"carat/pipeline/engine/trino/trinotest"
	sqlfiles "carat/sql"
)

// elsewhere is another database of the same kind in the place of a cluster: what is
// built there must come to what is built here.
type elsewhere struct {
	t    *testing.T
	raw  func(e *engine.Engine) // loads the raw tables
	fail string                 // the model at which it is gone
	*elsewhereRun
}

type elsewhereRun struct {
	mu      sync.Mutex
	db      *engine.Engine
	dir     string
	fail    string
	created []string
	puts    []string
	fetched []string
	ended   bool
}

func (r *elsewhere) Begin(ctx context.Context, run string) (engine.RemoteRun, error) {
	db := openEngine(r.t)
	macros, err := engine.Dialect(sqlfiles.Files)
	if err != nil {
		return nil, err
	}
	if err := db.ReadDialectForTest(macros); err != nil {
		return nil, err
	}
	r.raw(db)
	r.elsewhereRun = &elsewhereRun{db: db, dir: r.t.TempDir(), fail: r.fail}
	return r.elsewhereRun, nil
}

func (r *elsewhereRun) Create(ctx context.Context, name, path, query string, view bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name == r.fail {
		return errors.New("the cluster is gone")
	}
	kind := map[bool]string{true: "view", false: "table"}[view]
	r.created = append(r.created, name)
	return r.db.ExecForTest("create " + kind + " " + duckdb.Identifier(name) + " as\n" + query)
}

func (r *elsewhereRun) Put(ctx context.Context, conn *sql.Conn, table string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	file := duckdb.Literal(filepath.Join(r.dir, table+".put"))
	r.puts = append(r.puts, table)
	if _, err := conn.ExecContext(ctx, "copy "+duckdb.Identifier(table)+" to "+file+" (format parquet)"); err != nil {
		return err
	}
	return r.db.ExecForTest("create table " + duckdb.Identifier(table) + " as select * from read_parquet(" + file + ")")
}

func (r *elsewhereRun) Fetch(ctx context.Context, conn *sql.Conn, table string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	file := duckdb.Literal(filepath.Join(r.dir, table+".fetched"))
	r.fetched = append(r.fetched, table)
	if err := r.db.ExecForTest("copy " + duckdb.Identifier(table) + " to " + file + " (format parquet)"); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "insert into "+duckdb.Identifier(table)+" select * from read_parquet("+file+")")
	return err
}

func (r *elsewhereRun) Drop(ctx context.Context, table string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.db.ExecForTest("drop table " + duckdb.Identifier(table))
}

func (r *elsewhereRun) End(context.Context) error {
	r.ended = true
	return errors.New("the cluster is gone at the end") // whose rows are here by then
}

// TestRemote builds a month elsewhere and compares every result with what this database
// builds: what is fetched, handed over and made here, where passes, controls of a user's
// own and views are among the models.
func TestRemote(t *testing.T) {
	macros, models := builtinModels(t)
	own, err := engine.ParseModel("controls/own.sql", `-- Viewers who hold much.
-- grain: one row per viewer
-- control: own
-- severity: review
-- unit: coins
-- guards: nothing
-- checked: from stg_gift_events
select entity, 'viewer' as subject_kind, viewer_id as subject_id, cast(0 as decimal(38, 9)) as expected, cast(coins as decimal(38, 9)) as actual,
    cast(coins as decimal(38, 9)) as difference, 'coins' as unit, 'much' as reason, 'Much.' as detail,
    cast(null as varchar) as batch_id, cast(null as bigint) as source_line
from mart_viewer_balances where coins > 3`, true)
	if err != nil {
		t.Fatal(err)
	}
	models = append(models, own)
	r := rand.New(rand.NewPCG(4, 4))
	var histories [][]bookRow
	for i := range 40 {
		histories = append(histories, drawHistory(r, fmt.Sprintf("v%02d", i), "main", i%3 == 0))
	}
	load := func(e *engine.Engine) { lotTables(t, e, histories) }
	build := func(away *elsewhere) (*engine.Engine, error) {
		e := openEngine(t)
		load(e)
		if away != nil {
			e.Remote = away
		}
		p := testParameters(t, "2026-11", "2026-10", "Europe/Berlin")
		_, err := e.Reconcile(context.Background(), macros, slices.Clone(models), p, nil)
		return e, err
	}
	here, err := build(nil)
	if err != nil {
		t.Fatal(err)
	}
	away := &elsewhere{t: t, raw: load}
	there, err := build(away)
	if err != nil {
		t.Fatal(err)
	}
	if !away.ended || len(away.created) < 150 || !slices.Contains(away.puts, "led_lot_replay") || !slices.Contains(away.puts, "run") || slices.Contains(away.fetched, "led_gift_day") {
		t.Errorf("%d models were built there, %v put, %v fetched, ended %t", len(away.created), away.puts, away.fetched, away.ended)
	}
	rows := 0
	tables := []string{"exceptions", "control_results", "ctl_own"}
	for _, m := range models {
		if m.Header["result"] != "" || m.IsControl() {
			tables = append(tables, m.Name)
		}
	}
	for _, table := range tables {
		query := "select cast(x as varchar) from " + table + " as x order by 1"
		want, err := here.TextsForTest(query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := there.TextsForTest(query)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d rows there, %d here: %v", table, len(got), len(want), err)
		}
		rows += len(want)
	}
	if rows < 500 {
		t.Errorf("only %d rows were compared", rows)
	}
	if _, err := build(&elsewhere{t: t, raw: load, fail: "led_gift"}); err == nil || !strings.Contains(err.Error(), "the cluster is gone") {
		t.Errorf("a cluster that goes away: %v", err)
	}
}

// trinoReader asks Trino whether it can read each model, over empty tables.
type trinoReader struct {
	t       *testing.T
	here    *engine.Engine
	db      *sql.DB
	dialect *dialect.Dialect
	schema  string
	read    int
	scaled  int // decimals that were compared
}

// scales compares the decimals of each expression of a model on both engines: where
// values of several scales meet and 38 digits don't hold both, DuckDB rounds each to
// the smaller scale and Trino doesn't, and the sums differ. A cast says which is meant.
func (r *trinoReader) scales(path, query string) {
	for _, part := range dialect.Expressions(query) {
		here, err := r.here.TextsForTest("select column_name || ' ' || column_type from (describe " + part.Query + ")")
		if err != nil {
			r.t.Errorf("%s: %s: here: %v", path, part.Table, err)
			continue
		}
		if !slices.ContainsFunc(here, func(c string) bool { return strings.Contains(c, "DECIMAL") }) {
			continue
		}
		text, err := r.dialect.Expand(path, part.Query)
		if err != nil {
			r.t.Error(err)
			continue
		}
		there, err := r.columns(text)
		if err != nil {
			r.t.Errorf("%s: %s: there: %v", path, part.Table, err)
			continue
		}
		for _, c := range here {
			var precision, scale int64
			name, kind, _ := strings.Cut(c, " ")
			if _, err := fmt.Sscanf(kind, "DECIMAL(%d,%d)", &precision, &scale); err != nil {
				continue
			}
			other, isDecimal := there[strings.ToLower(name)]
			if isDecimal {
				r.scaled++
			}
			if isDecimal && other != scale {
				r.t.Errorf("%s: %s.%s has %d decimals here and %d in Trino: a cast says which are meant", path, part.Table, name, scale, other)
			}
		}
	}
}

// columns gives the scale of a query's decimals in Trino.
func (r *trinoReader) columns(query string) (map[string]int64, error) {
	rows, err := r.db.QueryContext(r.t.Context(), "select * from (\n"+query+"\n) limit 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	scales := map[string]int64{}
	for _, c := range types {
		if _, scale, ok := c.DecimalSize(); ok {
			scales[strings.ToLower(c.Name())] = scale
		}
	}
	return scales, rows.Err()
}

func (r *trinoReader) exec(query string) error {
	_, err := r.db.ExecContext(r.t.Context(), query)
	return err
}

func (r *trinoReader) Begin(ctx context.Context, _ string) (engine.RemoteRun, error) { return r, nil }

// Create makes the table without rows: the query is analysed, and its columns are there.
func (r *trinoReader) Create(ctx context.Context, name, path, query string, view bool) error {
	text, err := r.dialect.Expand(path, query)
	if err == nil {
		err = r.exec("create table " + duckdb.Identifier(name) + " as\n" + text + "\nwith no data")
	}
	r.read++
	if err == nil && !view {
		r.scales(path, query)
	}
	if err != nil {
		r.t.Errorf("%s: %v", path, err)
		return r.exec("create table " + duckdb.Identifier(name) + " (none bigint)")
	}
	return nil
}

func (r *trinoReader) Put(ctx context.Context, conn *sql.Conn, table string) error {
	rows, err := conn.QueryContext(ctx, "select column_name, data_type from information_schema.columns where table_schema = 'main' and table_name = ? order by ordinal_position", table)
	if err != nil {
		return err
	}
	defer rows.Close()
	var columns []string
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			return err
		}
		columns = append(columns, duckdb.Identifier(name)+" "+dialect.Type(kind))
	}
	return errors.Join(rows.Err(), r.exec("create table "+duckdb.Identifier(table)+" ("+strings.Join(columns, ", ")+")"))
}

func (r *trinoReader) Fetch(context.Context, *sql.Conn, string) error { return nil }
func (r *trinoReader) Drop(context.Context, string) error             { return nil }
func (r *trinoReader) End(context.Context) error                      { return nil }

// TestTrinoReadsEveryModel has Trino itself analyse every model: `make test-trino`. `.ci/run`
// has a month built by them instead.
func TestTrinoReadsEveryModel(t *testing.T) {
	if os.Getenv("CARAT_TRINO_ALL") == "" && os.Getenv("CARAT_TRINO") == "" {
		t.Skip("CARAT_TRINO_ALL isn't set: make test-trino sets it")
	}
	at, scratch := os.Getenv("CARAT_TRINO"), "scratch" // one that runs, to try again and again
	if at == "" {
		at = trinotest.Start(t, nil).URL
	}
	spelled, err := dialect.Trino("dialect/trino.sql", textOf(t, "dialect/trino.sql"))
	if err != nil {
		t.Fatal(err)
	}
	schema := fmt.Sprintf("carat_read_%d", os.Getpid())
	plain, err := sql.Open("trino", at+"?catalog="+scratch)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := plain.Exec("create schema " + schema); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("trino", at+"?catalog="+scratch+"&schema="+schema)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	macros, models := builtinModels(t)
	e := openEngine(t)
	given(t, e, "2026-10", nil)
	reader := &trinoReader{t: t, here: e, db: db, dialect: spelled, schema: schema}
	for name := range rowTypes {
		if err := reader.Put(t.Context(), e.Connections()[0], engine.RawPrefix+name); err != nil {
			t.Fatal(err)
		}
	}
	e.Remote = reader
	p := testParameters(t, "2026-10", "2026-10", "UTC")
	p.OneByOne = true // so that this connection is free
	if _, err := e.Reconcile(t.Context(), macros, models, p, nil); err != nil {
		t.Error(err)
	}
	if reader.read < 180 || reader.scaled < 1000 {
		t.Errorf("only %d models were read, and %d decimals compared", reader.read, reader.scaled)
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := sqlfiles.Files.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
