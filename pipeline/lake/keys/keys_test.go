package keys

import (
	"path/filepath"
	"testing"
)

func TestKeysMayRepeat(t *testing.T) {
	for _, limit := range []int64{keyMemory, 0} { // in memory, and all of it spilled
		k := &Hashes{limit: limit, folder: t.TempDir()}
		none := func(int) { t.Error("a row was left out") }
		for block := range uint64(5) {
			var hashes []uint64
			for i := range uint64(5000) {
				hashes = append(hashes, (block*5000+i)*0x9E3779B97F4A7C15)
			}
			if _, err := k.Decide(hashes, make([]uint64, len(hashes)), none); err != nil {
				t.Fatal(err)
			}
		}
		if may, err := k.MayRepeat(); may || err != nil {
			t.Errorf("limit %d: unlike keys may repeat: %v %v", limit, may, err)
		}
		last, n := uint64(0), 0
		for h, err := range k.Ascending() {
			if err != nil || h < last {
				t.Fatal(h, last, err)
			}
			last, n = h, n+1
		}
		if n != 25_000 || last == 0 {
			t.Errorf("limit %d: %d hashes in order, of 25,000", limit, n)
		}
		again := uint64(3)
		again *= 0x9E3779B97F4A7C15
		// The key of a row before, with other content.
		if _, err := k.Decide([]uint64{again}, []uint64{1}, none); err != nil {
			t.Fatal(err)
		}
		if may, err := k.MayRepeat(); !may || err != nil {
			t.Errorf("limit %d: a repeat was missed: %v %v", limit, may, err)
		}
		// The same row as before is left out, while its hashes are in memory.
		left := 0
		if n, err := k.Decide([]uint64{again, 7, 7}, []uint64{0, 8, 8}, func(int) { left++ }); err != nil || int64(left) != n {
			t.Fatal(n, left, err)
		}
		if want := map[bool]int{true: 2, false: 1}[limit > 0]; left != want {
			t.Errorf("limit %d: %d rows were left out, want %d", limit, left, want)
		}
		if err := k.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(k.folder, "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}
