package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is an account that owns nothing else.
const nobody = 65534

// caratAs runs carat as an account, 0 for the test's own, and gives its exit code and what it said.
func caratAs(t *testing.T, uid uint32, binary string, args ...string) (code int, stderr string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if uid != 0 && os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), said.String()
}

// What an account may not read isn't taken for changed: verify ends as a usage error that
// names it. Root is told before it writes into another account's lake.
func TestLakesOfAnotherAccount(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "carat-owners-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	root := os.Geteuid() == 0
	found, err := exec.LookPath("carat")
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "carat")
	if out, err := exec.Command("cp", found, binary).CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	month := filepath.Join(dir, "month")
	for _, err := range []error{os.Chmod(dir, 0o755), os.Chmod(binary, 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	carat(t, "generate", "--out", month, "--gifts", "200", "--viewers", "20", "--creators", "5", "--files", "month")
	carat(t, "ingest", "--dir", month)
	if root {
		err := filepath.WalkDir(month, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, nobody, nobody)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if code, said := caratAs(t, nobody, binary, "verify", "--dir", month); code != 0 {
		t.Fatalf("its owner: %d %s", code, said)
	}
	for _, part := range []string{"raw", "carat.db", "people", "catalog.sqlite"} {
		path := filepath.Join(month, "lake", part)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		code, said := caratAs(t, nobody, binary, "verify", "--dir", month)
		if code != 2 || !strings.Contains(said, "this account may not read "+path+" (1 in all), so that nothing can be said of it; nothing was verified; run it as the account that owns the lake") {
			t.Errorf("%s: %d %.600s", part, code, said)
		}
		if err := os.Chmod(path, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	if code, said := caratAs(t, nobody, binary, "status", "--dir", month); code != 0 || strings.Contains(said, "run by root") {
		t.Errorf("its owner: %d %s", code, said)
	}
	if !root {
		return
	}
	code, said := caratAs(t, 0, binary, "status", "--dir", month)
	if code != 0 || !strings.Contains(said, "it belongs to nobody, and this is run by root: what is written now will be root's, and nobody can't read it. Run carat as nobody instead (`sudo -u nobody carat …`)") {
		t.Errorf("root: %d %s", code, said)
	}
}
