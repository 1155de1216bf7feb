package reshape

import (
	"strings"
	"testing"
)

// A layout's SQL gives the same rows each time, and looks at nothing but the file.
func TestCheck(t *testing.T) {
	for sql, want := range map[string]string{
		"select line, a from file":                            "",
		`select line, "now", "user" as x from file`:           "",
		"select line, 'now() and random()' as a from file":    "",
		"select line from file -- now()":                      "",
		"select line from file /* random() */":                "",
		"select line, now() as at from file":                  "now",
		"select line, NOW () as at from file":                 "NOW",
		`select line, "now"() as at from file`:                "now",
		"select line, current_date as d from file":            "current_date",
		"select line, random() as r from file":                "random",
		"select line, gen_random_uuid() as r from file":       "gen_random_uuid",
		"select line from file using sample 10":               "sample",
		"select line from file tablesample 10%":               "tablesample",
		"select line from information_schema.tables, file":    "information_schema",
		`select line from "information_schema"."tables"`:      "information_schema",
		"select line from duckdb_functions(), file":           "duckdb_functions",
		"select line, $$now()$$ as a from file":               "dollar sign",
		"   ":                                                 "empty",
		"select line, 'it''s' as a, now() as b from file":     "now",
		"select line, '/*' as a, now() as b, '*/' from file":  "now",
		`select line, "a""b" as a, today() as b from file`:    "today",
		"select line, age(timestamp '2026-10-01') from file":  "age",
		"select line, transaction_timestamp() as b from file": "transaction_timestamp",
	} {
		err := Check(sql)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, and wanted %q", sql, err, want)
		}
	}
}
