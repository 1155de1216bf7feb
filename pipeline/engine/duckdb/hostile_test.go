package duckdb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

const (
	onlySelect  = "only a SELECT may be run here"
	permission  = "Permission Error"
	notInFrom   = "may not be used in a FROM here"
	notHere     = "may not be used here"
	several     = "one statement at a time"
	outOfMemory = "Out of Memory"
)

// hostile are statements by which somebody might read, write, load, change or
// exhaust what isn't theirs. $in is a folder that may be read, $out one that may
// not; each fails with its text.
var hostile = []struct{ query, want string }{
	// read elsewhere
	{"select * from read_csv('$out/secret.csv')", permission},
	{"select * from '$out/secret.csv'", permission},
	{"select * from read_text('$out/secret.csv')", permission},
	{"select * from read_blob('$out/secret.csv')", permission},
	{"select * from read_json('$out/secret.csv')", permission},
	{"select * from read_parquet('$out/x.parquet')", permission},
	{"select * from parquet_metadata('$out/x.parquet')", permission},
	{"select * from parquet_schema('$out/x.parquet')", permission},
	{"select * from sniff_csv('$out/secret.csv')", permission},
	{"select * from glob('$out/*')", permission},
	{"select * from read_text('$in/../$base/secret.csv')", permission},
	{"select * from read_text('$in/link')", permission},
	{"select * from '/etc/passwd'", "passwd"},
	{"select * from read_text('/proc/self/environ')", permission},
	{"select * from read_text('https://example.com/x')", permission},
	{"select * from read_parquet('s3://bucket/x.parquet')", permission},
	{"select * from read_duckdb('$out/x.duckdb')", notInFrom},
	{"with a as (select * from read_text('$out/secret.csv')) select * from a", permission},
	{"select (select content from read_text('$out/secret.csv'))", permission},
	{"select * from range(3), lateral (select * from read_text('$out/secret.csv'))", permission},
	{"describe select * from read_csv('$out/secret.csv')", permission},
	{"summarize select * from read_csv('$out/secret.csv')", permission},
	{"select getenv('HOME')", notHere},
	// SQL in a text
	{"select * from query('select * from read_text(''$out/secret.csv'')')", notInFrom},
	{"select * from query_table('t')", notInFrom},
	{"select * from json_execute_serialized_sql(json_serialize_sql('select 1'))", notInFrom},
	{"pragma json_execute_serialized_sql('{}')", onlySelect},
	// write
	{"copy (select 1) to '$in/x.csv'", onlySelect},
	{"copy (select 1) to '$out/x.csv'", onlySelect},
	{"export database '$in/e'", onlySelect},
	{"import database '$in/e'", onlySelect},
	{"select 1; copy (select 1) to '$in/x.csv'", onlySelect},
	{"copy (select 1) to '$in/x.csv'; select 1", onlySelect},
	{"select * from enable_logging(storage = 'file', storage_path = '$in/logs')", notInFrom},
	{"select * from main.Enable_Logging(storage_path => '$in/logs')", notInFrom},
	{"select * from \"enable_logging\"()", notInFrom},
	{"select * from range(1) where 1 in (select 1 from enable_profiling(save_location = '$in/p'))", notInFrom},
	{"call enable_logging()", onlySelect},
	{"select write_log('x')", notHere},
	{"select * from checkpoint()", notInFrom},
	{"select * from truncate_duckdb_logs()", notInFrom},
	// attach, install, load, configure
	{"attach '$in/x.db'", onlySelect},
	{"attach ':memory:' as other", onlySelect},
	{"detach memory", onlySelect},
	{"use memory", onlySelect},
	{"install httpfs", onlySelect},
	{"load httpfs", onlySelect},
	{"load '$in/evil.duckdb_extension'", onlySelect},
	{"set memory_limit = '1TB'", onlySelect},
	{"reset lock_configuration", onlySelect},
	{"set variable x = 1", onlySelect},
	{"pragma enable_external_access = true", onlySelect},
	{"pragma database_list", onlySelect},
	{"create secret s (type s3)", onlySelect},
	{"select * from which_secret('s3://x', 's3')", notInFrom},
	// change what is there
	{"create table t as select 1", onlySelect},
	{"create or replace view v as select 1; select 2", onlySelect},
	{"create macro m(a) as a", onlySelect},
	{"drop view v", onlySelect},
	{"delete from v", onlySelect},
	{"insert into v values (1)", onlySelect},
	{"update v set a = 1", onlySelect},
	{"alter table v rename to w", onlySelect},
	{"begin transaction", onlySelect},
	{"prepare p as select 1", onlySelect},
	{"select 1; select 2", several},
	{"", "empty query"},
	{"select", "SELECT clause without selection list"},
	{"select nonsense", "nonsense"},
	// exhaust
	{"select sleep_ms(1000000)", notHere},
	{"select length(list(i)) from (select repeat('x', 1000) || i as i from range(100000000) as t (i))", outOfMemory},
	{"select count(*) from (select distinct a.range, b.range from range(100000) as a, range(100000) as b)", "Memory"},
	{"select max(s) from (select string_agg(repeat('y', 1000), '') as s from range(10000000))", outOfMemory},
}

// SQL in the sandbox reads and writes nothing outside the folders it is given,
// writes nothing inside them either, and stays within its memory and disk.
func TestSandbox(t *testing.T) {
	if len(hostile) < 60 {
		t.Fatalf("%d hostile statements", len(hostile))
	}
	outside, inside, spill := t.TempDir(), t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret.csv")
	if err := os.WriteFile(secret, []byte("a\n4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(inside, "link")); err != nil {
		t.Fatal(err)
	}
	e := sandbox(t, spill, inside)
	for _, h := range hostile {
		query := strings.NewReplacer("$in", inside, "$out", outside, "$base", filepath.Base(outside)).Replace(h.query)
		got, err := everyRow(t.Context(), e, query)
		switch {
		case err == nil || !strings.Contains(err.Error(), h.want):
			t.Errorf("%s: error %v, want %q in it", h.query, err, h.want)
		case strings.Contains(err.Error()+got, "4711"):
			t.Errorf("%s tells the secret", h.query)
		}
	}
	if left, err := os.ReadDir(inside); err != nil || len(left) != 1 {
		t.Errorf("queries wrote %v (%v)", left, err)
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Errorf("queries wrote %v (%v)", left, err)
	}
	// The engine is none the worse for it.
	if got, err := everyRow(t.Context(), e, "select sum(range) from range(11)"); err != nil || got != "[55]" {
		t.Errorf("%s %v", got, err)
	}
}

func TestQueryStopsWhenItsTimeIsOver(t *testing.T) {
	e := sandbox(t, t.TempDir(), t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := everyRow(ctx, e, "select count(*) from range(1000000000000) as a where hash(a.range) = 1")
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if got, err := everyRow(t.Context(), e, "select 7"); err != nil || got != "[7]" {
		t.Errorf("%s %v", got, err)
	}
}

// What an auditor needs is allowed.
func TestSandboxAllowsReading(t *testing.T) {
	inside := t.TempDir()
	if err := os.WriteFile(filepath.Join(inside, "a.csv"), []byte("a\n4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := sandbox(t, t.TempDir(), inside)
	for _, query := range []string{
		"show tables", "describe select 1", "values (1)", "from range(3)", "select 1 -- a comment", "select 1;",
		"with recursive t(n) as (select 1 union all select n + 1 from t where n < 3) select * from t",
		"select * from read_csv('" + inside + "/a.csv')", "select function_name from duckdb_functions() limit 1",
		"select * from (values (1, 2)) as t (a, b) where a in (select unnest([1, 2]))", "select current_date is not null",
	} {
		if got, err := everyRow(t.Context(), e, query); err != nil {
			t.Errorf("%s: %s %v", query, got, err)
		}
	}
}

func sandbox(t *testing.T, spill, inside string) *duckdb.Database {
	t.Helper()
	e, err := duckdb.Open(t.Context(), duckdb.Config{MemoryLimit: "200MB", Threads: 1, TempDir: spill, SpillLimit: "50MB", Folders: []string{inside}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// everyRow gives the rows of a query, one after the other, or its error, which
// is one of usage unless the time is over.
func everyRow(ctx context.Context, e *duckdb.Database, query string) (string, error) {
	rows, err := e.Query(ctx, query)
	if err != nil {
		if kind := pipeline.KindOf(err); kind != pipeline.KindUsage && ctx.Err() == nil {
			return "", fmt.Errorf("kind %d of %w", kind, err)
		}
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	text := ""
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return text, err
		}
		text += fmt.Sprint(row)
	}
	return text, rows.Err()
}
