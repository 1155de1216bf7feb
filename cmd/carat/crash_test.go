package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// crashAt is the variable that tells carat-crash, which exists in tests alone,
// at which step of the lake's disk layer it is to die.
const crashAt = "CARAT_CRASH_AT"

// crashCount names the file that carat-crash writes the number of its steps to.
const crashCount = "CARAT_CRASH_COUNT"

// crashCode is carat, killed right before the n-th time that it creates, writes,
// syncs, renames, removes or commits something in the lake, or right after a
// commit.
func crashCode() int {
	n, err := strconv.ParseInt(os.Getenv(crashAt), 10, 64)
	if err != nil {
		return 1
	}
	var left, steps atomic.Int64
	left.Store(n)
	a := newApp(os.Args, os.Environ(), os.Stdout, os.Stderr)
	a.fault = func(string, string) error {
		steps.Add(1)
		if left.Add(-1) == 0 {
			return errors.Join(syscall.Kill(os.Getpid(), syscall.SIGKILL), errors.New("power cut"))
		}
		return nil
	}
	code := a.run(context.Background())
	if file := os.Getenv(crashCount); file != "" {
		if err := os.WriteFile(file, []byte(strconv.FormatInt(steps.Load(), 10)), 0o600); err != nil {
			return 1
		}
	}
	return code
}

// killPlan draws the instants at which carat is killed.
type killPlan struct {
	random *rand.Rand
	took   time.Duration // of an undisturbed run
	delays int           // killed after a time
	points int           // killed at a step
}

// killed runs carat and kills it: half the time after a while, half the time at
// a step. It says whether it was killed before it ended.
func (k *killPlan) killed(t *testing.T, steps int64, args ...string) bool {
	t.Helper()
	name, byPoint := "carat", k.random.IntN(2) == 0
	if byPoint {
		name = "carat-crash"
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", crashAt, 1+k.random.Int64N(steps)))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !byPoint {
		at := time.AfterFunc(time.Duration(k.random.Int64N(int64(k.took))), func() { _ = cmd.Process.Signal(syscall.SIGKILL) })
		defer at.Stop()
	}
	_ = cmd.Wait() // how it ended is looked at below
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		return false
	}
	if byPoint {
		k.points++
	} else {
		k.delays++
	}
	return true
}

// resultFiles gives the name and hash of every file of the result tables.
func resultFiles(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "lake", "carat.db"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "/data/period=") {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		list = append(list, name+" "+digest(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// Upper bounds of the steps of a small run and a compaction.
const (
	runSteps       = 3000
	compactSteps   = 300
	killsOfARound  = 8 // before the run may end
	exitExceptions = 4
)

// A run, and a compaction, that are killed again and again, at any instant and
// at any step, and then run to their ends, leave what undisturbed ones leave: the
// same bytes of the result tables, no batch half there and none twice.
func TestSimulatedKills(t *testing.T) {
	t.Parallel()
	wanted := 3
	if os.Getenv("CARAT_SIMULATE") != "" {
		wanted = 300
	}
	base, calm := filepath.Join(t.TempDir(), "base"), filepath.Join(t.TempDir(), "calm")
	carat(t, "generate", "--out", base, "--gifts", "400", "--viewers", "60", "--creators", "40", "--files", "weekly", "--faults", "all")
	if err := os.CopyFS(calm, os.DirFS(base)); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	caratExits(t, exitExceptions, "run", "--dir", calm, "--period", "2026-10")
	k := &killPlan{took: time.Since(began)}
	want, wantRows, wantFiles := resultFiles(t, calm), contents(t, calm), lakeFiles(t, calm)
	if len(want) < 10 {
		t.Fatalf("an undisturbed run leaves %d result files", len(want))
	}
	carat(t, "compact", "--dir", calm)
	wantCompacted := lakeFiles(t, calm)
	k.random = rand.New(rand.NewPCG(killSeed(t), 0))

	check := func(dir, when string, files []string) {
		t.Helper()
		carat(t, "verify", "--dir", dir)
		if got := resultFiles(t, dir); !slices.Equal(got, want) {
			t.Errorf("%s the result tables are\n%q\nwant\n%q", when, got, want)
		}
		if got := contents(t, dir); got != wantRows {
			t.Errorf("%s the lake holds\n%s\nwant\n%s", when, got, wantRows)
		}
		if got := lakeFiles(t, dir); !slices.Equal(got, files) {
			t.Errorf("%s the files are\n%q\nwant\n%q", when, got, files)
		}
	}
	compactKills, rounds := 0, 0
	for ; k.delays+k.points < wanted && !t.Failed(); rounds++ {
		dir := filepath.Join(t.TempDir(), "killed")
		if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
			t.Fatal(err)
		}
		for range killsOfARound {
			if !k.killed(t, runSteps, "run", "--dir", dir, "--period", "2026-10") {
				break
			}
		}
		caratExits(t, exitExceptions, "run", "--dir", dir, "--period", "2026-10")
		check(dir, fmt.Sprintf("after %d kills", k.delays+k.points), wantFiles)
		for range 2 {
			before := k.delays + k.points
			k.killed(t, compactSteps, "compact", "--dir", dir)
			compactKills += k.delays + k.points - before
		}
		carat(t, "compact", "--dir", dir)
		check(dir, "compacted", wantCompacted)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if testing.Verbose() {
			t.Logf("%d killed", k.delays+k.points)
		}
	}
	t.Logf("counted: run and compact killed %d times after a time and %d times at a step, %d of them compactions; %d rounds, each as undisturbed: %v", k.delays, k.points, compactKills, rounds, !t.Failed())
}
