package lake

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"carat/pipeline"
)

func TestSecondWriterIsTurnedAwayAtOnce(t *testing.T) {
	root := t.TempDir()
	clock := func() time.Time { return time.Date(2026, 11, 1, 8, 30, 0, 0, time.UTC) }
	first, err := Open(t.Context(), Config{Root: root, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second := openTest(t, root)
	release, err := first.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = second.Lock(t.Context())
	if pipeline.KindOf(err) != pipeline.KindBusy {
		t.Errorf("kind %v of %v", pipeline.KindOf(err), err)
	}
	want := regexp.MustCompile(`^lock lake ` + regexp.QuoteMeta(root) + `: process \d+ on \S+ has been writing to it since 2026-11-01T08:30:00Z; wait until it has ended and run again; nothing was changed$`)
	if err == nil || !want.MatchString(err.Error()) {
		t.Errorf("error %v", err)
	}
	release()
	release()
	again, err := second.Lock(t.Context())
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	again()
}

// A copied lake works as it is, beside the one it was copied from, and both go
// on by themselves.
func TestCopiedLakeGoesOn(t *testing.T) {
	base := t.TempDir()
	one, two := filepath.Join(base, "one"), filepath.Join(base, "two")
	l1 := openTest(t, one)
	release, err := l1.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ingest(t, l1, gifts(8, 1), "common")
	release()
	copyLake(t, one, two)
	l2 := openTest(t, two)
	lockTest(t, l1)
	lockTest(t, l2)
	ingest(t, l1, gifts(4, 9), "only in one")
	ingest(t, l2, nil, "only in two")
	ingest(t, l2, gifts(12, 9), "only in two as well")
	for _, c := range []struct {
		l    *Lake
		root string
		rows int
	}{{l1, one, 12}, {l2, two, 20}} {
		tf := tableOf(t, c.l, "gift_events", AsOf{})
		for _, f := range tf.Files {
			if !strings.HasPrefix(f, c.root+"/") {
				t.Errorf("lake %s reads %s", c.root, f)
			}
		}
		if got := len(readAll[pipeline.GiftEvent](t, tf.Files)); got != c.rows {
			t.Errorf("lake %s has %d rows, want %d", c.root, got, c.rows)
		}
		if _, err := c.l.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		if s := strays(t, c.l); len(s) > 0 {
			t.Errorf("strays in %s: %v", c.root, s)
		}
	}
	// The copy must not need the original.
	_ = l1.Close()
	if err := os.RemoveAll(one); err != nil {
		t.Fatal(err)
	}
	l3 := openTest(t, two)
	if _, err := l3.Verify(t.Context()); err != nil {
		t.Errorf("after the original is gone: %v", err)
	}
}

// Metadata must hold plain absolute paths, which other engines read.
func TestRecordedPathsArePlain(t *testing.T) {
	root := t.TempDir()
	l := openTest(t, root)
	lockTest(t, l)
	ingest(t, l, gifts(4, 1), "x")
	lt, _ := l.catalog.Table("gift_events")
	snap := lt.Iceberg.CurrentSnapshot()
	if !strings.HasPrefix(snap.ManifestList, root+"/carat.db/gift_events/metadata/") {
		t.Errorf("manifest list %s", snap.ManifestList)
	}
	if _, err := os.Stat(snap.ManifestList); err != nil {
		t.Error(err)
	}
	files, err := l.catalog.DataFiles(snap)
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		if _, err := os.Stat(f.FilePath()); err != nil {
			t.Error(err)
		}
	}
}

// Folder names with spaces and letters of any language work.
func TestFolderNames(t *testing.T) {
	root := filepath.Join(t.TempDir(), "José's lake + 湖 (1); a&b=c")
	l := openTest(t, root)
	lockTest(t, l)
	ingest(t, l, gifts(4, 1), "x")
	ingest(t, l, gifts(4, 2), "y")
	if got := len(readAll[pipeline.GiftEvent](t, tableOf(t, openTest(t, root), "gift_events", AsOf{}).Files)); got != 8 {
		t.Errorf("%d rows, want 8", got)
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if s := strays(t, l); len(s) > 0 {
		t.Errorf("strays %v", s)
	}
}

// Several carats may find that there is no lake yet, and make it in the same
// moment: it is one lake, and each of them has it open.
func TestMadeTogether(t *testing.T) {
	for round := range 10 {
		root := filepath.Join(t.TempDir(), "lake")
		type made struct {
			lake *Lake
			err  error
		}
		done := make(chan made)
		for range 4 {
			go func() {
				l, err := Open(t.Context(), Config{Root: root})
				done <- made{l, err}
			}()
		}
		ids := map[string]bool{}
		for range 4 {
			m := <-done
			if m.err != nil {
				t.Errorf("round %d: %v", round, m.err)
				continue
			}
			ids[m.lake.ID()] = true
			if err := m.lake.Close(); err != nil {
				t.Error(err)
			}
		}
		if len(ids) != 1 {
			t.Errorf("round %d: ids %v, want one", round, ids)
		}
		l := openTest(t, root)
		if s := strays(t, l); len(s) > 0 {
			t.Errorf("round %d: strays %v", round, s)
		}
		if _, err := l.Verify(t.Context()); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	secret := "postgres://carat:s3cret%21@127.0.0.1:1/carat?connect_timeout=1"
	for _, c := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"a file where the folder should be", Config{Root: file},
			"open lake " + file + ": mkdir " + file + ": not a directory; carat needs to write to " + file + ": check its owner and permissions, or set `lake` in carat.yaml to another folder"},
		{"below a file", Config{Root: filepath.Join(file, "lake")},
			"open lake " + file + "/lake: mkdir " + file + ": not a directory; carat needs to write to " + file + "/lake: check"},
		{"a relative path", Config{Root: "lake"}, "open lake lake: the folder's path is not absolute"},
		{"a path like a URL", Config{Root: "/tmp/50%"}, `open lake "/tmp/50%": the path holds one of % ? # or a control character, which Iceberg readers take for part of a URL; choose another folder`},
		{"a path like a pattern", Config{Root: "/tmp/books [2026]"}, `open lake "/tmp/books [2026]": the path holds one of * [ ], which DuckDB takes for a pattern: another folder's files would be read; choose another folder`},
		{"a path like a pattern of any", Config{Root: "/tmp/b*"}, `open lake "/tmp/b*": the path holds one of * [ ]`},
		{"a DSN of another kind", Config{Root: t.TempDir(), CatalogDSN: "mysql://x:hunter2@y"},
			"open catalog: the DSN begins with neither postgres:// nor postgresql://; leave `catalog`"},
		{"a server that isn't there", Config{Root: t.TempDir(), CatalogDSN: secret},
			"open catalog postgres://127.0.0.1:1/carat: "},
	} {
		_, err := Open(t.Context(), c.cfg)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
			continue
		}
		if pipeline.KindOf(err) != pipeline.KindUsage {
			t.Errorf("%s: kind %v", c.name, pipeline.KindOf(err))
		}
		if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the password is in %v", c.name, err)
		}
	}
}

// mountTmpfs mounts a small file system, which needs root.
func mountTmpfs(t *testing.T, options string, flags uintptr) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("needs the right to mount a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestReadOnlyFileSystem(t *testing.T) {
	dir := mountTmpfs(t, "size=1m", syscall.MS_RDONLY)
	root := filepath.Join(dir, "lake")
	_, err := Open(t.Context(), Config{Root: root})
	want := "open lake " + root + ": mkdir " + root + ": read-only file system; carat needs to write to " + root
	if err == nil || !strings.HasPrefix(err.Error(), want) || pipeline.KindOf(err) != pipeline.KindUsage {
		t.Errorf("error %v", err)
	}
}

// A disk that fills up in the middle of an ingest ends it with a clear error
// and an unharmed lake.
func TestFullDisk(t *testing.T) {
	root := filepath.Join(mountTmpfs(t, "size=6m", 0), "lake")
	l := openTest(t, root)
	lockTest(t, l)
	ingest(t, l, gifts(8, 1), "fits")
	feed, _ := pipeline.FeedByName("gift_events")
	s, err := NewStage[pipeline.GiftEvent](t.Context(), l, feed, l.NextBatchID())
	if err != nil {
		t.Fatal(err)
	}
	rows := giftRows(300_000, 1, true)
	failed := func() error {
		for seq := 0; seq*50_000 < len(rows); seq++ {
			b, err := s.OpenBlock(seq)
			if err != nil {
				return err
			}
			for i := seq * 50_000; i < (seq+1)*50_000; i += 5_000 {
				if err := b.Write(rows[i : i+5_000]); err != nil {
					return err
				}
			}
			if err := b.Close(); err != nil {
				return err
			}
		}
		_, err := s.Commit(t.Context(), batchOf(int64(len(rows))))
		return err
	}()
	if failed == nil || !errors.Is(failed, syscall.ENOSPC) || !strings.Contains(failed.Error(), "free space in "+root+" and run again; nothing was ingested") {
		t.Fatalf("error %v", failed)
	}
	if err := s.Discard(); err != nil {
		t.Fatal(err)
	}
	if found := strays(t, l); len(found) > 0 {
		t.Errorf("strays %v", found)
	}
	ingest(t, l, gifts(4, 20), "fits again")
	if got := len(readAll[pipeline.GiftEvent](t, tableOf(t, l, "gift_events", AsOf{}).Files)); got != 12 {
		t.Errorf("%d rows, want 12", got)
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
