package lake

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
)

// A row of the list of files is in no chain. Nothing goes because one says so: what the
// history needs, and what carat never lets go, stays, and the row is named.
func TestNoFileGoesOnTheWordOfItsRow(t *testing.T) {
	base := t.TempDir()
	l := openTest(t, base)
	release, err := l.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := ingestWithRejects(t, l); err != nil {
		t.Fatal(err)
	}
	ingest(t, l, gifts(4, 20), "the second")
	for name, text := range map[string]string{"people/people.sqlite": "x", "certificates/2026-10/1.json": "{}", "../victim.txt": "x"} {
		path := filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	release()
	if v, err := l.Verify(t.Context()); err != nil {
		t.Fatal(v.Differences, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	insert := func(path string) string {
		return "insert into carat_files values ('" + path + "', '00', 1, 1) on conflict (path) do update set gone = 1"
	}
	for _, c := range []struct {
		name, change, want string
		locks              bool
	}{
		{"sources", "update carat_files set gone = 1 where path like 'raw/%'", "file raw/", false},
		{"rows", "update carat_files set gone = 1 where path like '%/data/%.parquet'", "only files of a table's metadata are ever let go", false},
		{"metadata", "update carat_files set gone = 1 where path like '%.avro'", "the history needs it", false},
		{"later", "update carat_files set gone = 1 << 60 where path like '%.avro'", "the history needs it", true},
		{"before", "update carat_files set gone = -1 where path like '%.avro'", "the history needs it", true},
		{"people", insert("people/people.sqlite"), "file people/people.sqlite may go", false},
		{"the lake's name", insert("lake.json"), "file lake.json may go", false},
		{"a certificate", insert("certificates/2026-10/1.json"), "file certificates/2026-10/1.json may go", false},
		{"outside", insert("../victim.txt"), "file ../victim.txt may go", false},
		{"outside, by the way of a table", insert("carat.db/../../metadata/victim.avro"), "may go by its row", false},
		{"sizes", "update carat_files set bytes = bytes + 1 where path like 'raw/%'", "and its row of carat_files says", true},
		{"a row taken away", "delete from carat_files where path like '%.avro'", "has no row of carat_files any more", true},
		{"the first row", "delete from carat_files where path = '#begun'", "lacks its first row", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "lake")
			copyLake(t, base, root)
			l := openTest(t, root)
			if r, err := l.DB().Exec(c.change); err != nil {
				t.Fatal(err)
			} else if n, _ := r.RowsAffected(); n == 0 {
				t.Fatal("nothing was changed")
			}
			before := onceWritten(t, l)
			v, err := l.Verify(t.Context())
			if pipeline.KindOf(err) != pipeline.KindVerification || !slices.ContainsFunc(v.Differences, func(d string) bool { return strings.Contains(d, c.want) }) {
				t.Errorf("%v: %q, want %q", err, v.Differences, c.want)
			}
			release, err := l.Lock(t.Context())
			if err == nil {
				release()
			}
			if c.locks != (err == nil) || err != nil && pipeline.KindOf(err) != pipeline.KindVerification {
				t.Errorf("locked: %v", err)
			}
			if after := onceWritten(t, l); !slices.Equal(before, after) {
				t.Errorf("there are %q, before %q", after, before)
			}
			for _, name := range []string{"people/people.sqlite", "lake.json", "certificates/2026-10/1.json"} {
				if _, err := os.Stat(filepath.Join(root, name)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A note in the staging folder moves and removes what commits move, and nothing that the
// history needs.
func TestNoFileGoesOnTheWordOfANote(t *testing.T) {
	root := t.TempDir()
	l := openTest(t, root)
	release, err := l.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ingest(t, l, gifts(4, 1), "one")
	release()
	before := onceWritten(t, l)
	note := func(names ...string) error {
		dir := filepath.Join(root, "staging", "b000009")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "move.json"), []byte(`{"batch":"b000009","to":["`+strings.Join(names, `","`)+`"]}`), 0o600); err != nil {
			t.Fatal(err)
		}
		release, err := l.Lock(t.Context())
		if err == nil {
			release()
		}
		return err
	}
	for _, name := range []string{"lake.json", "people/people.sqlite", "raw/../lake.json", "../victim.txt", "catalog.sqlite"} {
		if err := note(name); pipeline.KindOf(err) != pipeline.KindVerification {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := note(before...); err != nil {
		t.Error(err)
	}
	if after := onceWritten(t, l); !slices.Equal(before, after) {
		t.Errorf("there are %q, before %q", after, before)
	}
}
