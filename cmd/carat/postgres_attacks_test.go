package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What somebody does by hand to a catalog and state in PostgreSQL is named as it is in
// SQLite: rows changed, taken away, added, programs that would change them, and an
// older database in the place of the present one.
func TestStateAttacksInPostgreSQL(t *testing.T) {
	dsn := startPostgres(t)
	psql := func(db, text string) {
		t.Helper()
		if out, err := exec.Command("psql", "-q", "-v", "ON_ERROR_STOP=1", strings.Replace(dsn, "/postgres?", "/"+db+"?", 1), "-c", text).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", text, err, out)
		}
	}
	month := filepath.Join(t.TempDir(), "month")
	carat(t, "generate", "--out", month, "--gifts", "300", "--viewers", "50", "--creators", "8", "--files", "month", "--faults", "none")
	psql("postgres", "create database work")
	setCatalog(t, filepath.Join(month, "carat.yaml"), strings.Replace(dsn, "/postgres?", "/work?", 1))
	carat(t, "ingest", "--dir", month)
	psql("postgres", "create database older template work")
	carat(t, "run", "--dir", month, "--period", "2026-10")
	carat(t, "close", "--dir", month, "--period", "2026-10", "--user", "ann")
	carat(t, "query", "--dir", month, "--user", "ann", "select 1")
	carat(t, "verify", "--dir", month, "--user", "ann")
	psql("postgres", "create database good template work")
	again := func(template string) {
		t.Helper()
		psql("postgres", "drop database work")
		psql("postgres", "create database work template "+template)
	}
	for _, c := range []struct{ sql, want string }{
		{"update carat_jobs set os_user = 'alice'", `carat_jobs: row 1 was changed: os_user was `},
		{"delete from carat_access", "carat_access: row "},
		{"delete from carat_jobs where job = 'close'", "carat_jobs: row "},
		{"insert into carat_decisions (decision_no, exception_id, status, until_day, owner, note, decided_by, decided_at) values (99, 'e', 'explained', '', '', 'n', 'bob', 1)", "carat_decisions: row 99 was added"},
		{"update carat_sign_offs set prepared_by = 'zed'", `prepared_by was "ann" and is "zed"`},
		{"update carat_runs set status = 'blocked'", `carat_runs: row `},
		{"update carat_periods set run_id = 'x'", `carat_periods: row 2026-10 was changed`},
		{"insert into carat_users values ('mallory', 'approver', 'bob', 1, '')", "carat_users: row mallory approver was added"},
		{"delete from carat_records where record_no > 3", "and all after it: "},
		{"delete from carat_records where record_no = 2", "record 3 follows record 1: those between were taken away"},
		{"update carat_records set content = replace(content, 'ann', 'zed')", "was changed: it gives the hash "},
		{"create schema elsewhere; create function elsewhere.quiet() returns trigger language plpgsql as 'begin return null; end'; create trigger quiet before insert on carat_access for each row execute function elsewhere.quiet()", "carat_access: the trigger quiet is none of carat's"},
		{"create rule quiet as on delete to carat_jobs do instead nothing", "carat_jobs: the rule quiet is none of carat's"},
		{"create table mine (n int)", "mine: the table is none of carat's"},
		{"alter table carat_files add column mine text", "carat_files: the column mine is none of carat's"},
		{"create index mine on iceberg_tables (metadata_location)", "iceberg_tables: the index mine is none of carat's"},
		{"update carat_files set sha256 = repeat('0', 64) where path like 'carat.db/%'", " was changed: its SHA-256 is "},
		{"update iceberg_tables set metadata_location = previous_metadata_location where table_name = 'gift_events' and previous_metadata_location is not null", "gift_events"},
	} {
		again("good")
		psql("work", c.sql)
		if _, told := caratBoth(t, 7, "verify", "--dir", month, "--user", "ann"); !strings.Contains(told, c.want) {
			t.Errorf("%s: verify says\n%s\nwant %q", c.sql, told, c.want)
		}
	}

	// A role that nobody granted helps nobody, and is no lack of rights.
	again("good")
	psql("work", "insert into carat_users values ('mallory', 'approver', 'bob', 1, '')")
	for _, who := range []string{"mallory", "ann"} {
		if _, told := caratBoth(t, 7, "approve", "--dir", month, "--period", "2026-10", "--user", who); !strings.Contains(told, "carat_users: row mallory approver was added") {
			t.Errorf("approve as %s: %s", who, told)
		}
	}

	// The database of before the run, behind the back of the lake's folder.
	again("older")
	if _, told := caratBoth(t, 7, "verify", "--dir", month, "--user", "ann"); !strings.Contains(told, "catalog.sqlite-head names it") {
		t.Errorf("an older database: %s", told)
	}
	again("good")
	carat(t, "verify", "--dir", month, "--user", "ann")
	if _, err := os.Stat(filepath.Join(month, "lake", "catalog.sqlite")); !os.IsNotExist(err) {
		t.Errorf("there is a catalog in SQLite besides: %v", err)
	}
}
