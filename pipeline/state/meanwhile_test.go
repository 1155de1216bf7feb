package state

import (
	"strings"
	"testing"
	"time"

	"carat/pipeline/state/database"
)

// A state that stays open, as the pages and the scheduler hold one, goes on when another
// program changes its tables: what was added is named, what is read is read, and rows
// are recorded. (PostgreSQL refuses a plan that was kept from before.)
func TestTablesThatChangeMeanwhile(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s, at := open(t, dsn), time.UnixMicro(9_000_000).UTC()
		recordEverything(t, s)
		for range 3 { // whatever is kept of a query is kept by now
			if v := verified(t, s); len(v.Differences) > 0 {
				t.Fatal(v.Differences)
			}
		}
		driver, source := "sqlite", "file:"+sqlitePath.Replace(dsn)
		if strings.HasPrefix(dsn, "postgres") {
			driver, source = "pgx", dsn
		}
		other, err := database.Open(driver, source)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		for _, table := range []string{"carat_access", "carat_jobs", "carat_users", "carat_runs", "carat_periods", "carat_sign_offs", "carat_locks", "carat_decisions", "carat_sent", "carat_records", "carat_slots"} {
			if _, err := other.Exec("alter table " + table + " add column mine text"); err != nil {
				t.Fatal(err)
			}
			if v := verified(t, s); !strings.Contains(strings.Join(v.Differences, "\n"), table+": ") {
				t.Errorf("%s has a column more: %q", table, v.Differences)
			}
		}
		if s.postgres { // what an upgrade may do to a column that queries name
			for _, change := range []string{"carat_jobs alter column started_at type numeric", "carat_runs alter column run_id type varchar(200)", "carat_users alter column granted_by type varchar(200)"} {
				if _, err := other.Exec("alter table " + change); err != nil {
					t.Fatal(err)
				}
			}
		}
		no, err := s.BeginJob(t.Context(), Job{Job: "verify", User: "ann", OSUser: "ann", StartedAt: at})
		if err == nil {
			err = s.EndJob(t.Context(), Job{No: no, Result: JobDone, EndedAt: at})
		}
		if err == nil {
			_, err = s.BeginAccess(t.Context(), Access{At: at, Who: "eve", Verb: "query", Text: "select 2"})
		}
		if err == nil {
			_, err = s.Jobs(t.Context(), 10)
		}
		if err == nil {
			_, err = s.Runs(t.Context(), 10)
		}
		if err == nil {
			_, err = s.Grants(t.Context())
		}
		if err != nil {
			t.Error(err)
		}
	})
}
