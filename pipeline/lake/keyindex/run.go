package keyindex

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/bits"
	"os"

	"github.com/cespare/xxhash/v2"
)

// Entry is a key's hash, and the number of the batch that brought it.
type Entry struct {
	Hash  uint64
	Batch uint32
}

func (a Entry) less(b Entry) bool { return a.Hash < b.Hash || a.Hash == b.Hash && a.Batch < b.Batch }

// A run is a file of entries in ascending order, in blocks of one size: entries, their
// number, and a sum over both, the index's seed and the block's place. All blocks but
// the last are full.
const (
	blockBytes   = 4096
	entryBytes   = 12
	blockEntries = 340
	countAt      = blockEntries * entryBytes
	sumAt        = blockBytes - 8
)

// errBroken: what was read isn't what was written.
var errBroken = errors.New("the index of keys is not as it was written")

// blockSum is the sum of a block at a place.
func blockSum(seed uint64, place int64, block []byte) uint64 {
	var d xxhash.Digest
	d.ResetWithSeed(seed ^ uint64(place)*0x9E3779B97F4A7C15)
	_, _ = d.Write(block[:sumAt])
	return d.Sum64()
}

// writeRun writes entries that ascend as a new file, and gives their number.
func writeRun(path string, seed uint64, entries iter.Seq2[Entry, error]) (n int64, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriterSize(f, 1<<18)
	var block [blockBytes]byte
	held, place := 0, int64(0)
	flush := func() error {
		clear(block[held*entryBytes : countAt])
		binary.LittleEndian.PutUint32(block[countAt:], uint32(held))
		binary.LittleEndian.PutUint64(block[sumAt:], blockSum(seed, place, block[:]))
		_, err := out.Write(block[:])
		held, place = 0, place+1
		return err
	}
	var last Entry
	for e, err := range entries {
		if err != nil {
			return n, err
		}
		if n > 0 && e.less(last) {
			return n, fmt.Errorf("entry %d doesn't follow the one before", n)
		}
		binary.LittleEndian.PutUint64(block[held*entryBytes:], e.Hash)
		binary.LittleEndian.PutUint32(block[held*entryBytes+8:], e.Batch)
		last, held, n = e, held+1, n+1
		if held == blockEntries {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	if held > 0 {
		if err := flush(); err != nil {
			return n, err
		}
	}
	return n, errors.Join(out.Flush(), f.Sync())
}

// reader reads a run's blocks.
type reader struct {
	f      *os.File
	seed   uint64
	blocks int64
	n      int64
	place  int64 // of the block held; -1: none
	block  [blockBytes]byte
	held   int
	from   int64 // no block before holds what is looked for
}

// openRun opens a run that has so many entries.
func openRun(path string, seed uint64, entries int64) (*reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := &reader{f: f, seed: seed, n: entries, blocks: (entries + blockEntries - 1) / blockEntries, place: -1}
	info, err := f.Stat()
	if err == nil && info.Size() != r.blocks*blockBytes {
		err = errBroken
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

func (r *reader) close() { _ = r.f.Close() }

// load reads a block, and refuses one that isn't as it was written.
func (r *reader) load(place int64) error {
	if place == r.place {
		return nil
	}
	r.place = -1
	if _, err := r.f.ReadAt(r.block[:], place*blockBytes); err != nil {
		if errors.Is(err, io.EOF) {
			err = errBroken
		}
		return err
	}
	want := int64(blockEntries)
	if place == r.blocks-1 {
		want = r.n - place*blockEntries
	}
	if binary.LittleEndian.Uint64(r.block[sumAt:]) != blockSum(r.seed, place, r.block[:]) || int64(binary.LittleEndian.Uint32(r.block[countAt:])) != want {
		return errBroken
	}
	r.place, r.held = place, int(want)
	return nil
}

func (r *reader) hash(i int) uint64 { return binary.LittleEndian.Uint64(r.block[i*entryBytes:]) }

func (r *reader) entry(i int) Entry {
	return Entry{r.hash(i), binary.LittleEndian.Uint32(r.block[i*entryBytes+8:])}
}

// find notes the batches of a hash. Hashes are looked for in ascending order.
func (r *reader) find(h uint64, found map[uint32]bool) error {
	place, err := r.seek(h, r.from)
	if err != nil {
		return err
	}
	for r.from = place; place < r.blocks; place++ {
		if err := r.load(place); err != nil {
			return err
		}
		low, high := 0, r.held
		for low < high {
			if mid := (low + high) / 2; r.hash(mid) < h {
				low = mid + 1
			} else {
				high = mid
			}
		}
		for ; low < r.held && r.hash(low) == h; low++ {
			found[r.entry(low).Batch] = true
		}
		if low < r.held {
			return nil
		}
	}
	return nil
}

// seek gives the first block from one on whose last hash isn't less than h, or the last
// block. Hashes lie evenly, so that two or three looks find it in a file of any size.
func (r *reader) seek(h uint64, from int64) (int64, error) {
	low, high := from, r.blocks-1 // it lies between them, both included
	lowHash, highHash := uint64(0), ^uint64(0)
	for look := 0; low < high; look++ {
		more, less := bits.Mul64(min(h, highHash)-min(h, lowHash), uint64(high-low+1))
		share, _ := bits.Div64(more, less, max(highHash-lowHash, 1))
		place := low + int64(share)
		if place = min(max(place, low), high); look > 8 {
			place = (low + high) / 2 // hashes that don't lie evenly
		}
		if look == 0 && r.place >= from && r.place <= high {
			place = r.place // where the hash before was, which is at hand
		}
		if err := r.load(place); err != nil {
			return 0, err
		}
		first, last := r.hash(0), r.hash(r.held-1)
		switch {
		case h > last:
			low, lowHash = place+1, last
		case h > first:
			return place, nil
		default: // also where it is the first: the block before may end with it
			high, highHash = place, first
		}
	}
	return low, nil
}

// cursor walks through a run in order.
type cursor struct {
	*reader
	at   int64 // block
	i    int   // in it
	head Entry
	more bool
}

// next steps to the next entry; more is false behind the last.
func (c *cursor) next() error {
	if c.more = c.at < c.blocks; !c.more {
		return nil
	}
	if err := c.load(c.at); err != nil {
		return err
	}
	c.head, c.i = c.entry(c.i), c.i+1
	if c.i == c.held {
		c.at, c.i = c.at+1, 0
	}
	return nil
}

// ascending merges runs.
func ascending(runs []*cursor) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, c := range runs {
			if err := c.next(); err != nil {
				yield(Entry{}, err)
				return
			}
		}
		for {
			var least *cursor
			for _, c := range runs {
				if c.more && (least == nil || c.head.less(least.head)) {
					least = c
				}
			}
			if least == nil || !yield(least.head, nil) {
				return
			}
			if err := least.next(); err != nil {
				yield(Entry{}, err)
				return
			}
		}
	}
}
