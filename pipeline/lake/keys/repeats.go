package keys

// A file may hold the same row twice, word for word: what a platform sends
// again after a hiccup, one row in a thousand in practice. Such rows are left
// out before they are written; taking them out later would write nearly every
// file anew. Each row's key and content are hashed as it passes, its block
// waits until the blocks before it are decided, and only then is written.
// Which row stays, the first of the file, so depends on the file alone.
//
// Two rows are the same when the 64-bit hashes of their keys and those of
// their whole content are equal. Both are seeded at random per batch, so that
// nobody can aim at it, and a key that comes with two contents is taken for a
// repeat once in 2^64 cases. Equal keys with other content, and repeats of rows whose hashes were
// spilled, are left for KeysMayRepeat and an exact look.

// seenFilter tells cheaply that a key was not there before: three bits for each
// key, in one word.
type seenFilter struct {
	words []uint64
	used  int
}

// keysPerWord bounds how full the filter gets: one key in two hundred is then
// taken for seen by chance, which costs a look at the hashes.
const keysPerWord = 4

func (f *seenFilter) place(key uint64) (word, mask uint64) {
	return key >> 20 & uint64(len(f.words)-1), 1<<(key&63) | 1<<(key>>6&63) | 1<<(key>>12&63)
}

// mayHold says whether the key may have been added; false is certain.
func (f *seenFilter) mayHold(key uint64) bool {
	if len(f.words) == 0 {
		return false
	}
	word, mask := f.place(key)
	return f.words[word]&mask == mask
}

func (f *seenFilter) add(keys []uint64) {
	f.used += len(keys)
	for _, key := range keys {
		word, mask := f.place(key)
		f.words[word] |= mask
	}
}

// growFilter makes room for more keys. The filter is filled anew from the
// hashes in memory: those spilled can't be compared with anyway.
func (k *Hashes) growFilter(more int) {
	if k.filter.used+more <= keysPerWord*len(k.filter.words) {
		return
	}
	size := 1 << 10
	for keysPerWord*size < 2*(k.filter.used+more) {
		size *= 2
	}
	k.filter = seenFilter{words: make([]uint64, size)}
	for j := range k.parts {
		k.filter.add(k.parts[j].hashes)
	}
}

// Decide marks the rows of a block that were in it, or in a block before,
// already, and adds the others to what was seen. Blocks are decided in order.
// It gives the number of rows marked.
func (k *Hashes) Decide(keys []uint64, contents []uint64, leaveOut func(i int)) (int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var own blockSet
	own.reset(len(keys))
	kept := 0
	for i, key := range keys {
		same, again := own.seen(keys[:kept], contents[:kept], key, contents[i])
		if !same && k.filter.mayHold(key) {
			before := false
			same, before = k.holds(key, contents[i])
			again = again || before
		}
		if same {
			leaveOut(i)
			continue
		}
		k.again = k.again || again
		keys[kept], contents[kept] = key, contents[i]
		own.add(kept, key)
		kept++
	}
	k.growFilter(kept)
	k.filter.add(keys[:kept])
	return int64(len(keys) - kept), k.keep(keys[:kept], contents[:kept])
}

// holds says whether the row, or its key with other content, is in a block
// before, as far as its hashes are in memory.
func (k *Hashes) holds(key uint64, content uint64) (same, again bool) {
	for j := range k.parts {
		p := &k.parts[j]
		if p.hashes == nil {
			continue
		}
		bucket := key >> (64 - p.bits)
		for i := p.starts[bucket]; i < p.starts[bucket+1]; i++ {
			if p.hashes[i] != key {
				continue
			}
			if again = true; p.contents[i] == content {
				return true, true
			}
		}
	}
	return false, again
}

// blockSet finds rows of the block being decided, by open addressing.
type blockSet struct {
	slots []uint32 // 1 + index of a row; 0 is free
	mask  uint64
}

func (s *blockSet) reset(n int) {
	size := 64
	for size < 2*n {
		size *= 2
	}
	s.slots, s.mask = make([]uint32, size), uint64(size-1)
}

// seen says whether the row is there, or its key with other content.
func (s *blockSet) seen(keys []uint64, contents []uint64, key uint64, content uint64) (same, again bool) {
	for at := key & s.mask; s.slots[at] != 0; at = (at + 1) & s.mask {
		i := s.slots[at] - 1
		if keys[i] != key {
			continue
		}
		if again = true; contents[i] == content {
			return true, true
		}
	}
	return false, again
}

func (s *blockSet) add(index int, key uint64) {
	at := key & s.mask
	for s.slots[at] != 0 {
		at = (at + 1) & s.mask
	}
	s.slots[at] = uint32(index + 1)
}
