package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/pipeline"
)

// Two of a person at once, and as many of each other person; who ends makes room,
// and a notice that a killed process left holds nobody up.
func TestTurns(t *testing.T) {
	folder, at := filepath.Join(t.TempDir(), "queries"), time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	take := func(person string) func() {
		t.Helper()
		release, err := Turn(folder, person, at)
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	refused := func(person string) {
		t.Helper()
		if _, err := Turn(folder, person, at); pipeline.KindOf(err) != pipeline.KindBusy || strings.Count(err.Error(), "since 2026-11-01T08:00:00Z") != AtOnce {
			t.Fatalf("one more of %q: %v", person, err)
		}
	}
	for _, person := range []string{"ann", "bob", "", "../../x"} {
		first, second := take(person), take(person)
		refused(person)
		first()
		third := take(person)
		refused(person)
		second()
		third()
		take(person)()
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 4*AtOnce {
		t.Errorf("%v %v", left, err)
	}
	for _, one := range left {
		if info, err := one.Info(); err != nil || info.Size() != 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", one.Name(), info, err)
		}
		if err := os.WriteFile(filepath.Join(folder, one.Name()), []byte(`{"pid":1}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	take("ann")()

	// Many who begin together are never more than two.
	var mu sync.Mutex
	var got []func()
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			release, err := Turn(folder, "ann", at)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, release)
			}
		})
	}
	all.Wait()
	if len(got) != AtOnce {
		t.Errorf("%d at once", len(got))
	}
}

// A folder that somebody else could change holds no turns.
func TestTurnsAreOfThisAccount(t *testing.T) {
	open := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Turn(open, "ann", time.Time{}); err == nil || !strings.Contains(err.Error(), "no folder of this account alone") {
		t.Error(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if _, err := Turn(link, "ann", time.Time{}); err == nil {
		t.Error("a link is taken for a folder")
	}
}
