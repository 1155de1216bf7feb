package lake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Verify names an index of keys that lacks a key, since the row would come in twice, and
// each file of one that was changed.
func TestVerifyCountsTheKeysOfTheIndex(t *testing.T) {
	for given, want := range map[int]string{8: "", 7: "the index of keys in keys/gift_events has 7 of the 8 keys of b000001: take the folder away"} {
		l := openTest(t, t.TempDir())
		lockTest(t, l)
		ingest(t, l, gifts(8, 5), "the first") // without a look at keys
		rows := gifts(12, 5)[8:]
		s := stageGifts(t, l, rows, "the second")
		batches, known, err := s.KeysHere(t.Context(), func(after int64, take func([]byte, int64) error) error {
			if after != 0 {
				t.Errorf("asked for keys after %d", after)
			}
			for i, row := range gifts(8, 5) {
				if err := take(row.AppendKey(nil), 1); i < given && err != nil {
					return err
				} else if i+1 == given {
					break
				}
			}
			return nil
		})
		if err != nil || !known || len(batches) > 0 {
			t.Fatal(batches, known, err)
		}
		if _, err := s.Commit(t.Context(), batchOf(int64(len(rows)))); err != nil {
			t.Fatal(err)
		}
		v, err := l.Verify(t.Context())
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) || len(v.Notes) > 0 {
			t.Errorf("%d of 8 keys: %v %v", given, v.Notes, err)
		}
		// The next batch needs no filling, and knows where each key came from.
		again := stageGifts(t, l, gifts(12, 5)[given-1:9], "the third")
		batches, known, err = again.KeysHere(t.Context(), nil)
		if err != nil || !known || len(batches) != 2 || batches[0] != 1 || batches[1] != 2 {
			t.Errorf("%v %v %v", batches, known, err)
		}
		if err := again.Discard(); err != nil {
			t.Fatal(err)
		}
		files, _ := filepath.Glob(filepath.Join(l.Root(), "keys", "gift_events", "*.keys"))
		for _, file := range files {
			if err := os.Truncate(file, 100); err != nil {
				t.Fatal(err)
			}
		}
		v, _ = l.Verify(t.Context())
		if len(files) == 0 || len(v.Differences) != len(files) || !strings.HasPrefix(v.Differences[0], "file keys/gift_events/"+filepath.Base(files[0])+" was changed") {
			t.Errorf("changed: %q", v.Differences)
		}
	}
}
