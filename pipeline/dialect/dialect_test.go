package dialect_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"carat/pipeline/dialect"
	"carat/pipeline/engine/sqltext"
	"carat/sql"
)

const trinoPath = "dialect/trino.sql"

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := fs.ReadFile(sql.Files, path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func trino(t *testing.T) *dialect.Dialect {
	t.Helper()
	d, err := dialect.Trino(trinoPath, read(t, trinoPath))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestSameMacros holds the macros of the two engines against each other: the same
// names and parameters, in the same order.
func TestSameMacros(t *testing.T) {
	spelled := map[string][]string{}
	for _, path := range []string{"dialect/duckdb.sql", trinoPath} {
		macros, err := dialect.Macros(path, read(t, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range macros {
			spelled[path] = append(spelled[path], fmt.Sprintf("%s(%s)", m.Name, strings.Join(m.Parameters, ", ")))
			if slices.Contains(m.Parameters, "zone") {
				t.Errorf("%s: %s has a parameter called zone, which Trino reads as `time zone`", path, m.Name)
			}
		}
	}
	ours, theirs := spelled["dialect/duckdb.sql"], spelled[trinoPath]
	if len(ours) < 40 {
		t.Errorf("only %d macros were read", len(ours))
	}
	for i := range max(len(ours), len(theirs)) {
		if i >= len(ours) || i >= len(theirs) || ours[i] != theirs[i] {
			t.Fatalf("macro %d differs:\nduckdb %v\ntrino  %v", i, ours[min(i, len(ours)-1):], theirs[min(i, len(theirs)-1):])
		}
	}
}

// TestEveryModelIsSpelled spells every model of sql/ for Trino: none has a sign, a
// type or a function that is on no list.
func TestEveryModelIsSpelled(t *testing.T) {
	d, models, sequential := trino(t), 0, 0
	err := fs.WalkDir(sql.Files, ".", func(path string, _ fs.DirEntry, err error) error {
		folder, _, _ := strings.Cut(path, "/")
		if err != nil || !strings.HasSuffix(path, ".sql") || folder == "dialect" || folder == "evidence" || folder == "statements" {
			return err // evidence and statements are queries of the embedded engine
		}
		models++
		query, err := sqltext.ForEachFeed(read(t, path))
		if err != nil {
			return err
		}
		if dialect.IsSequential(query) {
			sequential++
			return nil
		}
		text, err := d.Expand(path, query)
		if err != nil {
			t.Error(err)
		}
		if strings.Contains(text, "//") || strings.Contains(strings.ToLower(text), "hugeint") {
			t.Errorf("%s keeps what only DuckDB reads", path)
		}
		return nil
	})
	if err != nil || models < 180 || sequential != 1 {
		t.Errorf("%d models, of which %d are sequential: %v", models, sequential, err)
	}
}

func TestExpand(t *testing.T) {
	d, err := dialect.Trino("t.sql", `-- a comment; with (signs
create or replace macro twice(x) as 2 * x;
create or replace macro both(a, b) as twice(a) || ';' || twice(b); -- ; in a text
create or replace macro tail(day, tz) as date_add('day', 1, day);`)
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"select twice(a + b)":                                         "select (2 * (a + b))",
		"select TWICE( t.x )":                                         "select (2 * t.x)",
		"select both(twice(1), coalesce(a, b))":                       "select ((2 * (((2 * 1)))) || ';' || (2 * ((coalesce(a, b)))))",
		"select t.twice, twice from t":                                "select t.twice, twice from t",
		"select tail(x.day, 'a,b)')":                                  "select (date_add('day', 1, x.day))",
		"select 'twice(1)' -- twice(1)":                               "select 'twice(1)'",
		"select cast(a as hugeint) // 2":                              "select cast(a as decimal(38, 0)) / 2",
		"select cast(a as timestamptz)":                               "select cast(a as timestamp(6) with time zone)",
		"select a < 10000000000000000000":                             "select a < decimal '10000000000000000000'",
		"select cast(a as timestamp)":                                 "select cast(a as timestamp(6))",
		"select cast(a as timestamp with time zone)":                  "select cast(a as timestamp(6) with time zone)",
		"select timestamp with time zone '2026-10-01 00:00:00.5+00'":  "select timestamp '2026-10-01 00:00:00.500000 UTC'",
		"select timestamp with time zone '9999-12-31 00:00:00+00:00'": "select timestamp '9999-12-31 00:00:00.000000 UTC'",
		"select greatest(a, 0)":                                       "select greatest(coalesce(a, 0), 0)",
		"select least(a, b)":                                          "select least(coalesce(a, b), coalesce(b, a))",
		"select greatest(a, b, c)":                                    "select greatest(coalesce(a, b, c), coalesce(b, c, a), coalesce(c, a, b))",
		"select greatest(0, least(a, twice(b)))":                      "select greatest(0, coalesce(least(coalesce(a, (2 * b)), coalesce((2 * b), a)), 0))",
		"select split_part(x, '/', 2)":                                "select coalesce(split_part(x, '/', 2), substr(x, 1, 0))",
		"with t (a, b) as (select 1, 2) select * from t where a != b": "with t (a, b) as (select 1, 2) select * from t where a <> b",
		"select * from (values (1, 2)) as n (a, b)":                   "select * from (values (1, 2)) as n (a, b)",
	} {
		got, err := d.Expand("m.sql", query)
		if err != nil || got != want {
			t.Errorf("%s:\n got %s\nwant %s\n err %v", query, got, want, err)
		}
	}
}

// TestRefused has texts that can't be spelled for sure: each is named by its file
// and line.
func TestRefused(t *testing.T) {
	d, err := dialect.Trino("t.sql", `create or replace macro twice(x) as 2 * x;
create or replace macro round(x) as trip(x);
create or replace macro trip(x) as round(x);`)
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"select\n  list_sum(a)":                    "m.sql:2: list_sum is neither a macro",
		"select\n\n a::bigint":                     "m.sql:3: `::` is not SQL",
		"select twice(1, 2)":                       "m.sql:1: twice takes 1 values (x) and is given 2",
		"select twice(1":                           "m.sql:1: a bracket is opened",
		"select 'a":                                "m.sql:1: a quote is opened",
		"select trip(1)":                           "reads itself",
		"select a from t qualify row_number() = 1": "`qualify` is not SQL",
		"select a from t group by all":             "`group by all`",
		"select * exclude (a) from t":              "`exclude`",
		"select [1, 2]":                            "no lists",
		"select cast(a as decimal)":                "decimal has no digits",
		"select cast(a as double)":                 "`double`",
		"select timestamp with time zone '2026-10-01 00:00:00+02:00'": "is no instant in UTC",
		"select split_part(x, '/')":                                   "split_part takes 3",
		"select x -> 'a'":                                             "`->`",
	} {
		if _, err := d.Expand("m.sql", query); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
	}
	for text, want := range map[string]string{
		"create macro a(x) as 1;":                                              "t.sql:1: a macro begins",
		"\ncreate or replace macro a as 1;":                                    "t.sql:2: macro a has no parameters",
		"create or replace macro a(x) as 1":                                    "`;` is missing",
		"create or replace macro a(x) as 1;create or replace macro A(y) as 2;": "there twice",
	} {
		if _, err := dialect.Macros("t.sql", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
