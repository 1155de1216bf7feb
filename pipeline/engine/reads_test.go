package engine_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"carat/pipeline/engine/sqltext"
	"carat/sql"
)

// What a query of carat's own reads is what the database's own parser says.
func TestTablesReadAreWhatTheParserSays(t *testing.T) {
	e := openEngine(t)
	queries := map[string]string{
		"a function":         "select * from range(3) as r(i)",
		"a text":             "select 'from here' as \"from there\" from led_a -- from nowhere",
		"named by the query": "with a as (select * from led_a), b(x) as materialized (select 1 from a), c as not materialized (select * from b) select * from c",
		"recursion":          "with recursive led_x(n) as (select n from led_y union all select n + 1 from led_x) select * from led_x inner join led_z using (n)",
		"distinct":           "select a from led_a inner join LED_B on led_a.x is not distinct from led_b.y where a is distinct from b",
		"below":              "select (select max(n) from led_a) as n from (select * from led_b left join led_c using (n)) as b where n in (select n from led_d)",
	}
	err := fs.WalkDir(sql.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".sql") || strings.HasPrefix(path, "dialect/") {
			return err
		}
		text, err := fs.ReadFile(sql.Files, path)
		if err == nil {
			queries[path], err = sqltext.ForEachFeed(string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, models := builtinModels(t)
	for _, m := range models {
		for _, key := range []string{"checked", "not_compared"} {
			if source := m.Header[key]; source != "" {
				queries[m.Path+", "+key] = counting(source)
			}
		}
	}
	for path, query := range queries {
		want, err := e.Reads(t.Context(), query)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got := sqltext.Tables(query); !slices.Equal(got, want) {
			t.Errorf("%s reads %v, the parser says %v", path, got, want)
		}
	}
}
