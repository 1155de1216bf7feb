package database_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// missing skips a test for want of a server, or fails where all are to be there.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// account makes a folder that belongs to an account of the machine, as which a server
// is to run that refuses to run as root.
func account(t *testing.T, name string) (dir string, as *syscall.SysProcAttr) {
	t.Helper()
	dir, err := os.MkdirTemp("", "carat-database")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as = &syscall.SysProcAttr{}
	if os.Getuid() != 0 {
		return dir, as
	}
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return dir, as
}

func command(t *testing.T, dir string, as *syscall.SysProcAttr, name string, args ...string) string {
	t.Helper()
	return reading(t, "", dir, as, name, args...)
}

// reading is command with a text to read.
func reading(t *testing.T, text, dir string, as *syscall.SysProcAttr, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(text)
	cmd.Dir, cmd.SysProcAttr = dir, as
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// server is a database of this test.
type server struct {
	address string // host:port
	scheme  string
	run     func(t *testing.T, sql string) string
}

func (s server) dsn(address string) string {
	if s.scheme == "trino" {
		return trinoDSN(address)
	}
	return s.scheme + "://reader:quiet@" + address + "/shop"
}

func postgreSQL(t *testing.T) server {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		missing(t, "no PostgreSQL server on this machine (apt-get install postgresql)")
	}
	bin := filepath.Dir(found[len(found)-1])
	dir, as := account(t, "postgres")
	data, port := filepath.Join(dir, "data"), freePort(t)
	command(t, dir, as, filepath.Join(bin, "initdb"), "-D", data, "-U", "carat", "-A", "trust", "--no-sync")
	options := fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1 -c fsync=off -c timezone=Asia/Kolkata -c datestyle=German", port, dir)
	command(t, dir, as, filepath.Join(bin, "pg_ctl"), "-D", data, "-l", filepath.Join(dir, "log"), "-w", "-o", options, "start")
	t.Cleanup(func() {
		command(t, dir, as, filepath.Join(bin, "pg_ctl"), "-D", data, "-m", "immediate", "stop")
	})
	address := "127.0.0.1:" + strconv.Itoa(port)
	s := server{address: address, scheme: "postgres"}
	s.run = func(t *testing.T, sql string) string {
		t.Helper()
		return reading(t, sql, dir, nil, "psql", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", "postgres://carat@"+address+"/shop")
	}
	command(t, dir, nil, "psql", "-q", "-d", "postgres://carat@"+address+"/postgres", "-c", "create database shop")
	s.run(t, "create role reader superuser login password 'quiet'") // even one that may write doesn't
	return s
}

func mariaDB(t *testing.T) server {
	t.Helper()
	install, _ := exec.LookPath("mariadb-install-db")
	bin := "/usr/sbin/mariadbd"
	if _, err := os.Stat(bin); err != nil || install == "" {
		missing(t, "no MariaDB server on this machine (apt-get install mariadb-server)")
	}
	dir, as := account(t, "mysql")
	data, port := filepath.Join(dir, "data"), freePort(t)
	command(t, dir, as, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	socket := filepath.Join(dir, "socket")
	cmd := exec.Command(bin, "--no-defaults", "--datadir="+data, "--socket="+socket, "--port="+strconv.Itoa(port), "--bind-address=127.0.0.1",
		"--innodb-flush-log-at-trx-commit=0", "--default-time-zone=+05:30", "--pid-file="+filepath.Join(dir, "pid"))
	var said strings.Builder
	cmd.Dir, cmd.SysProcAttr, cmd.Stderr = dir, as, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for n := 0; ; n++ {
		if err := exec.Command("mariadb-admin", "--no-defaults", "--socket="+socket, "-u", "root", "ping").Run(); err == nil {
			break
		}
		if n == 300 {
			t.Fatalf("the server doesn't answer:\n%s", said.String())
		}
		time.Sleep(20 * time.Millisecond) // it says nowhere that it listens
	}
	s := server{address: "127.0.0.1:" + strconv.Itoa(port), scheme: "mariadb"}
	s.run = func(t *testing.T, sql string) string {
		t.Helper()
		return reading(t, sql, dir, nil, "mariadb", "--no-defaults", "--socket="+socket, "-u", "root", "-N")
	}
	s.run(t, "create database shop; create user reader@'127.0.0.1' identified by 'quiet'; grant all on *.* to reader@'127.0.0.1'")
	return s
}
