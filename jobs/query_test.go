package jobs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"carat/fixtures"
	"carat/reports/table"
	"carat/sql"
)

// kept is a RowWriter that keeps its rows.
type kept struct{ table table.Table }

func (k *kept) Write(row []any) error {
	k.table.Rows = append(k.table.Rows, slices.Clone(row))
	return nil
}
func (*kept) Close() error { return nil }

// queryTable is Query with all its rows.
func queryTable(ctx context.Context, o QueryOptions) (*table.Table, error) {
	k := &kept{}
	o.Answer = func(columns []table.Column, _ []string) (table.RowWriter, error) {
		k.table.Columns = columns
		return k, nil
	}
	_, err := Query(ctx, o)
	return &k.table, err
}

// Every table and column that a query finds has its meaning written down once,
// and nothing is written down of what is gone. A new column gets a line in
// sql/columns.tsv.
func TestEveryColumnHasAMeaning(t *testing.T) {
	s, _ := generated(t, 1, "none")
	if _, err := Run(t.Context(), RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	register, err := readRegister(sql.Files)
	if err != nil {
		t.Fatal(err)
	}
	p, err := openExisting(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.close() }()
	tables, err := p.allTables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shown := describeTables(register, tables)
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
	found, err := queryTable(t.Context(), QueryOptions{Setting: s, Query: `select table_name, column_name from duckdb_columns()
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

func TestQueryLeavesOneMonth(t *testing.T) {
	s, _ := generated(t, 1, "none")
	if _, err := Run(t.Context(), RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	count := func(o QueryOptions) int64 {
		t.Helper()
		o.Setting = s
		got, err := queryTable(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return got.Rows[0][0].(int64)
	}
	whole := count(QueryOptions{Query: "select count(*) from gift_events"})
	if got := count(QueryOptions{Query: "select count(*) from gift_events", Period: "2026-10"}); got != whole || whole == 0 {
		t.Errorf("%d gifts in the month, %d in all", got, whole)
	}
	if got := count(QueryOptions{Query: "select count(*) from gift_events", Period: "2026-11"}); got != 0 {
		t.Errorf("%d gifts in a month that has none", got)
	}
	if got := count(QueryOptions{Query: "select count(*) from control_results", Period: "2026-11"}); got != 0 {
		t.Errorf("%d results of a month that was never reconciled", got)
	}
	if got := count(QueryOptions{Query: "select count(*) from conversion_rates", Period: "2026-11"}); got == 0 {
		t.Error("reference data are cut by month")
	}
	if got := count(QueryOptions{Query: "select count(*) from access where outcome = 'done' and row_count = 1"}); got != 5 {
		t.Errorf("%d accesses are recorded, 5 were made", got)
	}
}

// A query loads the tables that it names and no other, however it spells them.
// One that names none, or asks what there is, has all of them at hand, and so has
// what is said of a name that isn't there.
func TestQueryLoadsWhatItNames(t *testing.T) {
	known := []string{"creators", "gift_events", "payouts"}
	for _, c := range []struct{ query, want string }{
		{"select * from Gift_Events", "[gift_events] []"},
		{`with g as (select * from "gift_events") select * from g join main.creators using (creator_id), batches`, "[gift_events creators] [batches]"},
		{"select * from batches", "[] [batches]"},
		{"select * from batches where feed = 'payouts'", "[payouts] [batches]"},
		{"select 1", "[] []"},
		{"select * from gift_event", "[] []"},
		{"show tables", "[] []"},
		{"select * from gift_events, information_schema.tables", "[] []"},
		{"select * from payouts, duckdb_views()", "[] []"},
	} {
		names, records := tablesNamed(c.query, known)
		if got := fmt.Sprint(names, records); got != c.want {
			t.Errorf("%s names %s, want %s", c.query, got, c.want)
		}
	}
	s, _ := made(t, fixtures.Options{Period: "2026-10", Gifts: 100, Viewers: 50, Creators: 10, Seed: 2, Files: fixtures.FilesMonth}, "none")
	ingestWorld(t, s)
	for query, want := range map[string]string{
		"select count(*) > 90 from gift_events":                                  "[true]",
		"select count(*) > 5 from batches":                                       "[true]",
		"select count(*) > 90 from gift_events join creators using (creator_id)": "[true]",
		"select count(*) > 15 from duckdb_views() where not internal":            "[true]",
		"select count(*) > 15 from information_schema.tables":                    "[true]",
	} {
		table, err := queryTable(t.Context(), QueryOptions{Setting: s, Query: query})
		if err != nil || len(table.Rows) != 1 || fmt.Sprint(table.Rows[0]) != want {
			t.Errorf("%s gives %v, want %s (%v)", query, table.Rows, want, err)
		}
	}
	for query, want := range map[string]string{
		"select * from gift_event":                                 `Did you mean "gift_events"`,
		"select * from gift_events join payout using (creator_id)": `Did you mean "payouts"`,
		"select * from gift_events, run":                           `Did you mean "runs`,
	} {
		if _, err := queryTable(t.Context(), QueryOptions{Setting: s, Query: query}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", query, err)
		}
	}
}
