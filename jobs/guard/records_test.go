package guard_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/pipeline"
)

// What somebody does to the state by hand, where the seal says nothing because a
// carat was killed, is named by verify, the row and what it was; also where the
// records are cut off with it.
func TestStateAttacksAreNamed(t *testing.T) {
	s, _ := closedMonth(t)
	s.By.User = "ann" // who has no role, where the added one is the only one
	saved := filepath.Join(t.TempDir(), "saved")
	if err := os.CopyFS(saved, os.DirFS(s.Config.Lake)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sql, want string }{
		{"update carat_jobs set os_user = 'alice', user_name = 'alice'", `user_name was "" and is "alice"`},
		{"delete from carat_jobs", "carat_jobs: row 1 was taken away"},
		{"insert into carat_users values ('mallory', 'approver', 'bob', 1, '', 0, '', 0)", "carat_users: row mallory approver was added"},
		{"insert into carat_access values ('x', 1, 'eve', 'erase', 'c1', null, 'done')", "carat_access: row x was added"},
		{"insert into carat_decisions (decision_no, exception_id, status, until_day, owner, note, decided_by, decided_at) values (99, 'e', 'explained', '', '', 'n', 'bob', 1)", "carat_decisions: row 99 was added"},
		{"update carat_runs set status = 'balanced'", "carat_runs: row "},
		{"update carat_runs set controls = '[]'", "controls was "},
		{"update carat_locks set approved_by = 'zed'", "carat_locks: row 2026-10 1 was changed"},
		{"update carat_locks set reopened_by = 'zed', reopen_reason = 'x'", "reopen_reason was nothing"},
		{"delete from carat_jobs; delete from carat_records where record_no > 30", "file catalog.sqlite-head names it"},
		{"delete from carat_records", "and all after it: batch b000002"},
		{"drop table carat_records", "no such table: carat_records"},
		{"drop table carat_records; drop table carat_signed; delete from carat_migrations where name >= '0006_records.sql'; " +
			"alter table carat_runs drop column engine; drop index carat_sent_creator; alter table carat_sent drop column address_hash; alter table carat_users drop column signed_no; alter table carat_users drop column entities; alter table carat_users drop column until_at; " +
			"alter table carat_sign_offs drop column signed_no; alter table carat_locks drop column approved_no; alter table carat_locks drop column reopened_no; " +
			"alter table carat_decisions drop column signed_no; alter table carat_decisions drop column expected; alter table carat_decisions drop column actual; " +
			"alter table carat_decisions drop column difference; alter table carat_decisions drop column unit; alter table carat_users drop column os_user; " +
			"alter table carat_sign_offs drop column os_user; alter table carat_decisions drop column os_user; alter table carat_decisions drop column matched; alter table carat_decisions drop column match_name; alter table carat_locks drop column prepared_os; " +
			"alter table carat_locks drop column approved_os; alter table carat_locks drop column reopened_os", "or one before it was replaced: batch b000001"},
		{"drop table carat_access", "table carat_access is missing"},
		{"create table mine (n int)", "mine: the table is none of carat's"},
		{"alter table carat_files add column mine text", "carat_files: the column mine is none of carat's"},
		{"alter table iceberg_tables add column mine text", "iceberg_tables: the column mine is none of carat's"},
		{"create index mine on carat_records (at)", "carat_records: the index mine is none of carat's"},
		{"create trigger quiet after insert on carat_jobs begin update carat_jobs set os_user = 'alice'; end", "carat_jobs: the trigger quiet is none of carat's"},
		{"alter table carat_jobs rename to j; create view carat_jobs as select * from j", "carat_jobs: the view carat_jobs is none of carat's"},
	} {
		if err := os.RemoveAll(s.Config.Lake); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(s.Config.Lake, os.DirFS(saved)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.Config.Lake, "catalog.sqlite-open"), []byte("open\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", "file:"+filepath.Join(s.Config.Lake, "catalog.sqlite"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(c.sql); err != nil {
			t.Fatalf("%s: %v", c.sql, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if said := whatVerifySays(s); !strings.Contains(said, c.want) {
			t.Errorf("%s: verify says %q, want %q", c.sql, said, c.want)
		}
		if strings.Contains(c.sql, "into carat_users") {
			for _, right := range []books.Right{books.RightStatus, books.RightApprove, books.RightErase, books.RightGrant} {
				if _, err := books.OpenExisting(t.Context(), s, right); pipeline.KindOf(err) != pipeline.KindVerification {
					t.Errorf("%s: %s: %v", c.sql, right, err)
				}
			}
		}
	}
}

// The head that somebody else keeps has the end of the records, and shows that some
// were cut off; one of an older carat says nothing of them.
func TestKeptHeadHasRecords(t *testing.T) {
	s, head := closedMonth(t)
	if head.Records == "" {
		t.Fatalf("%+v", head)
	}
	read, err := books.ParseHead(head.Encode())
	if err != nil || *read != *head {
		t.Fatalf("%+v %v", read, err)
	}
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: s, Head: head}); err != nil {
		t.Error(err)
	}
	ahead := *head
	ahead.Records = "9" + head.Records
	_, err = guard.Verify(t.Context(), guard.VerifyOptions{Setting: s, Head: &ahead})
	if pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "the head that was kept names it") {
		t.Errorf("cut off: %v", err)
	}
	ahead.Records = ""
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: s, Head: &ahead}); err != nil {
		t.Errorf("an older head: %v", err)
	}
	if _, err := books.ParseHead([]byte(`{"lake":"x","batch":"","chain":"","records":"17"}`)); err == nil {
		t.Error("half a head of records is taken")
	}
}
