package reshape

import (
	"strings"
	"testing"
)

// A layout's SQL gives the same rows each time, and looks at nothing but the file.
func TestCheck(t *testing.T) {
	for sql, want := range map[string]string{
		"select line, a from file":                         "",
		`select line, "now", "user" as x from file`:        "",
		"select line, 'now() and random()' as a from file": "",
		"select line from file -- now()":                   "",
		"select line from file /* random() */":             "",
		"select line, now() as at from file":               "now",
		"select line, NOW () as at from file":              "NOW",
		`select line, "now"() as at from file`:             "now",
		"select line, current_date as d from file":         "current_date",
		"select line, random() as r from file":             "random",
		"select line, gen_random_uuid() as r from file":    "gen_random_uuid",
		"select line from file using sample 10":            "sample",
		"select line from file tablesample 10%":            "tablesample",
		"select line from information_schema.tables, file": "information_schema",
		`select line from "information_schema"."tables"`:   "information_schema",
		"select line from duckdb_functions(), file":        "duckdb_functions",
		"select line, $$now()$$ as a from file":            "dollar sign",
		"   ":                                              "empty",
		`select line, "a'b", now() as x, "c'd" from file`:  "now",
		`select line, "a--b", now() as x from file`:        "now",
		`select line, "a/*b", now() as x, "*/" from file`:  "now",
		`select line, "now" /* x */ () as at from file`:    "now",
		`select line, "now" -- x
 () as at from file`: "now",
		`select line, e'\'' || now() || '' as a from file`:       "now",
		`select line, '\' as a, now() as b, '\' as c from file`:  "now",
		`select line, 'a\' as a from file`:                       "",
		`select line, /* /* now() */ now() */ a from file`:       "",
		`select line from query('select 1 as line, now() as a')`: "query",
		`select line, U&"n\006Fw"() from file`:                   "letters",
		`select line, 'a as b from file`:                         "doesn't end",
		`select line, "a as b from file`:                         "doesn't end",
		`select line /* a from file`:                             "doesn't end",
		`select "user" as x, "pg_amount" as y, line from file`:   "",
		`select line from file, "pg_catalog"."pg_class"`:         "pg_catalog",
		"select line, 'it''s' as a, now() as b from file":        "now",
		"select line, '/*' as a, now() as b, '*/' from file":     "now",
		`select line, "a""b" as a, today() as b from file`:       "today",
		"select line, age(timestamp '2026-10-01') from file":     "age",
		"select line, transaction_timestamp() as b from file":    "transaction_timestamp",
	} {
		err := Check(sql)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, and wanted %q", sql, err, want)
		}
	}
}

// What is accepted has every quote and comment closed, so that a clock behind it is
// seen; a clock before it is seen too.
func FuzzCheck(f *testing.F) {
	for _, sql := range []string{
		"select line, a from file", `select line, "now", "user" as x from file`, "select 'now()' -- x", "select /* /* a */ b */ 1", `select e'\'', "a""b", 'it''s'`,
		"select 1 -- now()\r, 2", `U&"d!0061t" uescape '!'`, "select E'\\' , '", "a.b.\"c\"(1)", "e'", "x'00' b'1' n'a'",
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if Check(sql) != nil {
			return
		}
		for _, with := range []string{sql + "\n, now()", "select now(), " + sql, sql + "\n, \"random\" ()", sql + "\n, e'\\'' || now()"} {
			if Check(with) == nil {
				t.Errorf("%q is accepted, and so is %q", sql, with)
			}
		}
	})
}
