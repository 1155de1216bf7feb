package guard_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/pipeline"
	carat "carat/sql"
)

// flips is how many bytes are flipped: few in `make test`, or as many as CARAT_FLIPS says.
func flips() int {
	if n, err := strconv.Atoi(os.Getenv("CARAT_FLIPS")); err == nil && n > 0 {
		return n
	}
	if os.Getenv("CARAT_SIMULATE") != "" {
		return 10_000
	}
	return 40
}

// compactedMonth is a closed month some of whose files were compacted.
func compactedMonth(t *testing.T) books.Setting {
	t.Helper()
	files := maps.Clone(trial.SmallMonth)
	for i := range 4 {
		files[fmt.Sprintf("gift_events-more-%d.csv", i)] = fmt.Sprintf("event_id,kind,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds\n"+
			"m%d,gift,2026-10-07T11:0%d:00Z,s1,v1,c1,5655,2,2,1\n", i, i)
	}
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\nmax_reject_share: 0.5\n", files)
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: carat.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	lockMonth(t, s)
	if r, err := guard.Compact(t.Context(), guard.CompactOptions{Setting: s}); err != nil || len(r.Tables) == 0 || len(r.Unknown) > 0 {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: s}); err != nil {
		t.Fatal(err)
	}
	return s
}

// lakeFiles gives the files of a lake that hold anything, by name below it.
func lakeFiles(t *testing.T, root string) (names []string, sizes []int64) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() > 0 {
			rel, rerr := filepath.Rel(root, path)
			names, sizes, err = append(names, rel), append(sizes, info.Size()), rerr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names, sizes
}

// Whichever bit of whichever file of the lake is flipped, verify names the file.
// Half of the flips choose the file first, so that small files are hit too,
// half the byte among all.
func TestVerifySimulatedFlips(t *testing.T) {
	trial.Simulate(t, 1, 1, func(t *testing.T, seed uint64) {
		s := compactedMonth(t)
		random := rand.New(rand.NewPCG(seed, 3))
		names, sizes := lakeFiles(t, s.Config.Lake)
		total := int64(0)
		for _, n := range sizes {
			total += n
		}
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(s.Config.Dir)); err != nil {
			t.Fatal(err)
		}
		there := copiedSetting(s, copied)
		kinds := map[string]int{}
		for n := range flips() {
			file, at := random.IntN(len(names)), int64(0)
			if n%2 == 0 {
				for at, file = random.Int64N(total), 0; at >= sizes[file]; file++ {
					at -= sizes[file]
				}
			} else {
				at = random.Int64N(sizes[file])
			}
			bit := byte(1) << random.IntN(8)
			path := filepath.Join(there.Config.Lake, names[file])
			flip(t, path, at, bit)
			if said := whatVerifySays(there); !nameTold(said, names[file]) {
				t.Errorf("flip %d: bit %d of byte %d of %s: verify says %q", n, bit, at, names[file], said)
			}
			kinds[kindOfFile(names[file])]++
			restore(t, s.Config.Lake, there.Config.Lake, names[file])
			if testing.Verbose() && n%100 == 99 {
				t.Logf("%d flips, all found: %v", n+1, !t.Failed())
			}
		}
		t.Logf("counted: %d bits flipped, one at a time, in %d files of %d bytes, each named by verify: %v; of which: %v", flips(), len(names), total, !t.Failed(), kinds)
		if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: there}); err != nil {
			t.Errorf("restored: %v", err)
		}
	})
}

func flip(t *testing.T, path string, at int64, bit byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= bit
	if _, err := f.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
}

// whatVerifySays gives the error and all differences; "" when there is none.
func whatVerifySays(s books.Setting) string {
	v, err := guard.Verify(context.Background(), guard.VerifyOptions{Setting: s})
	if err == nil {
		return ""
	}
	if kind := pipeline.KindOf(err); kind != pipeline.KindVerification {
		return fmt.Sprintf("not a verification error but %d: %v", kind, err)
	}
	said := err.Error()
	if v != nil {
		said += "\n" + strings.Join(v.Differences, "\n")
	}
	return said
}

// nameTold says whether a text names a file; one that is named by the hash of its
// content may be named by that.
func nameTold(said, name string) bool {
	if base := filepath.Base(name); len(base) > 64 {
		return strings.Contains(said, base[:64])
	}
	return strings.Contains(said, name)
}

// restore puts the file that was flipped back, and what verify itself writes.
func restore(t *testing.T, from, to, name string) {
	t.Helper()
	mutable := []string{"catalog.sqlite", "catalog.sqlite-seal", "catalog.sqlite-open", "people/people.sqlite"}
	for _, name := range append(mutable, name) {
		content, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"catalog.sqlite-wal", "catalog.sqlite-shm"} {
		_ = os.Remove(filepath.Join(to, name))
	}
}

// kindOfFile groups files for the report.
func kindOfFile(name string) string {
	parts := strings.Split(filepath.ToSlash(name), "/")
	if parts[0] == "carat.db" {
		return parts[2] + " " + filepath.Ext(name)
	}
	return parts[0]
}
