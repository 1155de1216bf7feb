package lake

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/seal"
	"carat/pipeline/lake/store"
)

// paths gives the files of the lake that are written once and for all.
func onceWritten(t *testing.T, l *Lake) []string {
	t.Helper()
	var found []string
	for _, folder := range []string{catalog.Namespace + ".db", "raw"} {
		err := filepath.WalkDir(filepath.Join(l.cfg.Root, folder), func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				found = append(found, l.disk.Relative(path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(found)
	return found
}

func inventoried(t *testing.T, l *Lake) []string {
	t.Helper()
	files, complete, err := l.catalog.Listed().Files(t.Context(), false)
	if err != nil || !complete {
		t.Fatalf("complete: %v, %v", complete, err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Path)
	}
	return names
}

// Whatever a commit writes is listed, and what it takes away isn't any more.
func TestInventoryListsEveryFile(t *testing.T) {
	root := t.TempDir()
	l := openTest(t, root)
	lockTest(t, l)
	if err := ingestWithRejects(t, l); err != nil {
		t.Fatal(err)
	}
	if _, err := l.DB().Exec("create table runs (id text primary key)"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Publish(t.Context(), Run{ID: "run1", Period: "2026-10"}, resultFiles(t, l, "run1"), recordRun("run1")); err != nil {
		t.Fatal(err)
	}
	smallFiles(t, l, 24) // more than the metadata files that are kept
	if _, err := l.Compact(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got, want := inventoried(t, l), onceWritten(t, l); !slices.Equal(got, want) {
		t.Errorf("listed %q\nthere are %q", got, want)
	}
	if v, err := l.Verify(t.Context()); err != nil {
		t.Errorf("%+v %v", v, err)
	}
	// A lake of an older carat has no list: the next writer begins it.
	if _, err := l.DB().Exec("delete from carat_files"); err != nil {
		t.Fatal(err)
	}
	if v, err := l.Verify(t.Context()); err != nil {
		t.Errorf("without a list: %+v %v", v, err)
	}
	if err := l.catalog.Listed().Keep(t.Context(), l.sweeper().Referred); err != nil {
		t.Fatal(err)
	}
	if got, want := inventoried(t, l), onceWritten(t, l); !slices.Equal(got, want) {
		t.Errorf("listed anew %q\nthere are %q", got, want)
	}
	// Any byte of a file that means nothing to a reader.
	snap := oneFile(t, root, "carat.db/gift_events/metadata/*.avro")
	if err := flipByte(snap, 30); err != nil {
		t.Fatal(err)
	}
	if v, _ := l.Verify(t.Context()); !slices.ContainsFunc(v.Differences, func(d string) bool { return strings.Contains(d, l.disk.Relative(snap)) }) {
		t.Errorf("a byte of %s: %q", snap, v.Differences)
	}
}

func oneFile(t *testing.T, root, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("no file %s: %v", pattern, err)
	}
	return found[0]
}

// What changes in place is as the last carat left it, or named; a carat that was
// killed is no reason for alarm.
func TestSealOfWhatChangesInPlace(t *testing.T) {
	base := filepath.Join(t.TempDir(), "base")
	l := openTest(t, base)
	release, err := l.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ingest(t, l, gifts(4, 1), "one")
	release()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if d := seal.Broken(base); len(d) > 0 {
		t.Fatalf("%q", d)
	}
	for _, c := range []struct {
		name   string
		change func(root string) error
		want   string // "": nothing
	}{
		{"nothing", func(string) error { return nil }, ""},
		{"a byte of the last page", func(root string) error {
			path := filepath.Join(root, store.CatalogFile)
			size, err := store.Size(path)
			if err != nil {
				return err
			}
			return flipByte(path, size-4000)
		}, "file catalog.sqlite was changed while no carat had the lake open"},
		{"the same, of a carat that was killed", func(root string) error {
			if err := os.WriteFile(filepath.Join(root, "catalog.sqlite-open"), []byte("open\n"), 0o600); err != nil {
				return err
			}
			path := filepath.Join(root, store.CatalogFile)
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.Write(make([]byte, 1)) // as a page that was never finished
			if cerr := f.Close(); err == nil {
				err = cerr
			}
			return err
		}, ""},
		{"the seal", func(root string) error { return flipByte(filepath.Join(root, "catalog.sqlite-seal"), 80) }, "file catalog.sqlite-seal was changed"},
		{"another lake's name", func(root string) error {
			return os.WriteFile(filepath.Join(root, "lake.json"), []byte(`{"format":1,"id":"`+l.ID()+`", "root":"`+base+`"}`), 0o600)
		}, "file lake.json was changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "lake")
			copyLake(t, base, root)
			if err := c.change(root); err != nil {
				t.Fatal(err)
			}
			for range 2 { // it stays broken
				l, err := Open(t.Context(), Config{Root: root})
				if err == nil {
					err = l.Close()
				}
				said := strings.Join(seal.Broken(root), "\n")
				if c.want == "" && said != "" || !strings.Contains(said, c.want) {
					t.Errorf("opened: %v; the seal says %q, want %q", err, said, c.want)
				}
			}
		})
	}
	// While another has the lake open, nobody seals it and nobody complains.
	one, two := openTest(t, base), openTest(t, base)
	if _, err := one.DB().Exec("create table something (id text)"); err != nil {
		t.Fatal(err)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	if d := seal.Broken(base); len(d) > 0 {
		t.Errorf("%q", d)
	}
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	if three := openTest(t, base); len(seal.Broken(base)) > 0 {
		t.Errorf("%q %v", seal.Broken(base), three)
	}
}

// Files that a commit cut short has left are swept; a file of rows that nothing
// refers to is told and left alone.
func TestSweepOrphans(t *testing.T) {
	root := t.TempDir()
	l := openTest(t, root)
	lockTest(t, l)
	ingest(t, l, gifts(4, 1), "one")
	before := onceWritten(t, l)
	for _, name := range []string{"carat.db/gift_events/metadata/00009-x.metadata.json", "carat.db/gift_events/metadata/snap-1.avro", "carat.db/gift_events/data/x.parquet.tmp", "raw/aa/b.zst"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	removed, unknown, err := l.SweepOrphans(t.Context())
	if err != nil || removed != 3 || !slices.Equal(unknown, []string{"raw/aa/b.zst"}) {
		t.Errorf("%d %q %v", removed, unknown, err)
	}
	if after := onceWritten(t, l); !slices.Equal(after, append(slices.Clone(before), "raw/aa/b.zst")) && len(after) != len(before)+1 {
		t.Errorf("%q, before %q", after, before)
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
