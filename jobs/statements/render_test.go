package statements

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/reports/statement"
)

func statementOf(creator string) *statement.Statement {
	return &statement.Statement{Statement: &pipeline.Statement{Summary: pipeline.StatementSummary{Period: "2026-10", CreatorID: creator, Entity: "main", Currency: "USD"}}}
}

// rendering renders so many statements into a folder and gives how many were written.
func rendering(t *testing.T, dir string, formats []string, salt string, ids ...string) renderCounts {
	t.Helper()
	u, err := resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := renderer{dir: dir, formats: formats, workers: 3, salt: salt, known: u.known, done: u.add}
	counts, err := r.render(context.Background(), func(_ context.Context, add func(*statement.Statement) error) error {
		for _, id := range ids {
			if err := add(tiered(id, salt)); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, u.finish(), u.close()); err != nil {
		t.Fatal(err)
	}
	return counts
}

// tiered is a statement that says something else for another salt.
func tiered(id, salt string) *statement.Statement {
	s := statementOf(id)
	s.Summary.Tier = salt
	return s
}

func creatorIDs(from, to int) (ids []string) {
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprintf("../C%03d", i))
	}
	return ids
}

// statementFiles gives the files below a folder, with their content.
func statementFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What is rendered over whatever an earlier run left is what an empty folder
// would hold, and only what changed is written.
func TestRenderOverEarlierFiles(t *testing.T) {
	fresh := t.TempDir()
	rendering(t, fresh, []string{"csv", "json"}, "b", creatorIDs(50, 200)...)
	want := statementFiles(t, fresh)
	if len(want) != 2*150+1 {
		t.Fatalf("%d files", len(want))
	}
	for name, c := range map[string]struct {
		before  func(dir string)
		changed int64
	}{
		"nothing":              {func(string) {}, 150},
		"the same":             {func(dir string) { rendering(t, dir, []string{"csv", "json"}, "b", creatorIDs(50, 200)...) }, 0},
		"others too, which go": {func(dir string) { rendering(t, dir, []string{"csv", "json"}, "b", creatorIDs(0, 100)...) }, 100},
		"another version's":    {func(dir string) { rendering(t, dir, []string{"csv", "json", "html"}, "a", creatorIDs(50, 200)...) }, 150},
		"a file is gone": {func(dir string) {
			rendering(t, dir, []string{"csv", "json"}, "b", creatorIDs(50, 200)...)
			shard, folder := statement.FolderName("../C077")
			if err := os.Remove(filepath.Join(dir, shard, folder, statement.FileName("../C077", "main", "USD", "csv"))); err != nil {
				t.Fatal(err)
			}
		}, 1},
		"a run was broken off half-way": {func(dir string) {
			rendering(t, dir, []string{"csv", "json"}, "b", creatorIDs(50, 200)...)
			breakOff(t, dir, "a", creatorIDs(50, 120)...)
		}, 70},
		"a run was broken off that wrote what is wanted": {func(dir string) {
			rendering(t, dir, []string{"csv", "json"}, "a", creatorIDs(50, 200)...)
			breakOff(t, dir, "b", creatorIDs(50, 120)...)
		}, 150},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c.before(dir)
			counts := rendering(t, dir, []string{"csv", "json"}, "b", creatorIDs(50, 200)...)
			if counts.all != 150 || counts.changed != c.changed {
				t.Errorf("%+v, want %d changed", counts, c.changed)
			}
			got := statementFiles(t, dir)
			for name, text := range want {
				if got[name] != text {
					t.Errorf("%s differs", name)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d files, want %d", len(got), len(want))
			}
		})
	}
}

// breakOff is a run that is killed before its index is written through.
func breakOff(t *testing.T, dir, salt string, ids ...string) {
	t.Helper()
	u, err := resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := renderer{dir: dir, formats: []string{"csv", "json"}, workers: 2, salt: salt, known: u.known, done: u.add}
	killed := errors.New("killed")
	_, err = r.render(context.Background(), func(_ context.Context, add func(*statement.Statement) error) error {
		for _, id := range ids {
			if err := add(tiered(id, salt)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(u.writer.file.Close(), u.old.close(), u.partial.close()); err != nil {
		t.Fatal(killed, err)
	}
}

// Ids that differ by case alone have folders that differ by more.
func TestRenderNamesFolders(t *testing.T) {
	seen := map[string]string{}
	for _, id := range []string{"c1", "C1", "c1~", "", ".", "..", "a/b", strings.Repeat("x", 300), strings.Repeat("x", 301), "Ⅷ", "李小龍"} {
		shard, folder := statement.FolderName(id)
		key := shard + "/" + strings.ToLower(folder)
		if other, ok := seen[key]; ok {
			t.Errorf("%q and %q share %s", id, other, key)
		}
		seen[key] = id
		if strings.ContainsAny(folder, "/\\") || folder == "" || folder[0] == '.' || len(folder) > 200 {
			t.Errorf("%q has the folder %q", id, folder)
		}
	}
}

func TestRenderStopsAtTheFirstError(t *testing.T) {
	failure := errors.New("the reader failed")
	nothing := func(*Entry) (*Entry, error) { return nil, nil }
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	many := func(_ context.Context, add func(*statement.Statement) error) error {
		for i := range 10 * renderQueue {
			if err := add(statementOf(fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	}
	for name, c := range map[string]struct {
		dir  string
		each func(context.Context, func(*statement.Statement) error) error
		done func(*Entry) error
	}{
		"of the reader": {t.TempDir(), func(context.Context, func(*statement.Statement) error) error { return failure }, func(*Entry) error { return nil }},
		"of a writer":   {file, many, func(*Entry) error { return nil }},
		"of the index":  {t.TempDir(), many, func(*Entry) error { return failure }},
	} {
		r := renderer{dir: c.dir, formats: []string{"json"}, workers: 2, known: nothing, done: c.done}
		if _, err := r.render(context.Background(), c.each); err == nil || (name == "of a writer") == errors.Is(err, failure) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
