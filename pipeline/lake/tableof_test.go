package lake

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
)

// The files of some batches are what their links name: no manifest is read for them. Once
// the table was compacted, it is all files that may hold their rows.
func TestFilesOfBatches(t *testing.T) {
	root := t.TempDir()
	l := openTest(t, root)
	lockTest(t, l)
	for i := range 5 {
		ingest(t, l, gifts(8, 3), strings.Repeat("x", i+1)) // two days each
	}
	of := func(batches ...int64) (files []string) {
		t.Helper()
		one, err := openTest(t, root).TableOf(t.Context(), "gift_events", batches)
		if err != nil || len(one.Columns) == 0 {
			t.Fatalf("%+v %v", one, err)
		}
		for _, path := range one.Files {
			files = append(files, filepath.Base(path)[:7])
		}
		return files
	}
	all := of()
	if len(all) != 10 {
		t.Fatalf("%d files", len(all))
	}
	manifests, err := filepath.Glob(filepath.Join(l.catalog.TableDir("gift_events"), "metadata", "*.avro"))
	if err != nil || len(manifests) == 0 {
		t.Fatal(manifests, err)
	}
	for _, path := range manifests {
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range [][]int64{{2}, {2, 5}, {1, 2, 3, 4, 5}} {
		var names []string
		for _, no := range want {
			names = append(names, pipeline.BatchID(no), pipeline.BatchID(no))
		}
		got := of(want...)
		slices.Sort(got)
		if !slices.Equal(got, names) {
			t.Errorf("batches %v lie in %v", want, got)
		}
	}
	for _, path := range manifests {
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
	}
	if none := of(99); len(none) != len(all) {
		t.Errorf("of a batch that there isn't: %v", none)
	}
	if _, err := l.Compact(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	now := of()
	if len(now) == len(all) || !slices.Equal(of(2), now) {
		t.Errorf("of %v, batch 2 lies in %v", now, of(2))
	}
	ingest(t, l, gifts(4, 20), "the sixth")
	if got := of(6); !slices.Equal(got, []string{"b000006"}) {
		t.Errorf("since the compaction: %v", got)
	}
}
