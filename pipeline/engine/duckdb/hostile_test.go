package duckdb_test

import (
	"context"
	"database/sql"
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
	noFile      = "a file may not be used in a FROM here"
	noSchema    = "there is no schema"
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
	{"select * from read_csv('$out/secret.csv')", notInFrom},
	{"select * from '$out/secret.csv'", noFile},
	{"select * from read_text('$out/secret.csv')", notInFrom},
	{"select * from read_blob('$out/secret.csv')", notInFrom},
	{"select * from read_json('$out/secret.csv')", notInFrom},
	{"select * from read_parquet('$out/x.parquet')", notInFrom},
	{"select * from parquet_metadata('$out/x.parquet')", notInFrom},
	{"select * from parquet_schema('$out/x.parquet')", notInFrom},
	{"select * from sniff_csv('$out/secret.csv')", notInFrom},
	{"select * from glob('$out/*')", notInFrom},
	{"select * from read_text('$in/../$base/secret.csv')", notInFrom},
	{"select * from read_text('$in/link')", notInFrom},
	{"select * from '/etc/passwd'", noFile},
	{"select * from read_text('/proc/self/environ')", notInFrom},
	{"select * from read_text('https://example.com/x')", notInFrom},
	{"select * from read_parquet('s3://bucket/x.parquet')", notInFrom},
	{"select * from read_duckdb('$out/x.duckdb')", notInFrom},
	{"with a as (select * from read_text('$out/secret.csv')) select * from a", notInFrom},
	{"select (select content from read_text('$out/secret.csv'))", notInFrom},
	{"select * from range(3), lateral (select * from read_text('$out/secret.csv'))", notInFrom},
	{"describe select * from read_csv('$out/secret.csv')", notInFrom},
	{"summarize select * from read_csv('$out/secret.csv')", notInFrom},
	{"select getenv('HOME')", notHere},
	// a file as a table, in every way to write one
	{"from '$in/link'", noFile},
	{"from 'secret.csv'", noFile},
	{"table 'secret.csv'", noFile},
	{"describe '$out/secret.csv'", noFile},
	{"summarize '$out/secret.csv'", noFile},
	{"select * from (describe 'secret.csv')", noFile},
	{"select * from \"$out/secret\".\"csv\"", noSchema},
	{"select * from \"$out/a\".b.csv", noSchema},
	{"select * from main.\"$out/secret.csv\"", noFile},
	{"with a as (select 1) select * from a positional join 'secret.csv'", noFile},
	{"select * from a asof join '$out/secret.csv' b on a.x >= b.x", noFile},
	{"select (from '$out/secret.csv' limit 1)", noFile},
	{"select * from range(2) where exists (from '$out/secret.parquet')", noFile},
	{"with \"secret.csv\" as (select 1 a) select * from main.\"secret.csv\"", noFile},
	{"with \"$in/link\" as (select 1 a) from \"$in/link\"", noFile},
	// what WITH names holds for its own query alone
	{"select y.* from (with \"$in/link\" as (select 1) select 1) x, \"$in/link\" y", noFile},
	{"select * from \"$in/link\" where 1 in (with \"$in/link\" as (select 1) select 1)", noFile},
	{"(with \"$in/link\" as (select 1 a) select 1) union all by name from \"$in/link\"", noFile},
	{"with x as (with \"$in/link\" as (select 1) select 1) from \"$in/link\", x", noFile},
	{"with x as (from \"$in/link\"), \"$in/link\" as (select 1) from x", noFile},
	{"select (with recursive \"$in/link\" as (select 1) select 1), * from \"$IN/link\"", noFile},
	{"select y.p from (select p.a as p from (with \"$in/link\" as (select 1 as z) select 1 as z) as w, \"$in/link\" as p) as y where p > 0", noFile},
	{"from (with duckdb_logs as (select 1) select 1) x, duckdb_logs", notInFrom},
	{"from (with pragma_database_list as (select 1) select 1) x, \"Pragma_Database_List\"", notInFrom},
	{"with pg_settings as (select 1) select 1", notInFrom},
	// a schema that is the beginning of a file's name
	{"from main.csv", noFile},
	{"from pg_catalog.parquet", noFile},
	{"from memory.main.\"JSON\"", noFile},
	{"from information_schema.csv", noFile},
	{"select * from glob('*')", notInFrom},
	{"select * from (from read_text('$out/secret.csv'))", notInFrom},
	{"from system.main.read_csv('$out/secret.csv')", notInFrom},
	{"select * from \"READ_CSV\"('$out/secret.csv')", notInFrom},
	// the environment, settings, variables, waiting, in every place of an expression
	{"select * from duckdb_settings()", notInFrom},
	{"select * from pg_catalog.pg_settings", notInFrom},
	{"select * from duckdb_databases", notInFrom},
	{"select * from duckdb_secrets()", notInFrom},
	// the SQL of views, which names files by where they lie
	{"select * from duckdb_views()", notInFrom},
	{"select sql from duckdb_tables()", notInFrom},
	{"select sql from sqlite_master", notInFrom},
	{"select sql from main.\"SQLITE_SCHEMA\"", notInFrom},
	{"from system.pg_catalog.pg_views", notInFrom},
	{"select view_definition from information_schema.views", notInFrom},
	{"select view_definition from system.information_schema.\"Views\"", notInFrom},
	{"select current_setting('temp_directory')", notHere},
	{"select getvariable('x')", notHere},
	{"select ('HOME').getenv()", notHere},
	{"select list_transform(['HOME'], x -> getenv(x))", notHere},
	{"select list_transform(['HOME'], lambda x: x.current_setting())", notHere},
	{"select 1 order by getenv('HOME')", notHere},
	{"select 1 limit nextval('s')", notHere},
	{"select sum(sleep_ms(1)) over () from range(3)", notHere},
	{"select count(*) filter (where pg_sleep(1) is null) from range(3)", notHere},
	{"values (pg_sleep(1))", notHere},
	{"select cast(system.main.current_setting('threads') as int)", notHere},
	{"select case when pg_sleep(1) is null then 1 end", notHere},
	{"select * from range(sleep_ms(1)::int)", notHere},
	{"select * from range(3) t(a) join range(3) u(b) on a = b and pg_sleep(1) is null", notHere},
	{"select columns(c -> getenv(c) = '') from range(3)", notHere},
	{"select 'a' like 'b' escape current_setting('x')", notHere},
	// SQL in a text
	{"select length(json_serialize_plan('export database ''$in/e''')::varchar)", notHere},
	{"select json_serialize_plan('export database ''$out/e''')", notHere},
	{"select ('export database ''$in/e''').json_serialize_plan()", notHere},
	{"select list_transform(['export database ''$in/e'''], q -> json_serialize_plan(q))", notHere},
	{"select apply(['export database ''$in/e'''], lambda q: q.json_serialize_plan(true))", notHere},
	{"select * from range(1) where json_serialize_plan('export database ''$in/e''') is null", notHere},
	{"select max(json_serialize_plan('export database ''$in/e''')) over ()", notHere},
	{"select \"JSON_Serialize_Plan\"('export database ''$in/e''')", notHere},
	{"select main.json_serialize_plan('export database ''$in/e''')", notHere},
	{"describe select json_serialize_plan('export database ''$in/e''')", notHere},
	{"with recursive t(n) as (select json_serialize_plan('export database ''$in/e''') union all select n from t where false) from t", notHere},
	{"select * from (values (json_serialize_plan('export database ''$in/e''')))", notHere},
	{"select 1 group by json_serialize_plan('export database ''$in/e''')", notHere},
	{"select 1 having json_serialize_plan('export database ''$in/e''') is not null", notHere},
	{"select 1 qualify row_number() over (order by json_serialize_plan('export database ''$in/e''')) = 1", notHere},
	{"select distinct on (json_serialize_plan('export database ''$in/e''')) 1", notHere},
	{"select try(json_serialize_plan('export database ''$in/e'''))", notHere},
	{"select {a: json_serialize_plan('export database ''$in/e''')}", notHere},
	{"select [json_serialize_plan('export database ''$in/e''')]", notHere},
	{"select * replace (json_serialize_plan('x') as range) from range(1)", notHere},
	{"select json_serialize_sql('select 1')", notHere},
	{"select json_deserialize_sql(json('{}'))", notHere},
	{"explain select json_serialize_plan('export database ''$in/e''')", onlySelect},
	{"explain analyze select 1", onlySelect},
	{"from query('export database ''$in/e''')", notInFrom},
	{"select * from sql_auto_complete('sel')", notInFrom},
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
	{"execute p", onlySelect},
	{"call pragma_version()", onlySelect},
	{"vacuum", onlySelect},
	{"checkpoint", onlySelect},
	{"comment on table v is 'x'", onlySelect},
	{"select 1; select 2", several},
	{"", "empty query"},
	{"select", "SELECT clause without selection list"},
	{"select nonsense", "nonsense"},
	{"select 1e400", "larger than 1.8e308"},
	{"select -1e400", "larger than 1.8e308"},
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

// The folders hold by themselves too, whatever the lists let through.
func TestFoldersHold(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret.csv")
	if err := os.WriteFile(secret, []byte("a\n4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(inside, "link")); err != nil {
		t.Fatal(err)
	}
	e := sandbox(t, t.TempDir(), inside)
	for _, from := range []string{
		"read_csv('$out/secret.csv')", "'$out/secret.csv'", "read_text('$out/secret.csv')", "read_blob('$out/secret.csv')", "read_json('$out/secret.csv')",
		"read_parquet('$out/x.parquet')", "parquet_metadata('$out/x.parquet')", "parquet_schema('$out/x.parquet')", "sniff_csv('$out/secret.csv')",
		"glob('$out/*')", "read_text('$in/../$base/secret.csv')", "read_text('$in/link')", "read_text('/proc/self/environ')",
		"read_text('https://example.com/x')", "read_parquet('s3://bucket/x.parquet')",
	} {
		from = strings.NewReplacer("$in", inside, "$out", outside, "$base", filepath.Base(outside)).Replace(from)
		rows, err := e.Select(t.Context(), "select * from "+from)
		if err == nil {
			err = errors.Join(rows.Close(), errors.New("it was read"))
		}
		if !strings.Contains(err.Error(), permission) {
			t.Errorf("%s: %v", from, err)
		}
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
		"with \"a b\" as (select 1) from \"a b\"", "with a as (select 1), b as (from a) from b, (with c as (from b) from c)", "select ('a').upper(), list_transform([1], x -> x + 1)", "select * from information_schema.tables",
		"select a, sum(b) over (order by a rows between 1 preceding and current row), a // 2, a % 2, b ** 2 from (values (1, 2)) t(a, b)",
		"select extract(month from date '2026-10-01'), interval 1 day, 'a' similar to 'b', 'a' ilike 'A', {a: 1}.a, [1, 2][1], map {'a': 1}['a'], 'abc'[1:2]",
		"select date '2026-10-01' + interval (3) day, timestamptz '2026-10-01 00:00:00Z' at time zone 'Europe/Berlin', cast('1' as decimal(38, 6))",
		"select coalesce(null, 1), nullif(1, 2), ifnull(null, 3), greatest(1, 2), position('a' in 'ba'), substring('abc' from 2 for 1), trim(both 'x' from 'xax')",
		"select string_agg(a, ',' order by a), quantile_cont(b, 0.5), count(*) filter (where b > 1), grouping(a) from (values ('x', 2)) t(a, b) group by rollup (a)",
		"select json_extract_string('{\"a\": 1}', '$.a'), '{\"a\": 1}'::json ->> 'a', regexp_extract('a1', '[0-9]'), sha256('a'), current_date, now(), today()",
		"select * from (values (1)) t(a) asof join (values (0)) u(b) on t.a >= u.b", "from duckdb_columns() limit 1", "select not true, -1, ~1, 1 <> 2, 'a' || 'b', 2 ^ 2, @(-3)",
		"select typeof(1), 5!, 'a' ^@ 'a', ['a'] && ['b'], [1] <-> [2], array_slice([1, 2], 1, 1), list_sum([1, 2]), list_aggregate([1, 2], 'max'), 1 in (1, 2), [1] @> [1]",
		"select x'ab', e'\\n', struct_pack(a := 1), {a: 1}['a'], format('{}', 1), printf('%d', 2), [x for x in [1, 2] if x > 1], strftime(date '2026-10-01', '%Y')",
		"select function_name from duckdb_functions() limit 1",
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
	return textOf(rows)
}

// textOf gives the rows of an answer, one after the other.
func textOf(rows *sql.Rows) (text string, err error) {
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return text, err
		}
		for i, v := range row {
			if bytes, ok := v.([]byte); ok {
				row[i] = string(bytes)
			}
		}
		text += fmt.Sprint(row)
	}
	return text, rows.Err()
}
