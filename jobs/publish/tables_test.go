package publish_test

import (
	"slices"
	"testing"

	"carat/jobs"
	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/publish"
	"carat/sql"
)

// Every table and column that a query finds has its meaning written down once,
// and nothing is written down of what is gone. A new column gets a line in
// sql/columns.tsv.
func TestEveryColumnHasAMeaning(t *testing.T) {
	s, _ := trial.Generated(t, 1, "none")
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	register, err := publish.ReadRegister(sql.Files)
	if err != nil {
		t.Fatal(err)
	}
	p, err := books.OpenExisting(t.Context(), s, books.RightQuery)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	tables, err := publish.AllTables(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	shown := publish.DescribeTables(register, tables)
	if len(shown.Rows) < 200 {
		t.Fatalf("only %d rows", len(shown.Rows))
	}
	for _, row := range shown.Rows {
		if row[3] == "" {
			t.Errorf("sql/columns.tsv has no line for %s %v", row[0], row[1])
		}
	}
	if unused := register.Unused(); len(unused) > 0 {
		t.Errorf("sql/columns.tsv has lines for columns that don't exist: %v", unused)
	}
	for _, found := range []string{"gift_events", "batches", "runs", "access", "statement_lines"} {
		if !slices.ContainsFunc(shown.Rows, func(r []any) bool { return r[0] == found && r[1] == nil }) {
			t.Errorf("table %s is not listed", found)
		}
	}
	// What is listed is what a query finds.
	found, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: `select table_name, column_name from duckdb_columns()
		where not internal order by 1, column_index`})
	if err != nil {
		t.Fatal(err)
	}
	columns := 0
	for _, row := range shown.Rows {
		if row[1] != nil {
			columns++
		}
	}
	if columns != len(found.Rows) {
		t.Errorf("%d columns are listed, a query finds %d", columns, len(found.Rows))
	}
}
