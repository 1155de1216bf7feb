package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// olderState takes from a state in which nobody has signed what the last migrations
// added, and nothing that anybody wrote: what a carat of before them left.
var olderState = []string{
	"drop table carat_signed", "drop table carat_fetched", "drop table carat_sources",
	"alter table carat_decisions drop column matched, drop column match_name, drop column signed_no, drop column expected, drop column actual, drop column difference, drop column unit",
	"alter table carat_users drop column signed_no, drop column entities, drop column until_at",
	"alter table carat_sign_offs drop column signed_no", "alter table carat_runs drop column engine", "drop index carat_sent_creator", "alter table carat_sent drop column address_hash",
	"alter table carat_locks drop column approved_no, drop column reopened_no",
	"delete from carat_migrations where name >= '0008'",
}

// postgresLakes are months that lie in one folder, one after the other, with catalog and
// state in PostgreSQL: a catalog there belongs to one folder.
type postgresLakes struct {
	dsn, work, kept string // the folder in which all happens, and that with a copy of each
}

func (p *postgresLakes) psql(t *testing.T, database string, statements ...string) {
	t.Helper()
	args := []string{"-q", "-v", "ON_ERROR_STOP=1", strings.Replace(p.dsn, "/postgres?", "/"+database+"?", 1)}
	for _, text := range statements {
		args = append(args, "-c", text)
	}
	if out, err := exec.Command("psql", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", statements, err, out)
	}
}

// keep copies the month as it is now under a name, its state made older.
func (p *postgresLakes) keep(t *testing.T, name string, older ...string) {
	t.Helper()
	p.psql(t, "postgres", "create database "+name+" template work")
	if len(older) > 0 {
		p.psql(t, name, older...)
	}
	if err := os.CopyFS(filepath.Join(p.kept, name), os.DirFS(p.work)); err != nil {
		t.Fatal(err)
	}
}

// lay makes the month what it was when it was kept.
func (p *postgresLakes) lay(t *testing.T, name string) {
	t.Helper()
	p.psql(t, "postgres", "drop database work with (force)", "create database work template "+name)
	for _, left := range []string{p.work, p.work + "-later", p.work + "-backups"} {
		if err := os.RemoveAll(left); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(p.work, os.DirFS(filepath.Join(p.kept, name))); err != nil {
		t.Fatal(err)
	}
}

// newPostgresLakes makes the months that the verbs of crashedVerbs want; those in which
// nobody has signed have the state of an older carat.
func newPostgresLakes(t *testing.T) *postgresLakes {
	t.Helper()
	root := t.TempDir()
	p := &postgresLakes{dsn: startPostgres(t), work: filepath.Join(root, "work"), kept: filepath.Join(root, "kept")}
	p.psql(t, "postgres", "create database work")
	carat(t, "generate", "--out", p.work, "--gifts", "60", "--viewers", "12", "--creators", "4", "--files", "month", "--faults", "none")
	address, stop, err := serveMail(filepath.Join(root, "letters"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	config := filepath.Join(p.work, "carat.yaml")
	text, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, append(text, fmt.Sprintf("mail: {server: %q, from: payouts@example.com, tls: none}\n", address)...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	setCatalog(t, config, strings.Replace(p.dsn, "/postgres?", "/work?", 1))
	p.keep(t, "plain")
	carat(t, "users", "grant", "ann", "preparer", "--dir", p.work, "--user", "bob") // there is a state before anything was ingested
	if err := os.Remove(filepath.Join(p.work, "lake", "catalog.sqlite-head")); err != nil {
		t.Fatal(err)
	}
	p.keep(t, "generated", beforeRecords...)
	p.lay(t, "plain")
	carat(t, "ingest", "--dir", p.work, "--user", "ann")
	// An older carat didn't say what built a run: neither its row nor the record of it does.
	p.psql(t, "work", "create schema elsewhere", "create function elsewhere.no_engine() returns trigger language plpgsql as $$begin new.engine := ''; return new; end$$",
		"create trigger no_engine before insert or update on carat_runs for each row execute function elsewhere.no_engine()")
	carat(t, "run", "--dir", p.work, "--period", "2026-10", "--user", "ann")
	p.psql(t, "work", "drop trigger no_engine on carat_runs", "drop schema elsewhere cascade")
	carat(t, "exceptions", "--dir", p.work, "--export", filepath.Join(p.work, "decisions.csv"))
	p.keep(t, "ran", olderState...)
	carat(t, "close", "--dir", p.work, "--period", "2026-10", "--user", "ann")
	p.keep(t, "prepared")
	carat(t, "approve", "--dir", p.work, "--period", "2026-10", "--user", "bob")
	p.keep(t, "closed")
	return p
}

// Whichever verb is killed with catalog and state in PostgreSQL, at whichever step, the
// next command ends well, verify is content at once, and the same verb can be run to its
// end; most of them are killed while they bring the state of an older carat up to date.
func TestSimulatedCrashesInPostgreSQL(t *testing.T) {
	t.Parallel()
	p, began := newPostgresLakes(t), time.Now()
	random := rand.New(rand.NewPCG(killSeed(t), 11))
	verbs := slices.DeleteFunc(slices.Clone(crashedVerbs), func(v crashed) bool { return v.base == "older" })
	for i := range verbs {
		if slices.Contains([]string{"erase", "compact", "backup"}, verbs[i].name) {
			verbs[i].base = "ran" // whose state is older
		}
	}
	killed := map[string]int{}
	random.Shuffle(len(verbs), func(i, j int) { verbs[i], verbs[j] = verbs[j], verbs[i] })
	total := killsWanted(4, 200)
	for n := 0; n < total && !t.Failed() && time.Since(began) < crashSeconds(); n++ {
		verb := verbs[n%len(verbs)]
		p.lay(t, verb.base)
		args := append(verb.args(p.work), "--dir", p.work)
		at := 1 + random.Int64N(12) // where the state is brought up to date
		if n%4 == 3 || verb.base == "prepared" || verb.base == "closed" {
			at = 1 + random.Int64N(300)
		}
		if killAt(t, at, args...) {
			killed[verb.name]++
		}
		what := fmt.Sprintf("%s killed at step %d", verb.name, at)
		if code, told := ends(t, "verify", "--dir", p.work, "--user", "bob"); code != 0 {
			t.Fatalf("%s: verify ends with %d\n%s", what, code, told)
		}
		if code, told := ends(t, args...); !slices.Contains(verb.again, code) {
			t.Fatalf("%s: again it ends with %d\n%s", what, code, told)
		}
		for _, next := range [][]string{{"verify"}, {"status"}, {"backup", "--out", p.work + "-later"}} {
			if code, told := ends(t, append(next, "--dir", p.work, "--user", "bob")...); code != 0 {
				t.Fatalf("%s: then %s ends with %d\n%s", what, next[0], code, told)
			}
		}
	}
	sum := 0
	for _, n := range killed {
		sum += n
	}
	t.Logf("counted: %d verbs killed with catalog and state in PostgreSQL, most while an older state was brought up to date, each recovered by the next command: %v", sum, killed)
	if sum == 0 {
		t.Error("nothing was killed")
	}
}
