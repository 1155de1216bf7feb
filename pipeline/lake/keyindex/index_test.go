package keyindex

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// sorted gives hashes in order, as a batch has them.
func sorted(hashes []uint64) iter.Seq2[uint64, error] {
	all := slices.Sorted(slices.Values(hashes))
	return func(yield func(uint64, error) bool) {
		for _, h := range all {
			if !yield(h, nil) {
				return
			}
		}
	}
}

func here(t *testing.T, x *Index, no int64, hashes ...uint64) []int64 {
	t.Helper()
	if err := x.Put(no, sorted(hashes)); err != nil {
		t.Fatal(err)
	}
	got, err := x.Here()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Whatever came in, in batches of any size and hashes of any kind, is found in all
// batches that brought it, and nothing else is, also by who opens the index again.
func TestEveryKeyIsFoundInItsBatches(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for _, kind := range []string{"even", "uneven", "few"} {
		draw := func() uint64 {
			switch kind {
			case "uneven": // nearly all in one corner, where a guess of the place is wrong
				return 1<<40 + random.Uint64N(1<<16) + random.Uint64N(2)*random.Uint64N(1<<50)
			case "few": // one hash fills blocks
				return []uint64{0, 1, 1 << 63, ^uint64(0)}[random.IntN(4)]
			}
			return random.Uint64()
		}
		dir := filepath.Join(t.TempDir(), kind)
		x := Open(dir)
		brought := map[uint64][]int64{}
		for no := int64(1); no <= 120; no++ {
			var hashes []uint64
			for range []int{1, 3, 40, 341, 5000}[random.IntN(5)] {
				hashes = append(hashes, draw())
			}
			if no%3 == 0 {
				hashes = append(hashes, hashes[0]) // twice in a batch
			}
			want := map[int64]bool{}
			for _, h := range hashes {
				for _, b := range brought[h] {
					want[b] = true
				}
			}
			got := here(t, x, no, hashes...)
			for _, b := range got {
				if !want[b] {
					t.Fatalf("%s: batch %d was found and brought none of the keys", kind, b)
				}
				delete(want, b)
			}
			if len(want) > 0 || !slices.IsSorted(got) {
				t.Fatalf("%s: batch %d: found %v and not %v", kind, no, got, want)
			}
			for _, h := range hashes {
				if all := brought[h]; len(all) == 0 || all[len(all)-1] != no {
					brought[h] = append(all, no)
				}
			}
			if err := x.Keep(State{no, fmt.Sprint("link ", no)}); err != nil {
				t.Fatal(err)
			}
			if no%10 == 0 {
				x = Open(dir)
			}
		}
		for h, want := range brought {
			if got := here(t, x, 999, h); !slices.Equal(got, want) {
				t.Fatalf("%s: %x is in %v, found in %v", kind, h, want, got)
			}
			if random.IntN(40) == 0 {
				break
			}
		}
		if got := here(t, x, 999, random.Uint64()|1<<62); kind == "even" && len(got) > 0 {
			t.Errorf("a key that never came is in %v", got)
		}
		if got := x.Filled(); got != (State{120, "link 120"}) {
			t.Errorf("filled up to %v", got)
		}
		if n := len(x.note.Runs); n > 12 {
			t.Errorf("%s: %d runs after 120 batches", kind, n)
		}
		if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > len(x.note.Runs)+2 { // the note, and what was put
			t.Errorf("%d files for %d runs", len(files), len(x.note.Runs))
		}
	}
}

// Each hash of a run of any size is found, first and last of blocks among them, and none
// between.
func TestEveryPlaceOfARun(t *testing.T) {
	for _, n := range []int{1, 2, blockEntries - 1, blockEntries, blockEntries + 1, 3*blockEntries + 7} {
		x := Open(filepath.Join(t.TempDir(), "x"))
		var all []uint64
		for i := range n {
			all = append(all, uint64(i)*(^uint64(0)/uint64(n))+5)
		}
		here(t, x, 1, all...)
		if err := x.Keep(State{1, "one"}); err != nil {
			t.Fatal(err)
		}
		for _, h := range all {
			if got := here(t, x, 2, h); !slices.Equal(got, []int64{1}) {
				t.Fatalf("%d entries: %x found in %v", n, h, got)
			}
			if got := here(t, x, 2, h-1, h+1); n > 1 && len(got) > 0 {
				t.Fatalf("%d entries: neighbours of %x found in %v", n, h, got)
			}
		}
	}
}

// An index of which any byte was changed, or that lacks a file, misses no key: it says
// that it can't be asked, is empty, or answers as before.
func TestADamagedIndexMissesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	dir := filepath.Join(t.TempDir(), "x")
	x := Open(dir)
	var all []uint64
	for no := int64(1); no <= 3; no++ {
		var hashes []uint64
		for range 1500 {
			hashes = append(hashes, random.Uint64())
		}
		here(t, x, no, hashes...)
		if err := x.Keep(State{no, "link"}); err != nil {
			t.Fatal(err)
		}
		all = append(all, hashes...)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	said, empty, same := 0, 0, 0
	try := func(what string) {
		t.Helper()
		x := Open(dir)
		if _, _, changed := Check(dir); (len(changed) > 0) == (what == "as it was") && what != "without index.json" {
			t.Errorf("%s: changed are %v", what, changed)
		}
		if x.Filled().BatchNo == 0 {
			empty++
			return
		}
		if err := x.Put(4, sorted(all)); err != nil {
			t.Fatal(err)
		}
		got, err := x.Here()
		switch {
		case err != nil:
			said++
		case slices.Equal(got, []int64{1, 2, 3}):
			same++
		default:
			t.Errorf("%s: found in %v", what, got)
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		write := func(text []byte) {
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for range 200 {
			changed := slices.Clone(text)
			at, bit := random.IntN(len(text)), byte(1)<<random.IntN(8)
			changed[at] ^= bit
			write(changed)
			try(fmt.Sprintf("%s with bit %d of byte %d changed", filepath.Base(file), bit, at))
		}
		write(text[:len(text)/2])
		try("half of " + file)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		try("without " + filepath.Base(file))
		write(text)
	}
	if said == 0 || empty == 0 || same != 0 { // all blocks are read: each bit counts
		t.Errorf("%d said so, %d were empty, %d didn't matter", said, empty, same)
	}
	if try("as it was"); same != 1 {
		t.Error("as it was it can't be asked")
	}
}

// A block that lies at another place, or is of another index, isn't taken.
func TestABlockOfElsewhereIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x")
	x := Open(dir)
	var all []uint64
	for i := range uint64(3 * blockEntries) {
		all = append(all, i<<50)
	}
	here(t, x, 1, all...)
	if err := x.Keep(State{1, "one"}); err != nil {
		t.Fatal(err)
	}
	path := x.path(x.note.Runs[0])
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(text[:blockBytes], text[blockBytes:2*blockBytes])
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := x.Put(2, sorted(all[:3])); err != nil {
		t.Fatal(err)
	}
	if got, err := x.Here(); !errors.Is(err, errBroken) {
		t.Errorf("found in %v, %v", got, err)
	}
}

// Filling takes what is given, in parts where it is much, and goes on where one was cut
// short; nothing counts as filled before all is.
func TestFill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x")
	x := Open(dir)
	key := func(i int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(i)) }
	stop := errors.New("stop")
	give := func(from, to int, end error) Fill {
		return func(_ int64, take func([]byte, int64) error) error {
			for i := from; i < to; i++ {
				if err := take(key(i), int64(i%5+1)); err != nil {
					return err
				}
			}
			return end
		}
	}
	if err := x.Fill(State{5, "five"}, give(0, fillAtOnce+10, stop)); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if got := x.Filled(); got.BatchNo != 0 {
		t.Fatalf("filled up to %v by half", got)
	}
	if err := x.Fill(State{5, "five"}, give(0, fillAtOnce+10, nil)); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 1, fillAtOnce - 1, fillAtOnce, fillAtOnce + 9} {
		if got := here(t, Open(dir), 6, x.Hash(key(i))); !slices.Equal(got, []int64{int64(i%5 + 1)}) {
			t.Errorf("key %d is in %v", i, got)
		}
	}
	filled, counts, changed := Check(dir)
	if want := int64(2*fillAtOnce/5 + 4); len(changed) > 0 || filled != (State{5, "five"}) || counts[2] < want-4 || counts[2] > want { // the half is there twice
		t.Errorf("%d keys of batch 2, want about %d: %v", counts[2], want, changed)
	}
	if got := here(t, x, 6, x.Hash(key(fillAtOnce+10))); len(got) > 0 {
		t.Errorf("a key that wasn't given is in %v", got)
	}
}
