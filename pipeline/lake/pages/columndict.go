package pages

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
)

// textDictionary numbers texts in the order in which they come first.
type textDictionary struct {
	plain  []byte   // Parquet's plain form: each text behind its length
	starts []uint32 // of each text in plain
	slots  []uint64 // upper half of a text's hash, then its number + 1; 0 is free
	last   int32    // number and text of the value before
	before []byte
}

// dictionarySeed decides where a text lies in the table, not its number.
var dictionarySeed = maphash.MakeSeed()

func (d *textDictionary) len() int { return len(d.starts) }

// at gives a text.
func (d *textDictionary) at(i int32) []byte {
	from := d.starts[i] + 4
	n := binary.LittleEndian.Uint32(d.plain[from-4:])
	return d.plain[from : from+n : from+n]
}

// index gives a text's number, a new one if need be.
func (d *textDictionary) index(v []byte) int32 {
	if len(d.starts) > 0 && bytes.Equal(d.before, v) {
		return d.last
	}
	d.last = d.find(v)
	d.before = d.at(d.last)
	return d.last
}

func (d *textDictionary) find(v []byte) int32 {
	if 2*len(d.starts) >= len(d.slots) {
		d.grow()
	}
	h := maphash.Bytes(dictionarySeed, v)
	mask, tag := uint64(len(d.slots)-1), h&^0xFFFFFFFF
	at := h & mask
	for ; d.slots[at] != 0; at = (at + 1) & mask {
		if s := d.slots[at]; s&^0xFFFFFFFF == tag {
			if i := int32(uint32(s) - 1); bytes.Equal(d.at(i), v) {
				return i
			}
		}
	}
	d.starts = append(d.starts, uint32(len(d.plain)))
	d.plain = binary.LittleEndian.AppendUint32(d.plain, uint32(len(v)))
	d.plain = append(d.plain, v...)
	d.slots[at] = tag | uint64(len(d.starts))
	return int32(len(d.starts) - 1)
}

func (d *textDictionary) grow() {
	d.slots = make([]uint64, max(64, 2*len(d.slots)))
	mask := uint64(len(d.slots) - 1)
	for i := range d.starts {
		h := maphash.Bytes(dictionarySeed, d.at(int32(i)))
		at := h & mask
		for d.slots[at] != 0 {
			at = (at + 1) & mask
		}
		d.slots[at] = h&^0xFFFFFFFF | uint64(i+1)
	}
}

// numberDictionary numbers numbers in the order in which they come first.
type numberDictionary struct {
	values []int64
	small  []int32 // number + 1 of 0, 1, 2, …
	slots  []int32 // of the others, number + 1; 0 is free
	others int
}

// smallNumbers are found without a hash: quantities and most prices.
const smallNumbers = 1024

// index gives a number's number, a new one if need be.
func (d *numberDictionary) index(v int64) int32 {
	if uint64(v) < smallNumbers {
		if d.small == nil {
			d.small = make([]int32, smallNumbers)
		}
		if d.small[v] == 0 {
			d.values = append(d.values, v)
			d.small[v] = int32(len(d.values))
		}
		return d.small[v] - 1
	}
	if 2*d.others >= len(d.slots) {
		d.grow()
	}
	at := d.place(v)
	if d.slots[at] == 0 {
		d.values = append(d.values, v)
		d.slots[at] = int32(len(d.values))
		d.others++
	}
	return d.slots[at] - 1
}

// place finds where a number is, or would be.
func (d *numberDictionary) place(v int64) int {
	mask := len(d.slots) - 1
	at := int(uint64(v)*0x9E3779B97F4A7C15>>32) & mask
	for d.slots[at] != 0 && d.values[d.slots[at]-1] != v {
		at = (at + 1) & mask
	}
	return at
}

func (d *numberDictionary) grow() {
	d.slots = make([]int32, max(64, 2*len(d.slots)))
	for i, v := range d.values {
		if uint64(v) >= smallNumbers {
			d.slots[d.place(v)] = int32(i + 1)
		}
	}
}
