package state

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// server is the PostgreSQL of this package's tests, started when first needed.
var server struct {
	sync.Once
	stop func()
	dsn  string // ends before the database's name
	skip string
	err  error
	n    int
}

func TestMain(m *testing.M) {
	code := m.Run()
	if server.stop != nil {
		server.stop()
	}
	os.Exit(code)
}

// newDatabase gives the DSN of an empty database on a real server.
func newDatabase(t *testing.T) string {
	t.Helper()
	server.Do(startServer)
	if server.skip != "" {
		if os.Getenv("CI") == "true" {
			t.Fatal(server.skip)
		}
		t.Skip(server.skip)
	}
	if server.err != nil {
		t.Fatal(server.err)
	}
	server.n++
	name := fmt.Sprintf("state%d", server.n)
	if out, err := exec.Command("psql", "-q", "-d", server.dsn+"postgres", "-c", "create database "+name).CombinedOutput(); err != nil {
		t.Fatalf("create database: %v\n%s", err, out)
	}
	return server.dsn + name
}

func startServer() {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		server.skip = "no PostgreSQL server on this machine (apt-get install postgresql)"
		return
	}
	bin := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "carat-postgres")
	if err != nil {
		server.err = err
		return
	}
	// PostgreSQL refuses to run as root.
	as := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			server.err = err
			return
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if server.err = os.Chown(dir, uid, gid); server.err != nil {
			return
		}
	}
	port, err := freePort()
	if err != nil {
		server.err = err
		return
	}
	command := func(name string, args ...string) error {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, as
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", name, err, out)
		}
		return nil
	}
	data := filepath.Join(dir, "data")
	if server.err = command("initdb", "-D", data, "-U", "carat", "-A", "trust", "--no-sync"); server.err != nil {
		return
	}
	options := fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1 -c fsync=off", port, dir)
	if server.err = command("pg_ctl", "-D", data, "-l", filepath.Join(dir, "log"), "-w", "-o", options, "start"); server.err != nil {
		return
	}
	server.dsn = fmt.Sprintf("postgres://carat@127.0.0.1:%d/", port)
	server.stop = func() {
		if err := command("pg_ctl", "-D", data, "-m", "immediate", "stop"); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.RemoveAll(dir)
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
