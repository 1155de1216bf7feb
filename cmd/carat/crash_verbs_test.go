package main

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// crashed is a verb that is killed, in a lake that is ready for it.
type crashed struct {
	name string
	base string // of crashBases
	args func(dir string) []string
	// again are the exit codes that the same command may then end with: the killed one
	// may have been done but for its last step.
	again []int
}

// The verbs that write to lake, state and folders, one after the other.
var crashedVerbs = []crashed{
	{"run", "generated", func(dir string) []string { return []string{"run", "--period", "2026-10", "--user", "ann"} }, []int{0, 4}},
	{"ingest", "generated", func(dir string) []string { return []string{"ingest", "--user", "ann"} }, []int{0}},
	{"close", "ran", func(dir string) []string { return []string{"close", "--period", "2026-10", "--user", "ann"} }, []int{0}},
	{"approve", "prepared", func(dir string) []string { return []string{"approve", "--period", "2026-10", "--user", "bob"} }, []int{0, 5}},
	{"reopen", "closed", func(dir string) []string {
		return []string{"reopen", "--period", "2026-10", "--reason", "a late report", "--user", "bob"}
	}, []int{0, 2}},
	{"decide", "ran", func(dir string) []string {
		return []string{"exceptions", "--import", filepath.Join(dir, "decisions.csv"), "--user", "cid"}
	}, []int{0}},
	{"send", "closed", func(dir string) []string {
		return []string{"send", "--period", "2026-10", "--user", "ann"}
	}, []int{0, 1}}, // 1: nobody knows whether a letter arrived
	{"erase", "closed", func(dir string) []string { return []string{"erase", "--creator", firstCreator(dir), "--user", "ann"} }, []int{0}},
	{"compact", "closed", func(dir string) []string { return []string{"compact", "--user", "ann"} }, []int{0}},
	{"backup", "closed", func(dir string) []string {
		return []string{"backup", "--out", dir + "-backups", "--keep", "1", "--user", "ann"}
	}, []int{0}},
	{"grant", "ran", func(dir string) []string { return []string{"users", "grant", "ann", "preparer", "--user", "bob"} }, []int{0}},
	{"upgrade", "older", func(dir string) []string { return []string{"run", "--period", "2026-10", "--user", "ann"} }, []int{0, 4}},
}

// firstCreator gives a creator of the generated month.
func firstCreator(dir string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "inbox", "creators-2026-10.csv"))
	_, rows, _ := strings.Cut(string(text), "\n")
	id, _, _ := strings.Cut(rows, ",")
	return id
}

// beforeRecords makes a state what the carat before records wrote.
var beforeRecords = []string{
	"drop table carat_records", "drop table carat_tables", "drop table carat_fetched", "drop table carat_sources", "drop table carat_signed",
	"alter table carat_runs drop column engine", "drop index carat_sent_creator", "alter table carat_sent drop column address_hash", "alter table carat_decisions drop column matched", "alter table carat_decisions drop column match_name", "delete from carat_migrations where name >= '0006_records.sql'",
	"alter table carat_users drop column signed_no", "alter table carat_users drop column entities", "alter table carat_users drop column until_at",
	"alter table carat_sign_offs drop column signed_no", "alter table carat_locks drop column approved_no", "alter table carat_locks drop column reopened_no",
	"alter table carat_decisions drop column signed_no", "alter table carat_decisions drop column expected", "alter table carat_decisions drop column actual",
	"alter table carat_decisions drop column difference", "alter table carat_decisions drop column unit",
	"alter table carat_users drop column os_user", "alter table carat_sign_offs drop column os_user", "alter table carat_decisions drop column os_user",
	"alter table carat_locks drop column prepared_os", "alter table carat_locks drop column approved_os", "alter table carat_locks drop column reopened_os",
}

// crashBases are lakes that are ready for the verbs, made once.
func crashBases(t *testing.T) map[string]string {
	t.Helper()
	root := t.TempDir()
	bases, before := map[string]string{}, ""
	step := func(name string, do func(dir string)) {
		dir := filepath.Join(root, name)
		if before != "" {
			if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
				t.Fatal(err)
			}
		}
		do(dir)
		bases[name], before = dir, dir
	}
	step("generated", func(dir string) {
		carat(t, "generate", "--out", dir, "--gifts", "60", "--viewers", "12", "--creators", "4", "--files", "month", "--faults", "none")
		address, stop, err := serveMail(filepath.Join(root, "letters"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		f, err := os.OpenFile(filepath.Join(dir, "carat.yaml"), os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintf(f, "mail: {server: %q, from: payouts@example.com, tls: none}\n", address)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	step("ran", func(dir string) {
		carat(t, "run", "--dir", dir, "--period", "2026-10", "--user", "ann")
		carat(t, "exceptions", "--dir", dir, "--export", filepath.Join(dir, "decisions.csv"))
	})
	step("prepared", func(dir string) { carat(t, "close", "--dir", dir, "--period", "2026-10", "--user", "ann") })
	step("closed", func(dir string) { carat(t, "approve", "--dir", dir, "--period", "2026-10", "--user", "bob") })
	before = bases["generated"]
	step("older", func(dir string) { // a state and a lake as the carat before records wrote them: no batch names a record
		carat(t, "users", "grant", "ann", "preparer", "--dir", dir, "--user", "bob")
		sqlite(t, filepath.Join(dir, "lake", "catalog.sqlite"), beforeRecords...)
		if err := os.Remove(filepath.Join(dir, "lake", "catalog.sqlite-head")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "lake", "catalog.sqlite-open"), []byte("open\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	return bases
}

// killsWanted is how often something is killed: CARAT_KILLS, else few, or as many as
// `make simulate` does.
func killsWanted(few, simulated int) int {
	if n, err := strconv.Atoi(os.Getenv("CARAT_KILLS")); err == nil && n > 0 {
		return n
	}
	if os.Getenv("CARAT_SIMULATE") != "" {
		return simulated
	}
	return few
}

// crashSeconds bounds how long verbs are killed for: CARAT_SECONDS, else unbounded
// when kills were asked for.
func crashSeconds() time.Duration {
	n, err := strconv.Atoi(os.Getenv("CARAT_SECONDS"))
	if err != nil || n < 1 {
		return 6 * time.Hour
	}
	return time.Duration(n) * time.Second
}

// Whichever verb is killed, at whichever of its steps in lake, state and folders, the
// next command ends well, verify is content at once, and the same verb can be run to
// its end; then a backup verifies too.
func TestSimulatedCrashesOfVerbs(t *testing.T) {
	t.Parallel()
	bases, began := crashBases(t), time.Now()
	random := rand.New(rand.NewPCG(killSeed(t), 7))
	steps, killed := map[string]int64{}, map[string]int{}
	total := killsWanted(len(crashedVerbs), 700)
	for n := 0; n < total && !t.Failed() && time.Since(began) < crashSeconds(); n++ {
		verb := crashedVerbs[n%len(crashedVerbs)]
		dir := filepath.Join(t.TempDir(), "killed")
		if err := os.CopyFS(dir, os.DirFS(bases[verb.base])); err != nil {
			t.Fatal(err)
		}
		args := append(verb.args(dir), "--dir", dir)
		if steps[verb.name] == 0 {
			steps[verb.name] = countSteps(t, verb, bases)
		}
		at := 1 + random.Int64N(steps[verb.name])
		if n%3 > 0 && steps[verb.name] > 12 { // its end is where lake, state and folders meet
			at = steps[verb.name] - random.Int64N(12)
			if verb.base == "older" { // an older lake is met at the beginning
				at = 1 + random.Int64N(60)
			}
		}
		if killAt(t, at, args...) {
			killed[verb.name]++
		}
		what := fmt.Sprintf("%s killed at step %d of %d", verb.name, at, steps[verb.name])
		if code, told := ends(t, "verify", "--dir", dir, "--user", "bob"); code != 0 && (verb.base != "generated" || code != 6) {
			t.Fatalf("%s: verify ends with %d\n%s", what, code, told)
		}
		if code, told := ends(t, args...); !slices.Contains(verb.again, code) {
			t.Fatalf("%s: again it ends with %d\n%s", what, code, told)
		}
		for _, next := range [][]string{{"verify"}, {"status"}, {"backup", "--out", dir + "-later"}} {
			if code, told := ends(t, append(next, "--dir", dir, "--user", "bob")...); code != 0 {
				t.Fatalf("%s: then %s ends with %d\n%s", what, next[0], code, told)
			}
		}
		for _, done := range []string{dir, dir + "-later", dir + "-backups"} {
			_ = os.RemoveAll(done)
		}
		if testing.Verbose() && n%50 == 49 {
			t.Logf("%d kills", n+1)
		}
	}
	sum := 0
	for _, n := range killed {
		sum += n
	}
	t.Logf("counted: %d verbs killed at a step, each recovered by the next command: %v; steps of each: %v", sum, killed, steps)
	if sum == 0 {
		t.Error("nothing was killed")
	}
}

// countSteps runs a verb to its end and counts the steps at which it could be killed.
func countSteps(t *testing.T, verb crashed, bases map[string]string) int64 {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "counted")
	if err := os.CopyFS(dir, os.DirFS(bases[verb.base])); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "steps")
	cmd := exec.Command("carat-crash", append(verb.args(dir), "--dir", dir)...)
	cmd.Env = append(os.Environ(), crashAt+"=0", crashCount+"="+file)
	var told strings.Builder
	cmd.Stderr = &told
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); !slices.Contains(verb.again, code) {
		t.Fatalf("%s ends with %d\n%s", verb.name, code, told.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || n == 0 {
		t.Fatalf("%s has %q steps", verb.name, text)
	}
	_ = os.RemoveAll(dir)
	return n
}

// killAt runs carat and kills it at a step, and says whether it got that far.
func killAt(t *testing.T, step int64, args ...string) bool {
	t.Helper()
	cmd := exec.Command("carat-crash", args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", crashAt, step))
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode() == -1
}

// ends runs carat and gives its exit code and what it told.
func ends(t *testing.T, args ...string) (int, string) {
	t.Helper()
	cmd := exec.Command("carat", args...)
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// sqlite does things to a database by hand.
func sqlite(t *testing.T, file string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, text := range statements {
		if _, err := db.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}
