package main

import (
	"bufio"
	"database/sql"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline/postgres"
)

// A catalog whose tables another session keeps locked is waited for, and in the end the
// session is what is told, whichever verb meets which table; then the same verb runs.
func TestPostgreSQLThatIsHeld(t *testing.T) {
	dsn := startPostgres(t)
	month := filepath.Join(t.TempDir(), "month")
	carat(t, "generate", "--out", month, "--gifts", "300", "--viewers", "50", "--creators", "8", "--files", "month", "--faults", "none")
	setCatalog(t, filepath.Join(month, "carat.yaml"), dsn+"&lock_timeout=700ms")
	carat(t, "ingest", "--dir", month)
	hold := func(table, until string) (end func()) {
		t.Helper()
		cmd := exec.Command("psql", "-q", "-t", "-v", "ON_ERROR_STOP=1", dsn)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write([]byte("begin; lock table " + table + " in access exclusive mode;\n\\echo held\n" + until + "\n")); err != nil {
			t.Fatal(err)
		}
		if line, _ := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
			t.Fatalf("%s isn't held: %q", table, line)
		}
		return func() {
			t.Helper()
			_ = in.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		}
	}
	for _, c := range []struct {
		table string
		args  []string
	}{
		{"iceberg_tables", []string{"run", "--period", "2026-10"}},
		{"carat_links", []string{"verify", "--user", "ann"}},
		{"carat_jobs", []string{"run", "--period", "2026-10"}},
		{"carat_access", []string{"query", "--user", "ann", "select 1"}},
		{"carat_lock", []string{"ingest"}},
	} {
		args := append(c.args, "--dir", month)
		end := hold(c.table, "")
		_, told := caratBoth(t, 8, args...)
		for _, want := range []string{"another session keeps it locked", "pg_stat_activity", "run again"} {
			if !strings.Contains(told, want) {
				t.Errorf("%v while %s is held: %q is not in\n%s", c.args, c.table, want, told)
			}
		}
		end()
		carat(t, args...)
	}
	db, err := sql.Open(postgres.Driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var waits string
	if err := db.QueryRow("show lock_timeout").Scan(&waits); err != nil || waits != "30s" {
		t.Errorf("waits for a lock: %s, %v", waits, err)
	}
	setCatalog(t, filepath.Join(month, "carat.yaml"), dsn)
	end := hold("iceberg_tables", "select pg_sleep(2); commit;")
	carat(t, "run", "--dir", month, "--period", "2026-10")
	end()
}

// A database that keeps its texts otherwise than as UTF-8 is refused before anything is
// written to it.
func TestPostgreSQLWithOtherTexts(t *testing.T) {
	dsn := startPostgres(t)
	for _, encoding := range []string{"LATIN1", "SQL_ASCII", "WIN1252"} {
		if out, err := exec.Command("psql", "-q", dsn, "-c", "create database "+strings.ToLower(encoding)+" encoding '"+encoding+"' locale 'C' template template0").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		month := filepath.Join(t.TempDir(), "month")
		carat(t, "generate", "--out", month, "--gifts", "30", "--viewers", "5", "--creators", "2", "--files", "month", "--faults", "none")
		other := strings.Replace(dsn, "/postgres?", "/"+strings.ToLower(encoding)+"?", 1)
		setCatalog(t, filepath.Join(month, "carat.yaml"), other)
		for _, verb := range []string{"ingest", "doctor", "status"} {
			_, told := caratBoth(t, 2, verb, "--dir", month)
			if !strings.Contains(told, "keeps its texts as "+encoding+", not as UTF-8") || !strings.Contains(told, "encoding 'UTF8'") {
				t.Errorf("%s in %s:\n%s", verb, encoding, told)
			}
		}
		if out, err := exec.Command("psql", "-q", "-t", "-A", other, "-c", "select count(*) from pg_tables where schemaname = 'public'").CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "0" {
			t.Errorf("%s: tables were made: %s %v", encoding, out, err)
		}
	}
}
