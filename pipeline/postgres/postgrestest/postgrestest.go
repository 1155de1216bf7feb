package postgrestest

import (
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// installed is where Debian puts its servers.
const installed = "/usr/lib/postgresql"

// Start starts a throwaway server from Debian's package and gives a
// DSN, until the test ends. Without the package the test is skipped, or fails where the
// server is wanted, as in CI.
func Start(t testing.TB, wanted bool) (dsn string) {
	t.Helper()
	found, _ := fs.Glob(os.DirFS(installed), "*/bin/initdb")
	if len(found) == 0 {
		if wanted {
			t.Fatal("Debian's package postgresql is not installed")
		}
		t.Skip("Debian's package postgresql is not installed")
	}
	slices.Sort(found)
	bin := filepath.Join(installed, filepath.Dir(found[len(found)-1]))
	dir, err := os.MkdirTemp("", "carat-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := func(cmd *exec.Cmd) *exec.Cmd { cmd.Dir = dir; return cmd }
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
		as = func(cmd *exec.Cmd) *exec.Cmd {
			cmd.Dir = dir
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
			return cmd
		}
	}
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := as(exec.Command(filepath.Join(bin, name), args...)).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("p@ss:word\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	run("initdb", "-D", data, "-U", "carat", "--auth=scram-sha-256", "--pwfile="+password, "--no-sync", "-E", "UTF8")
	port := freePort(t)
	log := filepath.Join(dir, "log")
	run("pg_ctl", "-D", data, "-l", log, "-w", "-o", fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1 -c fsync=off", port, dir), "start")
	t.Cleanup(func() { run("pg_ctl", "-D", data, "-m", "immediate", "stop") })
	u := url.URL{Scheme: "postgres", User: url.UserPassword("carat", "p@ss:word"), Host: fmt.Sprintf("127.0.0.1:%d", port), Path: "/postgres", RawQuery: "sslmode=disable"}
	return u.String()
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
