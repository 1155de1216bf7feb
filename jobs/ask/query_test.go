package ask_test

import (
	"fmt"
	"strings"
	"testing"

	"carat/fixtures"
	"carat/jobs"
	"carat/jobs/ask"
	"carat/jobs/internal/trial"
	"carat/sql"
)

func TestQueryLeavesOneMonth(t *testing.T) {
	s, _ := trial.Generated(t, 1, "none")
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	count := func(o ask.QueryOptions) int64 {
		t.Helper()
		o.Setting = s
		got, err := trial.Query(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return got.Rows[0][0].(int64)
	}
	whole := count(ask.QueryOptions{Query: "select count(*) from gift_events"})
	if got := count(ask.QueryOptions{Query: "select count(*) from gift_events", Period: "2026-10"}); got != whole || whole == 0 {
		t.Errorf("%d gifts in the month, %d in all", got, whole)
	}
	if got := count(ask.QueryOptions{Query: "select count(*) from gift_events", Period: "2026-11"}); got != 0 {
		t.Errorf("%d gifts in a month that has none", got)
	}
	if got := count(ask.QueryOptions{Query: "select count(*) from control_results", Period: "2026-11"}); got != 0 {
		t.Errorf("%d results of a month that was never reconciled", got)
	}
	if got := count(ask.QueryOptions{Query: "select count(*) from conversion_rates", Period: "2026-11"}); got == 0 {
		t.Error("reference data are cut by month")
	}
	if got := count(ask.QueryOptions{Query: "select count(*) from access where outcome = 'done' and row_count = 1"}); got != 5 {
		t.Errorf("%d accesses are recorded, 5 were made", got)
	}
}

// A query loads the tables that it names and no other. One that names none, or
// asks what there is, has all of them at hand, and so has what is said of a name
// that isn't there.
func TestQueryLoadsWhatItNames(t *testing.T) {
	s, _ := trial.Made(t, fixtures.Options{Period: "2026-10", Gifts: 100, Viewers: 50, Creators: 10, Seed: 2, Files: fixtures.FilesMonth}, "none")
	trial.Ingest(t, s)
	for query, want := range map[string]string{
		"select count(*) > 90 from gift_events":                                  "[true]",
		"select count(*) > 5 from batches":                                       "[true]",
		"select count(*) > 90 from gift_events join creators using (creator_id)": "[true]",
		"select count(*) > 15 from information_schema.tables":                    "[true]",
	} {
		table, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: query})
		if err != nil || len(table.Rows) != 1 || fmt.Sprint(table.Rows[0]) != want {
			t.Errorf("%s gives %v, want %s (%v)", query, table.Rows, want, err)
		}
	}
	for query, want := range map[string]string{
		"select * from gift_event":                                 `Did you mean "gift_events"`,
		"select * from gift_events join payout using (creator_id)": `Did you mean "payouts"`,
		"select * from gift_events, run":                           `Did you mean "runs`,
	} {
		if _, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: query}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", query, err)
		}
	}
}
