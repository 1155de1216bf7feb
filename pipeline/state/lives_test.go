package state

import (
	"database/sql"
	"strconv"
	"strings"
	"testing"
	"time"

	"carat/pipeline/state/chain"
)

// Rows that are taken away or changed with a record that is made as carat makes them are
// named, by that record: whoever kept the head of before is not told that nothing is gone.
func TestRecordsThatCaratNeverMakes(t *testing.T) {
	for table := range covered {
		if !chain.Covers(table) {
			t.Errorf("nobody says what a row of %s lives through", table)
		}
	}
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		recordEverything(t, s)
		at := time.UnixMicro(2_000_000).UTC()
		running, err := s.BeginJob(t.Context(), Job{Job: "run", User: "ann", OSUser: "ann", StartedAt: at})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.BeginAccess(t.Context(), Access{At: at, Who: "fay", Verb: "query", Text: "select 2"}); err != nil {
			t.Fatal(err)
		}
		if err := s.inTx(t.Context(), func(tx *sql.Tx) error {
			return s.RecordLock(t.Context(), tx, Lock{Period: "2026-11", Version: 1, RunID: "aa", CertificateSHA256: "c", PreparedBy: "ann", ApprovedBy: "bob", LockedAt: at}, nil)
		}); err != nil {
			t.Fatal(err)
		}
		head := verified(t, s).Head
		kept := Kept{Where: "the head that was kept", Head: head.String()}
		if v := verified(t, s, kept); len(v.Differences) > 0 {
			t.Fatalf("undisturbed: %q", v.Differences)
		}
		known := 0
		for _, c := range []struct {
			table, where, sql string
			want              string // of what is told; "": nothing is, since carat does so
		}{
			{"carat_jobs", "job_no = " + strconv.FormatInt(running, 10), "delete from carat_jobs", ""}, // as one that did nothing is taken back
			{"carat_users", "user_name = 'bob'", "delete from carat_users", ""},
			{"carat_jobs", "job_no = 1", "update carat_jobs set user_name = 'zoe'", `changes row 1 of carat_jobs as carat never does: user_name was "ann" and is "zoe"`},
			{"carat_jobs", "job_no = 1", "delete from carat_jobs", "takes away row 1 of carat_jobs, which carat never does; record "},
			{"carat_access", "who = 'fay'", "update carat_access set query = 'select 1'", `of carat_access as carat never does: query was "select 2" and is "select 1"`},
			{"carat_access", "who = 'eve'", "update carat_access set outcome = 'running'", `outcome was "done" and is "running"`},
			{"carat_access", "who = 'eve'", "delete from carat_access", "of carat_access, which carat never does"},
			{"carat_sign_offs", "attempt = 1", "update carat_sign_offs set void_reason = null, void_at = null", "changes row 2026-10 1 1 of carat_sign_offs as carat never does"},
			{"carat_sign_offs", "attempt = 2", "delete from carat_sign_offs", "takes away row 2026-10 1 2 of carat_sign_offs"},
			{"carat_periods", "period = '2026-10'", "update carat_periods set status = 'exceptions'", `carat_periods: row 2026-10 isn't as its run says: status was "blocked" and is "exceptions"`},
			{"carat_runs", "run_id = 'aa'", "update carat_runs set status = 'balanced'", `changes row aa of carat_runs as carat never does: status was "blocked" and is "balanced"`},
			{"carat_locks", "period = '2026-11'", "update carat_locks set approved_by = 'zoe'", `changes row 2026-11 1 of carat_locks as carat never does: approved_by was "bob" and is "zoe"`},
			{"carat_locks", "period = '2026-10'", "delete from carat_locks", "takes away row 2026-10 1 of carat_locks"},
			{"carat_decisions", "decision_no = 1", "update carat_decisions set note = 'fine'", "changes row 1 of carat_decisions"},
			{"carat_decisions", "decision_no = 2", "delete from carat_decisions", "takes away row 2 of carat_decisions"},
			{"carat_fetched", "fetch_no = 1", "delete from carat_fetched", "takes away row 1 of carat_fetched"},
			{"carat_sent", "creator_id = 'c0'", "delete from carat_sent", "takes away row 2026-10 c0 main USD r of carat_sent"},
			{"carat_settings", "name = 'first_period'", "update carat_settings set value = '2026-11'", "changes row first_period of carat_settings"},
			{"carat_settings", "name = 'first_period'", "delete from carat_settings", "takes away row first_period of carat_settings"},
			{"carat_notices", "webhook = 'ops'", "delete from carat_notices", "of carat_notices, which carat never does"},
			{"carat_slots", "slot_key = '1'", "delete from carat_slots", "of carat_slots, which carat never does"},
			{"carat_sources", "source = 'bank'", "delete from carat_sources", "of carat_sources, which carat never does"},
			{"carat_schedule", "job = 'ingest'", "delete from carat_schedule", "of carat_schedule, which carat never does"},
		} {
			s.asCarat(t, c.table, c.where, c.sql)
			list := verified(t, s, kept).Differences
			if c.want == "" {
				if len(list) != known {
					t.Errorf("%s where %s: %q", c.sql, c.where, list)
				}
				continue
			}
			if len(list) <= known || !strings.Contains(strings.Join(list, "\n"), c.want) {
				t.Errorf("%s where %s: told %q, want %q", c.sql, c.where, list, c.want)
			}
			known = len(list)
		}
		s.asCarat(t, "carat_fetched", "", "insert into carat_fetched (fetch_no, source, kind, remote_name, version, size, sha256, file, origin, shape, fetched_at, fetched_by) values (1, 'bank', 'sftp', 'b.csv', '', 0, '', '', '', '', 1, '')")
		if told := strings.Join(verified(t, s, kept).Differences, "\n"); !strings.Contains(told, "writes row 1 of carat_fetched anew") {
			t.Errorf("a row that is written anew: %s", told)
		}
	})
}

// asCarat changes the rows of a table that a condition names, and records them.
func (s *Store) asCarat(t *testing.T, table, where, change string) {
	t.Helper()
	ctx := t.Context()
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		rows, err := s.rowsOf(ctx, tx, table, " where "+max(where, "1 = 1"))
		if err != nil {
			return err
		}
		if where != "" {
			change += " where " + where
		}
		if _, err := tx.ExecContext(ctx, change); err != nil {
			return err
		}
		if where == "" {
			return s.Record(ctx, tx, table, 1)
		}
		for _, r := range rows {
			var key []any
			for _, c := range covered[table] {
				key = append(key, *r[c])
			}
			if err := s.Record(ctx, tx, table, key...); err != nil {
				return err
			}
		}
		if len(rows) == 0 {
			t.Fatalf("%s has no row where %s", table, where)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
