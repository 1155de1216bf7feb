package duckdb

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func opened(t *testing.T) *Database {
	t.Helper()
	d, err := Open(t.Context(), Config{TempDir: t.TempDir(), Threads: 2, Folders: []string{t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// answered gives the cells of one row, and which columns are JSON.
func answered(t *testing.T, d *Database, query string, nested bool) (cells []any, inJSON map[int]bool) {
	t.Helper()
	rows, inJSON, err := d.Answer(t.Context(), query, nested)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	cells = make([]any, len(names))
	into := make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	if !rows.Next() {
		t.Fatalf("%s: no row: %v", query, rows.Err())
	}
	if err := rows.Scan(into...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return cells, inJSON
}

// Every type that this DuckDB has is spelled: a new version's types are looked at
// before they are written.
func TestEveryTypeIsSpelled(t *testing.T) {
	d := opened(t)
	names, err := d.Texts(t.Context(), "select distinct type_name from duckdb_types() where database_name = 'system' and schema_name = 'main' order by 1")
	if err != nil || len(names) < 50 {
		t.Fatalf("%d types, %v", len(names), err)
	}
	for _, name := range names {
		switch name {
		case "list", "struct", "row", "map", "union", "enum", "array", "null", "any", "variant", "geometry", "type": // these take arguments, or are below
			continue
		}
		spelled, err := d.Texts(t.Context(), "select column_type from (describe select cast(null as "+Identifier(name)+") as x)")
		if err != nil || len(spelled) != 1 {
			t.Errorf("the type %s: %v", name, err)
			continue
		}
		if of, err := parseType(spelled[0]); err != nil || of.spelling() == 0 {
			t.Errorf("the type %s is %s, which is on no list (%v)", name, spelled[0], err)
		}
	}
	if err := d.Exec(t.Context(), "create table all_types as from test_all_types()"); err != nil {
		t.Fatal(err)
	}
	columns, err := d.describe(t.Context(), "from all_types")
	if err != nil || len(columns) < 50 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	for _, c := range columns {
		of, err := parseType(c.is)
		if err != nil || of.spelling() == 0 {
			t.Errorf("%s is %s, which is on no list (%v)", c.name, c.is, err)
			continue
		}
		for _, nested := range []bool{false, true} {
			query := "select " + Identifier(c.name) + " from all_types where " + Identifier(c.name) + " is not null limit 1"
			cells, inJSON := answered(t, d, query, nested)
			want, err := d.Texts(t.Context(), "select cast("+Identifier(c.name)+" as varchar) from all_types where "+Identifier(c.name)+" is not null limit 1")
			if err != nil {
				t.Fatal(err)
			}
			switch got := cells[0].(type) {
			case string:
				if !inJSON[0] && got != want[0] || inJSON[0] && of.spelling() == asNested && !strings.ContainsAny(got[:1], "[{") {
					t.Errorf("%s %s: %q, DuckDB's text is %q", c.name, c.is, got, want[0])
				}
			default:
				if of.spelling() > asInstant {
					t.Errorf("%s %s comes as %T", c.name, c.is, got)
				}
			}
		}
	}
}

// A type that isn't known is refused and named.
func TestUnknownTypeIsRefused(t *testing.T) {
	was := spellings["UUID"]
	delete(spellings, "UUID")
	t.Cleanup(func() { spellings["UUID"] = was })
	d := opened(t)
	_, _, err := d.Answer(t.Context(), "select uuid() as id", false)
	if err == nil || !strings.Contains(err.Error(), "the column id is of the type UUID, which carat doesn't write") || !strings.Contains(err.Error(), "cast it in the query") {
		t.Errorf("got %v", err)
	}
}

// What stands around a query stays as it was: comments, a semicolon, an order, names
// that stand twice, and each error in its own words.
func TestAnswerLeavesTheQueryAsItIs(t *testing.T) {
	d := opened(t)
	for query, want := range map[string]string{
		"select [1] as a; -- it's; done": "[[1]]", "select 1 as a, [2] as a": "[1 [2]]", "with x as (select [1.50] as y) select * from x order by y;;": "[[1.50]]",
		"values (1, [';'])": "[1 [;]]", "select [1] /* a ; b": "", "from (select {'a b': 'c'} as s)": "[{'a b': c}]", "show tables": "-",
		"select {'a': 1, 'b c\"d': [date 'infinity']} as s": `[{'a': 1, 'b c"d': [infinity]}]`,
	} {
		rows, _, err := d.Answer(t.Context(), query, false)
		if want == "" {
			if err == nil {
				t.Errorf("%s: no error", query)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		_ = rows.Close()
		if want == "-" {
			continue
		}
		if cells, _ := answered(t, d, query, false); fmt.Sprint(cells...) != strings.Trim(want, "[]") && fmt.Sprint(cells) != want {
			t.Errorf("%s: %v, want %s", query, cells, want)
		}
	}
	rows, _, err := d.Answer(t.Context(), "select 1 as a, [2] as a", false)
	if err != nil {
		t.Fatal(err)
	}
	names, err := rows.Columns()
	_ = rows.Close()
	if err != nil || !slices.Equal(names, []string{"a", "a"}) {
		t.Errorf("the columns are %q, %v", names, err)
	}
	if _, _, err := d.Answer(t.Context(), "select nothing, [1] from range(3)", false); err == nil || strings.Contains(err.Error(), "describe") || !strings.Contains(err.Error(), `"nothing" not found`) {
		t.Errorf("got %v", err)
	}
	rows, _, err = d.Answer(t.Context(), "select i, [i] as l from range(1000000) as r(i) order by hash(i)", false)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	order, err := d.beside[0].QueryContext(t.Context(), "select i, cast([i] as varchar) from range(1000000) as r(i) order by hash(i)")
	if err != nil {
		t.Fatal(err)
	}
	defer order.Close()
	for n := 0; rows.Next() && order.Next(); n++ {
		var got, want int64
		var list, wantList string
		if err := rows.Scan(&got, &list); err != nil {
			t.Fatal(err)
		}
		if err := order.Scan(&want, &wantList); err != nil {
			t.Fatal(err)
		}
		if got != want || list != wantList {
			t.Fatalf("row %d is %d, %s, want %d, %s", n, got, list, want, wantList)
		}
	}
}

func TestTypesAreRead(t *testing.T) {
	for text, want := range map[string]string{
		`STRUCT(a INTEGER, "b c""d" DECIMAL(10,2)[])`: `STRUCT(a INTEGER, "b c""d" VARCHAR[])`,
		`STRUCT(INTEGER, VARCHAR)`:                    "VARCHAR",
		`STRUCT(TIMESTAMP WITH TIME ZONE)`:            "VARCHAR",
		`STRUCT("timestamp" TIME WITH TIME ZONE)`:     `STRUCT("timestamp" VARCHAR)`,
		`MAP(ENUM('a(', ')''b'), INTEGER[3][])[2]`:    "MAP(VARCHAR, INTEGER[3][])[2]",
		`UNION(x INTEGER, y STRUCT(z VARCHAR))`:       "VARCHAR",
		`BOOLEAN[]`:                                   "BOOLEAN[]",
		`DOUBLE`:                                      "VARCHAR",
	} {
		if of, err := parseType(text); err != nil || of.inJSON() != want {
			t.Errorf("%s: %s, %v; want %s", text, of.inJSON(), err, want)
		}
	}
	for _, text := range []string{"STRUCT(a INTEGER", "INTEGER[", "MAP(VARCHAR)", "ENUM('a)", "INTEGER)", "MAP(VARCHAR, INTEGER, INTEGER)"} {
		if of, err := parseType(text); err == nil {
			t.Errorf("%s is read as %v", text, of)
		}
	}
}
