package main

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"carat/fixtures"
	"carat/pipeline"
)

// kills is how often an ingest is killed before it may end.
const kills = 6

// carat runs the real binary, which TestMain put into PATH, and gives stdout.
func carat(t *testing.T, args ...string) string {
	t.Helper()
	return caratExits(t, 0, args...)
}

// contents gives the number of rows of every table and a hash of all their
// columns but the time at which they were ingested.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var parts []string
	for _, table := range append(pipeline.FeedNames(), "rejects") {
		parts = append(parts, "select '"+table+"' as name, count(*) as n, bit_xor(hash(r)) as h from (select * exclude (ingested_at) from "+table+") as r")
	}
	return carat(t, "query", "--dir", dir, "--format", "csv", strings.Join(parts, " union all ")+" order by name")
}

// lakeFiles gives the names of the files that hold rows and source bytes, and
// of whatever is left in staging.
func lakeFiles(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	for _, folder := range []string{"carat.db", "raw", "people", "staging"} {
		err := filepath.WalkDir(filepath.Join(dir, "lake", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.Contains(path, "/metadata/") {
				return err
			}
			name, err := filepath.Rel(dir, path)
			names = append(names, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(names)
	return names
}

// killSeed is the seed of when kills come: a new one each time, or the one that
// CARAT_SEED names.
func killSeed(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("CARAT_SEED"); text != "" {
		first, _, err := fixtures.Seeds(text)
		if err != nil {
			t.Fatal(err)
		}
		seed = first
	}
	t.Logf("seed %d", seed)
	return seed
}

// An ingest that is killed at any moment, again and again, and then run to its
// end leaves what one undisturbed ingest leaves.
func TestKilledIngestIsRunAgain(t *testing.T) {
	t.Parallel()
	dir, calm := filepath.Join(t.TempDir(), "killed"), filepath.Join(t.TempDir(), "calm")
	for _, d := range []string{dir, calm} {
		carat(t, "generate", "--out", d, "--gifts", "8000", "--viewers", "300", "--creators", "40", "--files", "month", "--faults", "all")
	}
	began := time.Now()
	carat(t, "ingest", "--dir", calm)
	took := time.Since(began)

	random := rand.New(rand.NewPCG(killSeed(t), 0))
	killed := 0
	for range kills {
		cmd := exec.Command("carat", "ingest", "--dir", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		at := time.AfterFunc(took/20+time.Duration(random.Int64N(int64(took/2))), func() { _ = cmd.Process.Signal(syscall.SIGKILL) })
		err := cmd.Wait()
		at.Stop()
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
			killed++
		} else if err != nil {
			t.Errorf("an ingest after a kill: %v", err)
		}
	}
	if killed == 0 {
		t.Error("no ingest was killed")
	}
	carat(t, "ingest", "--dir", dir)
	carat(t, "verify", "--dir", dir)
	if got, want := contents(t, dir), contents(t, calm); got != want {
		t.Errorf("after %d kills the lake holds\n%s\nwant\n%s", killed, got, want)
	}
	if got, want := lakeFiles(t, dir), lakeFiles(t, calm); !slices.Equal(got, want) {
		t.Errorf("files\n%q\nwant\n%q", got, want)
	}
}
