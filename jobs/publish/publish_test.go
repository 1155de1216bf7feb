package publish_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/duckdb/duckdb-go/v2"

	"carat/fixtures"
	"carat/jobs"
	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/jobs/publish"
	"carat/pipeline"
	sqlmodels "carat/sql"
)

// plainDuckDB asks a DuckDB file with the driver alone, as any client does.
func plainDuckDB(t *testing.T, file string, first []string, query string) string {
	t.Helper()
	connector, err := duckdb.NewConnector(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	db.SetMaxOpenConns(1) // a variable belongs to a connection
	for _, q := range first {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(q, err)
		}
	}
	rows, err := db.Query(query)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		columns, _ := rows.Columns()
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintln(cells...)))
	}
	if err := rows.Err(); err != nil {
		return err.Error()
	}
	return strings.Join(lines, "\n")
}

// A published file opens in plain DuckDB, wherever it and the lake were moved
// to, has every table with the rows that a query finds, and says what they mean.
func TestPublish(t *testing.T) {
	s, _ := trial.Generated(t, 7, "all")
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sqlmodels.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	s.By.User, s.Build = "aud", "v1"
	file := filepath.Join(s.Config.Dir, "audit.duckdb")
	o := publish.Options{Setting: s, SQL: sqlmodels.Files, Out: file}
	result, err := publish.Write(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if result.Views < 30 || result.LastBatch == "" || len(result.Chain) != 64 {
		t.Errorf("Publish = %+v", result)
	}
	if _, err := publish.Write(t.Context(), o); pipeline.KindOf(err) != pipeline.KindUsage ||
		!strings.Contains(err.Error(), "the file is there already; name another with --out, or replace it with --force") {
		t.Errorf("a second time: %v", err)
	}
	o.Force = true
	if _, err := publish.Write(t.Context(), o); err != nil {
		t.Errorf("with force: %v", err)
	}
	trial.NoLeftovers(t, s.Config.Dir)
	access, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select who, verb, row_count, outcome from access where verb = 'publish' order by accessed_at limit 1"})
	if err != nil || len(access.Rows) != 1 || fmt.Sprint(access.Rows[0]...) != fmt.Sprint("aud", "publish", int64(result.Views), "done") {
		t.Errorf("access %v, %v", access, err)
	}

	want, union := map[string]int64{}, ""
	tables, err := publish.Tables(t.Context(), publish.TablesOptions{Setting: s, SQL: sqlmodels.Files})
	if err != nil {
		t.Fatal(err)
	}
	counts := "select 0 as n"
	var names []string
	for _, row := range tables.Rows {
		if name := row[0].(string); row[1] == nil && name != books.TableAccess {
			names = append(names, name)
			counts += " union all select count(*) from " + name
			union += " union all select '" + name + "', count(*) from " + name
		}
	}
	for i, name := range names {
		got, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select count(*) from " + name})
		if err != nil {
			t.Fatal(err)
		}
		want[names[i]] = got.Rows[0][0].(int64)
	}
	var expected []string
	for _, name := range names {
		expected = append(expected, fmt.Sprintf("%s %d", name, want[name]))
	}
	union = "select name || ' ' || n from (" + strings.TrimPrefix(strings.Replace(union, ", count(*) from", " as name, count(*) as n from", 1), " union all ") + ") order by 1"

	// Moved together, under a name that SQL and URLs would trip over.
	moved := filepath.Join(t.TempDir(), "an auditor's Prüfung")
	if err := os.Rename(s.Config.Dir, moved); err != nil {
		t.Fatal(err)
	}
	there := filepath.Join(moved, "audit.duckdb")
	sorted := plainDuckDB(t, "", nil, "select unnest(list_sort(['"+strings.Join(expected, "','")+"']))")
	if got := plainDuckDB(t, there+"?access_mode=READ_ONLY", nil, union); got != sorted {
		t.Errorf("rows by table:\n%s\nwant\n%s", got, sorted)
	}
	attach := "attach '" + strings.ReplaceAll(there, "'", "''") + "' as audit (read_only)"
	variable := "set variable lake = '" + strings.ReplaceAll(filepath.Join(moved, "lake"), "'", "''") + "'"
	if got := plainDuckDB(t, "", []string{attach, variable}, "select count(*) from audit.gift_events"); got != fmt.Sprint(want["gift_events"]) {
		t.Errorf("attached: %s", got)
	}
	if got := plainDuckDB(t, "", []string{attach}, "select count(*) from audit.gift_events"); !strings.Contains(got, `No files found that match the pattern "lake/carat.db/gift_events/`) {
		t.Errorf("attached without the variable: %s", got)
	}
	if got := plainDuckDB(t, there, nil, "select count(*) from duckdb_columns() where not internal and schema_name = 'main' and comment is null"); got != "0" {
		t.Errorf("%s columns have no meaning", got)
	}
	if got := plainDuckDB(t, there, nil, "select count(*) from duckdb_views() where not internal and comment is null"); got != "0" {
		t.Errorf("%s views have no meaning", got)
	}
	if got := plainDuckDB(t, there, nil, "select published_by, carat, last_batch from published"); got != "aud v1 "+result.LastBatch {
		t.Errorf("published: %s", got)
	}
	if got := plainDuckDB(t, there, nil, "select count(*) = (select count(*) from exceptions) from all_runs.exceptions"); got != "true" {
		t.Errorf("all_runs: %s", got)
	}
}

// current_FEED is a raw table as of a batch: the rows of the batches up to it, without
// those that were undone by then.
func TestCurrentViews(t *testing.T) {
	s, _ := trial.Made(t, fixtures.Options{Period: "2026-10", Gifts: 200, Viewers: 30, Creators: 10, Seed: 3, Files: fixtures.FilesDaily}, "none")
	trial.Ingest(t, s)
	gifts, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select batch_id from batches where feed = 'gift_events' order by 1"})
	if err != nil || len(gifts.Rows) < 5 {
		t.Fatalf("%v %v", gifts, err)
	}
	undone := fmt.Sprint(gifts.Rows[2][0])
	u, err := ingest.Undo(t.Context(), ingest.UndoOptions{Setting: s, Batch: undone, Reason: "read wrongly"})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.Config.Dir, "audit.duckdb")
	if _, err := publish.Write(t.Context(), publish.Options{Setting: s, SQL: sqlmodels.Files, Out: file}); err != nil {
		t.Fatal(err)
	}
	last := ""
	for _, at := range []string{undone, fmt.Sprint(gifts.Rows[1][0]), fmt.Sprint(gifts.Rows[4][0]), u.By, ""} {
		for _, name := range []string{"gift_events", "coin_purchases", "creators", "rejects"} {
			want, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, AsOf: at, Query: "select count(*), count(distinct batch_id) from " + name})
			if err != nil {
				t.Fatal(err)
			}
			var first []string
			if at != "" {
				first = []string{"set variable as_of = " + strings.TrimLeft(at, "b0")}
			}
			got := plainDuckDB(t, file, first, "select count(*), count(distinct batch_id) from current_"+name)
			if got != fmt.Sprint(want.Rows[0]...) {
				t.Errorf("current_%s as of %q: %s, want %v", name, at, got, want.Rows[0])
			}
			if name == "gift_events" {
				if got == last {
					t.Errorf("as of %q it is as before: %s", at, got)
				}
				if last = got; at == u.By {
					last = ""
				}
			}
		}
	}
}
