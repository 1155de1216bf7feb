package duckdb_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline/engine/duckdb"
)

// grammar makes statements of a small grammar: SELECTs with every clause in
// which an expression or a table may stand, and what might be more than a SELECT
// around or inside them. choose(n) gives a number below n.
type grammar struct {
	choose func(n int) int
	in     string // a folder that may be read
	out    string // one that may not
}

func (g grammar) of(list ...string) string { return list[g.choose(len(list))] }

func (g grammar) path() string {
	return g.of(g.in, g.out) + "/" + g.of("secret.csv", "x.parquet", "new", "link", "*", "a.duckdb")
}

func (g grammar) text(deep int) string {
	sql := func() string { return strings.ReplaceAll(g.statement(deep-1), "'", "''") }
	if deep > 0 && g.choose(3) == 0 {
		return "'" + sql() + "'"
	}
	return "'" + g.of("x", g.path(), "threads", "HOME", "export database ''"+g.path()+"''", "copy (select 1) to ''"+g.path()+"''") + "'"
}

func (g grammar) expression(deep int) string {
	if deep <= 0 {
		return g.of("1", "'a'", "null", "a", "t.a", "*", g.text(0), "date '2026-10-01'", "true")
	}
	e := func() string { return g.expression(deep - 1) }
	name := g.of("json_serialize_plan", "json_serialize_sql", "json_deserialize_sql", "json_execute_serialized_sql", "getenv", "current_setting", "getvariable", "read_text",
		"write_log", "sleep_ms", "pg_sleep", "nextval", "query", "upper", "length", "sha256", "coalesce", "list_transform", "list_aggregate", "json_extract", "concat", "try_cast", "glob",
		"main.json_serialize_plan", "system.main.current_setting", "\"GetEnv\"", "sum", "max", "row_number", "printf", "format", "regexp_replace")
	switch g.choose(14) {
	case 0, 1, 2:
		return name + "(" + g.of(e(), g.text(deep), e()+", "+g.text(deep), "") + ")"
	case 3:
		return "(" + g.text(deep) + ")." + name + "()"
	case 4:
		return "list_transform([" + g.text(deep) + "], x -> " + name + "(x))"
	case 5:
		return "list_transform([" + g.text(deep) + "], lambda x: x." + name + "())"
	case 6:
		return "(" + g.selection(deep-1) + ")"
	case 7:
		return e() + " " + g.of("||", "+", "=", "like", "in", "->>", "//", "^@", "is not distinct from") + " " + g.of(e(), "("+e()+")")
	case 8:
		return "cast(" + e() + " as " + g.of("varchar", "json", "int", "decimal(38, 6)") + ")"
	case 9:
		return "case when " + e() + " then " + e() + " else " + e() + " end"
	case 10:
		return name + "(" + e() + ") over (order by " + e() + ")"
	case 11:
		return g.of("{a: "+e()+"}", "["+e()+"]", "map {'a': "+e()+"}", "columns(c -> "+e()+")", "exists (from "+g.table(deep-1)+")")
	case 12:
		return "count(*) filter (where " + e() + ")"
	default:
		return "try(" + e() + ")"
	}
}

func (g grammar) table(deep int) string {
	function := g.of("read_csv", "read_text", "read_blob", "read_parquet", "glob", "sniff_csv", "query", "query_table", "json_execute_serialized_sql", "enable_logging", "enable_profiling",
		"duckdb_settings", "duckdb_secrets", "parquet_metadata", "range", "unnest", "read_duckdb", "main.read_csv", "\"READ_TEXT\"", "checkpoint", "duckdb_logs", "which_secret")
	switch g.choose(9) {
	case 0, 1:
		return function + "(" + g.of(g.text(deep), "3", "[1]", "storage_path = "+g.text(0)) + ")"
	case 2:
		return "'" + g.path() + "'"
	case 3:
		return g.of("\""+g.path()+"\"", "\""+g.out+"/secret\".\"csv\"", "main.\""+g.path()+"\"", "pg_catalog.pg_settings", "duckdb_databases", "information_schema.tables")
	case 4:
		return "(values (" + g.expression(deep-1) + "))"
	case 5:
		if deep > 0 {
			return "(" + g.of("", "describe ", "summarize ") + g.selection(deep-1) + ")"
		}
	case 6:
		if deep > 0 {
			return g.table(deep-1) + g.of(" join ", " positional join ", " cross join ", ", lateral ", " asof join ") + g.table(deep-1) + g.of("", " on "+g.expression(deep-1))
		}
	}
	return "t"
}

func (g grammar) selection(deep int) string {
	with := g.of("", "", "", "with t as (select 1 as a) ", "with recursive r(n) as (select "+g.expression(deep-1)+" union all select n from r where false) ", "with \"secret.csv\" as (from "+g.table(deep-1)+") ")
	q := g.of("select "+g.expression(deep)+" from "+g.table(deep), "from "+g.table(deep), "from "+g.table(deep)+" select "+g.expression(deep), "values ("+g.expression(deep)+")",
		"select "+g.expression(deep), "select distinct on ("+g.expression(deep-1)+") * from "+g.table(deep), "table t", "show tables", "describe "+g.table(deep), "summarize "+g.table(deep))
	for range g.choose(3) {
		q += g.of(" where ", " group by ", " having ", " qualify ", " order by ", " limit ", " union all select ", " offset ") + g.expression(deep-1)
	}
	return with + q
}

func (g grammar) statement(deep int) string {
	s := g.selection(deep)
	switch g.choose(14) {
	case 0:
		return g.of("copy ("+s+") to '"+g.path()+"'", "export database '"+g.path()+"'", "import database '"+g.path()+"'", "attach '"+g.path()+"'", "create table x as "+s,
			"create macro m(a) as "+g.expression(1), "install httpfs", "load '"+g.path()+"'", "set threads = 1", "set variable x = "+g.expression(1), "pragma database_list", "call enable_logging()",
			"explain "+s, "explain analyze "+s, "prepare p as "+s, "execute p", "drop table t", "insert into t "+s, "vacuum", "checkpoint", "use memory", "reset threads", "begin")
	case 1:
		return s + "; " + g.of(s, "copy (select 1) to '"+g.path()+"'", "export database '"+g.path()+"'", "select 1")
	case 2:
		return g.of("-- a comment\n", "/* a */ ", ";", "\n\t") + s + g.of(";", " -- x", "")
	default:
		return s
	}
}

// ground is what statements are tried on: a folder that may be read and one that may
// not, with a secret in each.
type ground struct {
	e       *duckdb.Database
	in, out string
}

const fuzzSecret = "4711081547110815"

func newGround(t testing.TB) *ground {
	t.Helper()
	g := &ground{in: t.TempDir(), out: t.TempDir()}
	for _, dir := range []string{g.in, g.out} {
		if err := os.WriteFile(filepath.Join(dir, "secret.csv"), []byte("a\n"+fuzzSecret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(g.out, "secret.csv"), filepath.Join(g.in, "link")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", fuzzSecret)
	var err error
	if g.e, err = duckdb.Open(t.Context(), duckdb.Config{MemoryLimit: "200MB", Threads: 1, TempDir: t.TempDir(), SpillLimit: "50MB", Folders: []string{g.in}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.e.Close() })
	if err := g.e.LoadRows(t.Context(), "t", "a varchar", [][]any{{"x"}}); err != nil {
		t.Fatal(err)
	}
	return g
}

// try runs a statement and wants that it read, wrote and told nothing.
func (g *ground) try(t testing.TB, query string) (good bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	got, err := everyRow(ctx, g.e, query)
	if strings.Contains(got, fuzzSecret) || err != nil && strings.Contains(err.Error(), fuzzSecret) && !strings.Contains(query, fuzzSecret) {
		t.Errorf("%s tells the secret", query)
	}
	for dir, want := range map[string][]string{g.in: {"link", "secret.csv"}, g.out: {"secret.csv"}} {
		var names []string
		left, readErr := os.ReadDir(dir)
		for _, one := range left {
			names = append(names, one.Name())
		}
		if readErr != nil || !slices.Equal(names, want) {
			t.Fatalf("%s wrote: %v (%v)", query, names, readErr)
		}
	}
	return err == nil
}

// FuzzSandbox makes statements of bytes: whatever they are, nothing is read or
// written outside, and nothing written inside.
func FuzzSandbox(f *testing.F) {
	for _, seed := range []string{"", "\x00\x00\x00", "\x01\x05\x03\x07\x02\x09", strings.Repeat("\x07\x03", 40)} {
		f.Add([]byte(seed))
	}
	place := newGround(f)
	f.Fuzz(func(t *testing.T, choices []byte) {
		g := grammar{in: place.in, out: place.out, choose: func(n int) int {
			if len(choices) == 0 {
				return n - 1
			}
			c := int(choices[0])
			choices = choices[1:]
			return c % n
		}}
		place.try(t, g.statement(3))
	})
}

// The same with many statements at random, as `make simulate` runs it.
func TestSimulatedStatements(t *testing.T) {
	n, seed := 1_000, uint64(1)
	if os.Getenv("CARAT_SIMULATE") != "" {
		n = 200_000
	}
	if text := os.Getenv("CARAT_SEED"); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatal(err)
		}
	}
	place := newGround(t)
	r := rand.New(rand.NewPCG(seed, 0))
	good := 0
	for range n {
		if place.try(t, grammar{in: place.in, out: place.out, choose: r.IntN}.statement(1+r.IntN(3))) {
			good++
		}
	}
	if good < n/100 {
		t.Errorf("only %d of %d statements were run at all", good, n)
	}
	t.Logf("seed %d: %d statements, of which %d ran; nothing was read or written outside", seed, n, good)
}
