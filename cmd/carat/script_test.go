package main

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"carat":       func() { os.Exit(mainCode()) },
		"carat-crash": func() { os.Exit(crashCode()) },
		"carat-later": func() { os.Exit(laterCode()) },
		"carat-shift": func() { os.Exit(shiftCode()) },
	})
}

// laterCode is carat a year from now: for months that are not over yet.
func laterCode() int {
	a := newApp(os.Args, os.Environ(), os.Stdout, os.Stderr)
	a.now = a.now.AddDate(1, 0, 0)
	return a.run(context.Background())
}

// TestScript runs the stories of testdata/script: each is one file with its
// inputs inline, and runs the real binary. They run beside the other tests that
// start carat again and again: most of those do one thing after the other, and a
// core would be idle.
func TestScript(t *testing.T) {
	t.Parallel()
	made := sync.OnceValues(func() (string, error) { return makeDemo(t.TempDir()) })
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"demo":       func(ts *testscript.TestScript, neg bool, args []string) { copyDemo(ts, neg, args, made) },
			"exits":      exits,
			"exception":  exception,
			"accept":     accept,
			"outwait":    outwait,
			"tmpfs":      tmpfs,
			"unchanged":  unchanged,
			"freeze":     freeze,
			"holdlock":   holdlock,
			"fill":       fill,
			"halve":      halve,
			"mailserver": mailserver,
			"fileserver": fileserver,
			"webhook":    webhook,
			"rot":        rot,
			"holdsqlite": holdsqlite,
			"poison":     poison,
		},
		Condition: func(cond string) (bool, error) { return condition(t, cond) },
	})
}

// makeDemo makes a demo in a folder that isn't there, for all the stories that begin
// with one, with the widest umask there is, and gives carat-demo's path.
func makeDemo(dir string) (string, error) {
	place := filepath.Join(dir, "new", "place")
	out, err := exec.Command("sh", "-c", `umask 000; exec carat demo --dir "$0"`, place).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("carat demo: %w\n%s", err, out)
	}
	return filepath.Join(place, "carat-demo"), nil
}

// copyDemo is demo DIR: it copies the stories' demo to DIR/carat-demo, with the rights of its files.
func copyDemo(ts *testscript.TestScript, neg bool, args []string, made func() (string, error)) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: demo DIR")
	}
	from, err := made()
	ts.Check(err)
	ts.Check(os.MkdirAll(ts.MkAbs(args[0]), 0o755))
	ts.Check(ts.Exec("cp", "-a", from, ts.MkAbs(args[0])))
}

// exception DIR CONTROL sets $ID to the id of the first exception of a control,
// and $BEGINNING to how it begins.
func exception(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: exception DIR CONTROL")
	}
	ts.Check(ts.Exec("carat", "--dir", args[0], "exceptions", "--control", args[1], "--format", "csv"))
	_, rows, _ := strings.Cut(ts.ReadFile("stdout"), "\n")
	id, _, _ := strings.Cut(rows, ",")
	if len(id) != 16 {
		ts.Fatalf("no exception of %s", args[1])
	}
	ts.Setenv("ID", id)
	ts.Setenv("BEGINNING", id[:10])
}

// accept DIR USER explains what a story's few files leave not compared, in every open
// month that was run. A story that isn't about it says by this line that it has no balances
// of a system of record, no statements of a bank.
func accept(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: accept DIR USER [CONTROL]")
	}
	control := "not_compared"
	if len(args) == 3 {
		control = args[2]
	}
	ts.Check(ts.Exec("carat", "--dir", args[0], "--user", args[1], "exceptions", "--control", control, "--format", "csv"))
	text, err := accepting(ts.ReadFile("stdout"))
	ts.Check(err)
	file := ts.MkAbs("accepted-" + args[1] + ".csv")
	ts.Check(os.WriteFile(file, []byte(text), 0o600))
	ts.Check(ts.Exec("carat", "--dir", args[0], "--user", args[1], "exceptions", "--import", file))
}

// accepting gives the decisions that explain each open exception of a CSV.
func accepting(exceptions string) (string, error) {
	rows, err := csv.NewReader(strings.NewReader(exceptions)).ReadAll()
	if err != nil {
		return "", err
	}
	if len(rows) < 2 {
		return "", errors.New("everything was compared")
	}
	var text strings.Builder
	w := csv.NewWriter(&text)
	at := func(name string) int { return slices.Index(rows[0], name) }
	decisions := [][]string{{"exception_id", "period", "status", "note"}}
	for _, row := range rows[1:] {
		if row[at("status")] == "open" {
			decisions = append(decisions, []string{row[at("exception_id")], row[at("period")], "explained", "a story has no such file"})
		}
	}
	err = w.WriteAll(decisions)
	return text.String(), err
}

// poison LAKE does what an earlier carat did with a name and an id that are no
// UTF-8: they stand in the state as they were typed.
func poison(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: poison LAKE")
	}
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(filepath.Join(args[0], "catalog.sqlite")))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec("insert into carat_access (access_id, at, who, verb, query, outcome) values ('odd', 1, ?, 'trace', ?, 'done')", "J\xf6rg", "M\xfcller")
	ts.Check(err)
}

// outwait DIR DAY does what time does: every waiver there is has DAY as its last day.
func outwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: outwait DIR DAY")
	}
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(filepath.Join(args[0], "lake", "catalog.sqlite")))
	ts.Check(err)
	defer db.Close()
	done, err := db.Exec("update carat_decisions set until_day = ? where status = 'waived'", args[1])
	ts.Check(err)
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		ts.Fatalf("no waiver in %s", args[0])
	}
}

// exits CODE COMMAND… runs a command and wants that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = "none: " + err.Error()
		if text, ok := strings.CutPrefix(err.Error(), "exit status "); ok {
			code = text
		}
	}
	if code != args[0] {
		ts.Fatalf("exit code is %s, want %s", code, args[0])
	}
}

// tmpfs DIR SIZE mounts a small disk, taken away when the story ends.
func tmpfs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tmpfs DIR SIZE")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(ts.Exec("mount", "-t", "tmpfs", "-o", "size="+args[1], "tmpfs", dir))
	ts.Defer(func() {
		if err := exec.Command("umount", "-l", dir).Run(); err != nil {
			ts.Logf("umount %s: %v", dir, err)
		}
	})
}

// fill DIR KIB leaves only so much room on a small disk, by a file DIR/fill.
func fill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fill DIR KIB")
	}
	dir := ts.MkAbs(args[0])
	left, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	path := filepath.Join(dir, "fill")
	ts.Check(os.RemoveAll(path))
	var disk syscall.Statfs_t
	ts.Check(syscall.Statfs(dir, &disk))
	free := int64(disk.Bavail)*disk.Bsize - left<<10
	if free > 512<<20 {
		ts.Fatalf("%s is no small disk", dir)
	}
	ts.Check(os.WriteFile(path, make([]byte, max(free, 0)), 0o644))
}

// freeze NAME FOLDER remembers every file of a folder; unchanged NAME FOLDER
// wants the same files with the same content.
func freeze(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: freeze NAME FOLDER")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(listing(ts, args[1])), 0o644))
}

func unchanged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unchanged NAME FOLDER")
	}
	if before, after := ts.ReadFile(args[0]), listing(ts, args[1]); before != after {
		ts.Fatalf("%s changed\nbefore:\n%s\nafter:\n%s", args[1], before, after)
	}
}

// holdlock FILE holds a lake's lock until the story ends, as another run does.
func holdlock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: holdlock FILE")
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR|os.O_CREATE, 0o644)
	ts.Check(err)
	ts.Defer(func() { _ = f.Close() })
	ts.Check(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
}

// rot FILE changes the last byte of a file, as a disk does.
func rot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: rot FILE")
	}
	found, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(found) == 0 {
		ts.Fatalf("no file %s", args[0])
	}
	content, err := os.ReadFile(found[0])
	ts.Check(err)
	info, err := os.Stat(found[0])
	ts.Check(err)
	content[len(content)-1] ^= 1
	ts.Check(os.WriteFile(found[0], content, 0o644))
	ts.Check(os.Chtimes(found[0], info.ModTime(), info.ModTime()))
}

// holdsqlite FILE SECONDS keeps others from writing to a database for a while,
// as another program's transaction does.
func holdsqlite(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: holdsqlite FILE SECONDS")
	}
	span, err := time.ParseDuration(args[1] + "s")
	ts.Check(err)
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(args[0])+"?_txlock=immediate")
	ts.Check(err)
	tx, err := db.Begin()
	ts.Check(err)
	var once sync.Once
	end := func() {
		once.Do(func() {
			_ = tx.Rollback()
			_ = db.Close()
		})
	}
	ts.Defer(end)
	time.AfterFunc(span, end)
}

// halve FROM TO writes the header and the first half of the lines of a file.
func halve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: halve FROM TO")
	}
	lines := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(lines[:len(lines)/2+1], "")), 0o644))
}

func listing(ts *testscript.TestScript, folder string) string {
	var b strings.Builder
	root := ts.MkAbs(folder)
	ts.Check(filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		b.WriteString(rel + " " + digest(content) + "\n")
		return err
	}))
	return b.String()
}
