package lake

// blockRepeats finds rows of one block that came twice word for word: what a
// platform sends again after a hiccup. They are left out while writing, which
// costs little, where taking them out later would write the files anew. Repeats
// across blocks, and equal keys with other content, are for KeysMayRepeat.
//
// Two rows are the same when the 64-bit hashes of their keys and those of their
// whole content are equal. Both are seeded at random per batch, so that unlike
// rows are taken for the same once in 2^128 pairs, and nobody can aim at it.
type blockRepeats struct {
	slots    []uint32 // 1 + index of a row; 0 is free
	keys     []uint64
	contents []uint64
}

// seen adds a row and says whether the same row was there before. A row whose
// key was there with other content is added besides.
func (r *blockRepeats) seen(key, content uint64) bool {
	if len(r.keys)*2 >= len(r.slots) {
		r.grow()
	}
	mask := uint64(len(r.slots) - 1)
	at := key & mask
	for ; r.slots[at] != 0; at = (at + 1) & mask {
		i := r.slots[at] - 1
		if r.keys[i] == key && r.contents[i] == content {
			return true
		}
	}
	r.keys = append(r.keys, key)
	r.contents = append(r.contents, content)
	r.slots[at] = uint32(len(r.keys))
	return false
}

func (r *blockRepeats) grow() {
	r.slots = make([]uint32, max(1<<14, 2*len(r.slots)))
	mask := uint64(len(r.slots) - 1)
	for i, key := range r.keys {
		at := key & mask
		for r.slots[at] != 0 {
			at = (at + 1) & mask
		}
		r.slots[at] = uint32(i + 1)
	}
}
