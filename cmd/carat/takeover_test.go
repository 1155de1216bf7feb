package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
)

// patience is how long a test waits for another process before it fails.
const patience = 3 * time.Minute

// daemon is a `carat schedule` of the real binary.
type daemon struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  lockedBuffer
	done chan error
}

func startDaemon(t *testing.T, dir string, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, done: make(chan error, 1)}
	d.cmd = exec.Command("carat", append([]string{"schedule", "--dir", dir, "--listen", "127.0.0.1:0"}, args...)...)
	d.cmd.Stderr = &d.log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.done <- d.cmd.Wait() }()
	t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	return d
}

// says waits until the log holds a text n times.
func (d *daemon) says(text string, n int) {
	d.t.Helper()
	for end := time.Now().Add(patience); strings.Count(d.log.String(), text) < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("the log doesn't say %q %d times:\n%s", text, n, d.log.String())
		}
	}
}

// ready asks /readyz.
func (d *daemon) ready() int {
	d.t.Helper()
	m := regexp.MustCompile(`address=(127\.0\.0\.1:[0-9]+)`).FindStringSubmatch(d.log.String())
	if m == nil {
		d.t.Fatalf("it doesn't listen:\n%s", d.log.String())
	}
	response, err := http.Get("http://" + m[1] + "/readyz")
	if err != nil {
		d.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// ends waits for the process.
func (d *daemon) ends() {
	d.t.Helper()
	select {
	case err := <-d.done:
		if err != nil {
			d.t.Errorf("the daemon ended with %v:\n%s", err, d.log.String())
		}
	case <-time.After(patience):
		d.t.Errorf("the daemon doesn't end:\n%s", d.log.String())
	}
}

// TestTwoDaemonsOnOneLake: the second waits, ends when it is told to, and
// another takes over when the first is killed.
func TestTwoDaemonsOnOneLake(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "carat.yaml"), []byte("jobs: {ingest: {cron: '0 0 1 1 *'}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	first := startDaemon(t, dir)
	first.says("msg=scheduling", 1)
	second, third := startDaemon(t, dir), startDaemon(t, dir)
	for _, d := range []*daemon{second, third} {
		d.says("another scheduler leads; waiting to take over", 1)
		if d.ready() != http.StatusServiceUnavailable || first.ready() != http.StatusOK {
			t.Error("two lead")
		}
	}
	if err := second.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	second.ends()
	if err := first.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	third.says("msg=scheduling", 1)
	if third.ready() != http.StatusOK {
		t.Error("who took over is not ready")
	}
	if err := third.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	third.ends()
}

// TestSchedulerOnAnotherMachineTakesOver: two schedulers of one catalog in
// PostgreSQL. Files' locks don't reach other machines, so the second is given
// other lock files: the database alone keeps them apart. The first is killed in
// the middle of a job; the second finishes its slots, and outlives the
// database's being away.
func TestSchedulerOnAnotherMachineTakesOver(t *testing.T) {
	t.Parallel()
	server := newPostgres(t)
	dir, calm := filepath.Join(t.TempDir(), "shared"), filepath.Join(t.TempDir(), "calm")
	for _, d := range []string{dir, calm} {
		carat(t, "generate", "--out", d, "--gifts", "4000", "--viewers", "300", "--creators", "40", "--files", "month", "--faults", "none")
	}
	carat(t, "ingest", "--dir", calm)
	config := filepath.Join(dir, "carat.yaml")
	setCatalog(t, config, server.dsn)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "\njobs:") {
		t.Fatal("the generated configuration schedules jobs")
	}
	if err := os.WriteFile(config, append(text, "jobs: {ingest: {cron: '* * * * *'}}\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	carat(t, "users", "--dir", dir) // makes the state
	db, err := sql.Open("pgx", server.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	began := time.Now().Add(-10 * time.Minute)
	if _, err := db.Exec("insert into carat_schedule (job, told_until) values ('ingest', $1)", began.UnixMicro()); err != nil {
		t.Fatal(err)
	}

	first := startDaemon(t, dir)
	first.says("msg=begins", 1)
	for _, lock := range []string{"lock", "scheduler"} {
		if err := os.Remove(filepath.Join(dir, "lake", lock)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	second := startDaemon(t, dir)
	second.says("another scheduler leads; waiting to take over", 1)
	if strings.Contains(second.log.String(), "msg=begins") || second.ready() != http.StatusServiceUnavailable {
		t.Errorf("two lead:\n%s", second.log.String())
	}
	if err := first.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-first.done
	killed := !strings.Contains(first.log.String(), "msg=done")
	second.says("msg=scheduling", 1)
	second.says("msg=done", 1)
	if killed {
		second.says("runs that were cut short are done again", 1)
	} else {
		t.Log("the first had done its slot before it was killed")
	}
	if got, want := contents(t, dir), contents(t, calm); got != want {
		t.Errorf("the lake holds\n%s\nwant\n%s", got, want)
	}

	// The database is switched off and on again.
	server.stop()
	second.says("the schedule stands still", 1)
	if second.ready() != http.StatusServiceUnavailable {
		t.Error("it is ready without its database")
	}
	server.start()
	second.says("msg=scheduling", 2)
	if second.ready() != http.StatusOK {
		t.Error("it is not ready again")
	}
	if err := second.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	second.ends()
	wantEverySlotOnce(t, server.dsn, began)
	carat(t, "verify", "--dir", dir)
}

// wantEverySlotOnce wants a slot for each minute since, every one done or
// covered by one that is.
func wantEverySlotOnce(t *testing.T, dsn string, since time.Time) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(context.Background(), "select slot_key, slot_at, status, covered_by, detail from carat_slots where job = 'ingest' order by slot_at")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	due, done := since.UTC().Truncate(time.Minute).Add(time.Minute), map[string]bool{}
	var covered []string
	n := 0
	for ; rows.Next(); n++ {
		var key, status, by, detail string
		var at int64
		if err := rows.Scan(&key, &at, &status, &by, &detail); err != nil {
			t.Fatal(err)
		}
		if want := due.Format("2006-01-02T15:04Z"); key != want {
			t.Errorf("slot %s, want %s: one is lost or doubled", key, want)
		}
		due = due.Add(time.Minute)
		switch status {
		case "done":
			done[key] = true
		case "covered":
			covered = append(covered, by)
		default:
			t.Errorf("slot %s is %s: %s", key, status, detail)
		}
	}
	for _, by := range covered {
		if !done[by] {
			t.Errorf("a slot is covered by %s, which is not done", by)
		}
	}
	if err := rows.Err(); err != nil || n < 9 {
		t.Errorf("%d slots, %v", n, err)
	}
}

// TestRunWhileTheDatabaseGoesAway: PostgreSQL is switched off in the middle of
// a run. It says so, leaves nothing half done, and the same run afterwards
// comes to what an undisturbed one comes to.
func TestRunWhileTheDatabaseGoesAway(t *testing.T) {
	server := newPostgres(t)
	dir, calm := filepath.Join(t.TempDir(), "disturbed"), filepath.Join(t.TempDir(), "calm")
	for _, d := range []string{dir, calm} {
		carat(t, "generate", "--out", d, "--gifts", "3000", "--viewers", "200", "--creators", "30", "--files", "month", "--faults", "none")
	}
	carat(t, "ingest", "--dir", calm)
	setCatalog(t, filepath.Join(dir, "carat.yaml"), server.dsn)
	cmd := exec.Command("carat", "ingest", "--dir", dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Once it has staged a file it is in the middle.
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(dir, "lake", "staging", "*")); len(found) > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("it stages nothing:\n%s", stderr.String())
		}
	}
	server.stop()
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); err == nil || code != 1 && code != 2 {
		t.Errorf("exit code %d, %v; want 1 or 2", code, err)
	}
	if text := stderr.String(); !strings.HasPrefix(text, "carat: ") || strings.Contains(text, "panic") {
		t.Errorf("stderr %q", text)
	}
	t.Logf("it said: %s", stderr.String())
	if out := caratFails(t, 2, "ingest", "--dir", dir); !strings.Contains(out, "check that the PostgreSQL server runs and that `catalog` in carat.yaml is right") {
		t.Errorf("without a database: %s", out)
	}
	server.start()
	carat(t, "ingest", "--dir", dir)
	carat(t, "verify", "--dir", dir)
	if got, want := contents(t, dir), contents(t, calm); got != want {
		t.Errorf("the lake holds\n%s\nwant\n%s", got, want)
	}
	if got, want := lakeFiles(t, dir), lakeFiles(t, calm); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("files\n%q\nwant\n%q", got, want)
	}
}

// caratFails runs the real binary, wants an exit code and gives stderr.
func caratFails(t *testing.T, want int, args ...string) string {
	t.Helper()
	cmd := exec.Command("carat", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	_ = cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != want {
		t.Errorf("carat %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, want, stderr.String())
	}
	return stderr.String()
}
