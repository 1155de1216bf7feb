package lake

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"sync"
)

// keyPartitions is the number of parts that key hashes are sorted into by
// their top bits, so that looking for repeats stays in the processor's cache.
const keyPartitions = 256

// keyMemory bounds the key hashes held in memory; beyond it they are spilled.
const keyMemory = 96 << 20

// keyHashes collects a 64-bit hash of every key of a batch and says whether
// any repeats. Equal keys have equal hashes, so no repeat is missed; two keys
// may share a hash by chance (one batch in 360,000 at ten million rows), which
// costs only an exact query.
type keyHashes struct {
	seed   maphash.Seed // makes the hashes of one batch hard to aim at
	mu     sync.Mutex
	parts  []keyPart
	held   int64
	limit  int64
	spill  *os.File
	spilt  int64
	folder string
}

// keyPart is one block's hashes, sorted into partitions; in memory or spilled.
type keyPart struct {
	hashes []uint64 // nil when spilled
	at     int64    // offset in the spill file
	starts [keyPartitions + 1]int
}

// add takes a block's hashes. It may reorder and keep the slice.
func (k *keyHashes) add(hashes []uint64) error {
	if len(hashes) == 0 {
		return nil
	}
	var p keyPart
	var counts [keyPartitions]int
	for _, h := range hashes {
		counts[h>>56]++
	}
	for i, n := range counts {
		p.starts[i+1] = p.starts[i] + n
	}
	next := p.starts
	p.hashes = make([]uint64, len(hashes))
	for _, h := range hashes {
		i := h >> 56
		p.hashes[next[i]] = h
		next[i]++
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held+int64(len(hashes))*8 > k.limit {
		if err := k.spillPart(&p); err != nil {
			return fmt.Errorf("spill key hashes: %w", err)
		}
	} else {
		k.held += int64(len(hashes)) * 8
	}
	k.parts = append(k.parts, p)
	return nil
}

func (k *keyHashes) spillPart(p *keyPart) error {
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
	p.hashes, p.at = nil, k.spilt
	k.spilt += int64(len(buf))
	return nil
}

// mayRepeat says whether any hash occurs twice.
func (k *keyHashes) mayRepeat() (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var set hashSet
	var buf []byte
	for i := range keyPartitions {
		total := 0
		for j := range k.parts {
			total += k.parts[j].starts[i+1] - k.parts[j].starts[i]
		}
		set.reset(total)
		for j := range k.parts {
			p := &k.parts[j]
			from, to := p.starts[i], p.starts[i+1]
			if p.hashes != nil {
				for _, h := range p.hashes[from:to] {
					if set.seen(h) {
						return true, nil
					}
				}
				continue
			}
			buf = append(buf[:0], make([]byte, (to-from)*8)...)
			if _, err := k.spill.ReadAt(buf, p.at+int64(from)*8); err != nil {
				return false, fmt.Errorf("read key hashes: %w", err)
			}
			for ; len(buf) >= 8; buf = buf[8:] {
				if set.seen(binary.LittleEndian.Uint64(buf)) {
					return true, nil
				}
			}
		}
	}
	return false, nil
}

// close removes the spill file.
func (k *keyHashes) close() error {
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
