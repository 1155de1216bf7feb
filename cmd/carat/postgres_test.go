package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// postgresServer is a throwaway server.
type postgresServer struct {
	dsn         string
	start, stop func() // stop is as if the machine had been switched off
}

// startPostgres starts a throwaway server and gives a DSN.
func startPostgres(t *testing.T) (dsn string) {
	t.Helper()
	return newPostgres(t).dsn
}

// newPostgres starts a throwaway server from Debian's package. Without the
// package the test is skipped, but not in CI.
func newPostgres(t *testing.T) *postgresServer {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("Debian's package postgresql is not installed")
		}
		t.Skip("Debian's package postgresql is not installed")
	}
	slices.Sort(found)
	bin := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "carat-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var owner *syscall.SysProcAttr
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		owner = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, owner
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	run("initdb", "-D", data, "-U", "carat", "--auth=trust", "--no-sync", "-E", "UTF8")
	options := fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1 -c fsync=off", port, dir)
	running := false
	p := &postgresServer{dsn: fmt.Sprintf("postgres://carat@127.0.0.1:%d/postgres?sslmode=disable", port)}
	p.start = func() {
		run("pg_ctl", "-D", data, "-l", filepath.Join(dir, "log"), "-w", "-o", options, "start")
		running = true
	}
	p.stop = func() {
		if running {
			run("pg_ctl", "-D", data, "-m", "immediate", "stop")
		}
		running = false
	}
	p.start()
	t.Cleanup(p.stop)
	return p
}

// caratExits runs the real binary, wants an exit code and gives stdout.
func caratExits(t *testing.T, want int, args ...string) string {
	t.Helper()
	stdout, _ := caratBoth(t, want, args...)
	return stdout
}

func caratBoth(t *testing.T, want int, args ...string) (stdout, told string) {
	t.Helper()
	cmd := exec.Command("carat", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		t.Fatalf("carat %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, want, stderr.String())
	}
	return string(out), stderr.String()
}

// firstSeen is the one thing of an exception that a clock tells.
var firstSeen = regexp.MustCompile(`"first_seen":"[^"]*",`)

// A month whose catalog and state are in PostgreSQL comes out as it does with
// SQLite: the same run, the same exceptions, the same statements.
func TestMonthWithCatalogInPostgreSQL(t *testing.T) {
	t.Parallel()
	dsn := startPostgres(t)
	var dirs [2]string
	var exceptions [2]string
	var objects [2]runObject
	for i := range dirs {
		dir := filepath.Join(t.TempDir(), "month")
		dirs[i] = dir
		carat(t, "generate", "--out", dir, "--gifts", "2000", "--viewers", "300", "--creators", "40", "--files", "month", "--faults", "all")
		if i == 1 {
			setCatalog(t, filepath.Join(dir, "carat.yaml"), dsn)
		}
		carat(t, "ingest", "--dir", dir)
		caratExits(t, 4, "reconcile", "--dir", dir, "--period", "2026-10")
		exceptions[i] = firstSeen.ReplaceAllString(carat(t, "exceptions", "--dir", dir, "--period", "2026-10", "--format", "json"), "")
		carat(t, "statements", "--dir", dir, "--period", "2026-10")
		if err := json.Unmarshal([]byte(caratExits(t, 4, "run", "--dir", dir, "--period", "2026-10", "--format", "json")), &objects[i]); err != nil {
			t.Fatal(err)
		}
		carat(t, "verify", "--dir", dir)
	}
	if _, err := os.Stat(filepath.Join(dirs[1], "lake", "catalog.sqlite")); !os.IsNotExist(err) {
		t.Errorf("there is a catalog in SQLite besides: %v", err)
	}
	if exceptions[0] != exceptions[1] || len(exceptions[0]) < 100 {
		t.Errorf("exceptions with PostgreSQL\n%s\nwith SQLite\n%s", exceptions[1], exceptions[0])
	}
	for i := range objects {
		objects[i].Seconds = ""
	}
	if got, want := asJSON(t, objects[1]), asJSON(t, objects[0]); got != want || objects[0].Statements == 0 || len(objects[0].Batches) != 0 {
		t.Errorf("the run with PostgreSQL\n%s\nwith SQLite\n%s", got, want)
	}
	if got, want := contents(t, dirs[1]), contents(t, dirs[0]); got != want {
		t.Errorf("the lake with PostgreSQL\n%s\nwith SQLite\n%s", got, want)
	}
	drillWithPostgres(t, dirs[1], dsn)
}

// asJSON spells a value whole, with what its pointers point to.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// drillWithPostgres is the drill of docs/operations.md: a backup of catalog and
// state in PostgreSQL is restored into a new database, and into SQLite.
func drillWithPostgres(t *testing.T, dir, dsn string) {
	t.Helper()
	backups, head := filepath.Join(t.TempDir(), "backups"), filepath.Join(t.TempDir(), "head.json")
	carat(t, "verify", "--dir", dir, "--export-head", head)
	want := contents(t, dir)
	carat(t, "backup", "--dir", dir, "--out", backups)
	carat(t, "restore", "--from", backups, "--check")
	if out, err := exec.Command("psql", dsn, "-c", "create database restored").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, catalog := range map[string]string{"a new database": strings.Replace(dsn, "/postgres?", "/restored?", 1), "SQLite": "''"} {
		to := filepath.Join(t.TempDir(), "restored")
		if err := os.Mkdir(to, 0o755); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "carat.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, "carat.yaml"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		setCatalog(t, filepath.Join(to, "carat.yaml"), catalog)
		carat(t, "restore", "--from", backups, "--dir", to)
		carat(t, "verify", "--dir", to, "--head", head)
		if got := contents(t, to); got != want {
			t.Errorf("restored into %s the lake holds\n%s\nwant\n%s", name, got, want)
		}
		if got := carat(t, "runs", "--dir", to, "--format", "csv"); strings.Count(got, ",reconcile,") == 0 {
			t.Errorf("restored into %s the runs are\n%s", name, got)
		}
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := os.CopyFS(other, os.DirFS(filepath.Join(dir, "inbox"))); err != nil { // any folder without a lake
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "carat.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "carat.yaml"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	caratExits(t, 2, "restore", "--from", backups, "--dir", other) // into the database in use
	carat(t, "verify", "--dir", dir)
}

// setCatalog names the catalog's database in a configuration.
func setCatalog(t *testing.T, path, dsn string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "catalog:") {
			lines = append(lines, line)
		}
	}
	text = []byte(strings.Join(lines, "") + "catalog: " + dsn + "\n")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
