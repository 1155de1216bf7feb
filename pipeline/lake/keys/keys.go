package keys

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"os"
	"slices"
	"sync"
)

// keyPartitions is the number of parts that key hashes are sorted into by
// their top bits, so that looking for repeats stays in the processor's cache.
const (
	partitionBits = 8
	keyPartitions = 1 << partitionBits
)

// keyMemory bounds the hashes held in memory, 16 bytes a row; beyond it the
// keys' are spilled and the contents' forgotten.
const keyMemory = 192 << 20

// Hashes collects a 64-bit hash of every key of a batch and says whether
// any repeats. Equal keys have equal hashes, so no repeat is missed; two keys
// may share a hash by chance (one batch in 360,000 at ten million rows), which
// costs only an exact query.
type Hashes struct {
	hash   func(key []byte) uint64
	mu     sync.Mutex
	parts  []keyPart
	filter seenFilter
	again  bool // decide saw a key with another content
	blind  bool // parts were added that decide didn't look at
	held   int64
	limit  int64
	spill  *os.File
	spilt  int64
	folder string
}

// New begins the hashes of a batch, which may be spilled to a folder. hash makes them;
// nil: one with a seed of the batch's own, so that nobody can aim at it.
func New(folder string, hash func(key []byte) uint64) *Hashes {
	if hash == nil {
		seed := maphash.MakeSeed()
		hash = func(key []byte) uint64 { return maphash.Bytes(seed, key) }
	}
	return &Hashes{hash: hash, limit: keyMemory, folder: folder}
}

// Hash gives the hash of a key.
func (k *Hashes) Hash(key []byte) uint64 { return k.hash(key) }

// keyPart is one block's hashes, sorted into buckets by their top bits; in
// memory or spilled. A partition is a run of buckets.
type keyPart struct {
	hashes   []uint64 // nil when spilled
	contents []uint64 // of whole rows, in the same order; nil when spilled
	at       int64    // offset in the spill file
	bits     int      // of the bucket's number, at least those of a partition
	starts   []int32  // where each bucket begins, and the end
}

// partition gives the range of a partition's hashes.
func (p *keyPart) partition(i int) (from, to int32) {
	width := 1 << (p.bits - partitionBits)
	return p.starts[i*width], p.starts[(i+1)*width]
}

// AddPart takes a block's hashes without a look at them.
func (k *Hashes) AddPart(keys []uint64, contents []uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.blind = true
	return k.keep(keys, contents)
}

// keep sorts a block's hashes into buckets.
func (k *Hashes) keep(keys []uint64, contents []uint64) error {
	if len(keys) == 0 {
		return nil
	}
	p := keyPart{bits: partitionBits}
	for p.bits < 16 && 1<<(p.bits+3) < len(keys) {
		p.bits++
	}
	shift := 64 - p.bits
	p.starts = make([]int32, 1<<p.bits+1)
	for _, h := range keys {
		p.starts[h>>shift+1]++
	}
	for i := 1; i < len(p.starts); i++ {
		p.starts[i] += p.starts[i-1]
	}
	next := append([]int32(nil), p.starts...)
	p.hashes, p.contents = make([]uint64, len(keys)), make([]uint64, len(keys))
	for i, h := range keys {
		at := next[h>>shift]
		next[h>>shift]++
		p.hashes[at], p.contents[at] = h, contents[i]
	}
	size := int64(len(keys)) * 16
	if k.held+size > k.limit {
		if err := k.spillPart(&p); err != nil {
			return fmt.Errorf("spill key hashes: %w", err)
		}
	} else {
		k.held += size
	}
	k.parts = append(k.parts, p)
	return nil
}

func (k *Hashes) spillPart(p *keyPart) error {
	if k.spill == nil {
		f, err := os.CreateTemp(k.folder, "keys-*.tmp")
		if err != nil {
			return err
		}
		k.spill = f
	}
	buf := make([]byte, 0, len(p.hashes)*8)
	for _, h := range p.hashes {
		buf = binary.LittleEndian.AppendUint64(buf, h)
	}
	if _, err := k.spill.WriteAt(buf, k.spilt); err != nil {
		return err
	}
	p.hashes, p.contents, p.at = nil, nil, k.spilt
	k.spilt += int64(len(buf))
	return nil
}

// MayRepeat says whether any hash occurs twice. While nothing was spilled,
// decide has held every key against all before it, and knows.
func (k *Hashes) MayRepeat() (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.spill == nil && !k.blind {
		return k.again, nil
	}
	var set hashSet
	var all []uint64
	for i := range keyPartitions {
		var err error
		if all, err = k.part(i, all[:0]); err != nil {
			return false, err
		}
		set.reset(len(all))
		for _, h := range all {
			if set.seen(h) {
				return true, nil
			}
		}
	}
	return false, nil
}

// Ascending gives all hashes in ascending order, each as often as it was kept, in the
// memory of one part of them.
func (k *Hashes) Ascending() iter.Seq2[uint64, error] {
	return func(yield func(uint64, error) bool) {
		k.mu.Lock()
		defer k.mu.Unlock()
		var all []uint64
		for i := range keyPartitions {
			var err error
			if all, err = k.part(i, all[:0]); err != nil {
				yield(0, err)
				return
			}
			slices.Sort(all)
			for _, h := range all {
				if !yield(h, nil) {
					return
				}
			}
		}
	}
}

// part appends the hashes of a partition, of all blocks.
func (k *Hashes) part(i int, all []uint64) ([]uint64, error) {
	var buf []byte
	for j := range k.parts {
		p := &k.parts[j]
		from, to := p.partition(i)
		if p.hashes != nil {
			all = append(all, p.hashes[from:to]...)
			continue
		}
		buf = append(buf[:0], make([]byte, (to-from)*8)...)
		if _, err := k.spill.ReadAt(buf, p.at+int64(from)*8); err != nil {
			return all, fmt.Errorf("read key hashes: %w", err)
		}
		for rest := buf; len(rest) >= 8; rest = rest[8:] {
			all = append(all, binary.LittleEndian.Uint64(rest))
		}
	}
	return all, nil
}

// Close removes the spill file.
func (k *Hashes) Close() error {
	if k.spill == nil {
		return nil
	}
	return errors.Join(k.spill.Close(), os.Remove(k.spill.Name()))
}

// hashSet is a set of hashes by open addressing.
type hashSet struct {
	slots []uint64 // 0 is free
	zero  bool
	mask  uint64
}

func (s *hashSet) reset(n int) {
	size := 64
	for size < 2*n {
		size *= 2
	}
	if cap(s.slots) < size {
		s.slots = make([]uint64, size)
	} else {
		s.slots = s.slots[:size]
		clear(s.slots)
	}
	s.mask, s.zero = uint64(size-1), false
}

// seen adds a hash and says whether it was there already.
func (s *hashSet) seen(h uint64) bool {
	if h == 0 {
		was := s.zero
		s.zero = true
		return was
	}
	for i := h & s.mask; ; i = (i + 1) & s.mask {
		switch s.slots[i] {
		case 0:
			s.slots[i] = h
			return false
		case h:
			return true
		}
	}
}
