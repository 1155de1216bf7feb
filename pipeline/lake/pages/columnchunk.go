package pages

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/parquet-go/parquet-go/bloom/xxhash"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/plain"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// columnChunk makes the pages of one column of one file.
type columnChunk struct {
	layout    *columnLayout
	codec     *Codec
	pageBytes int

	// the page in the making
	rows    int
	present []uint8 // of an optional column: 1 or 0 for each row
	absents int
	text    []byte  // what texts don't share with the one before; plain: lengths and texts
	shared  []int32 // bytes shared with the text before
	own     []int32 // lengths of what isn't
	last    []byte  // text of the value before, in delta
	numbers []int64
	indexes []int32 // into the dictionary
	bounds  bounds

	// pages that are done
	pages   []byte
	places  []format.PageLocation // offsets from the first page
	index   format.ColumnIndex
	total   int64 // rows
	nulls   int64
	plain   int64 // bytes before compression, headers included
	packs   bool  // some page is compressed
	whole   bounds
	texts   textDictionary
	ints    numberDictionary
	hashes  []uint64 // for the bloom filter
	scratch []byte
	packed  []byte
	levels  []byte
}

// bounds are the least and the greatest of some values.
type bounds struct {
	any        bool
	low, high  int64
	least, top []byte
}

func (b *bounds) number(v int64) {
	if !b.any {
		b.any, b.low, b.high = true, v, v
		return
	}
	b.low, b.high = min(b.low, v), max(b.high, v)
}

// bytes takes a text, which must stay as it is.
func (b *bounds) bytes(v []byte) {
	switch {
	case !b.any:
		b.any, b.least, b.top = true, v, v
	case bytes.Compare(v, b.top) > 0:
		b.top = v
	case bytes.Compare(v, b.least) < 0:
		b.least = v
	}
}

// addText takes the next row's value.
func (c *columnChunk) addText(v []byte) {
	if c.layout.Optional {
		c.present = append(c.present, 1)
	}
	c.rows++
	if c.layout.bloom {
		c.hashes = append(c.hashes, xxhash.Sum64(v))
	}
	if c.layout.values == format.RLEDictionary {
		c.indexes = append(c.indexes, c.texts.index(v))
		if len(c.indexes)*4 >= c.pageBytes {
			c.endPage()
		}
		return
	}
	if c.layout.bounds {
		c.bounds.bytes(v)
	}
	switch c.layout.values {
	case format.Plain:
		c.text = binary.LittleEndian.AppendUint32(c.text, uint32(len(v)))
	case format.DeltaByteArray:
		n := commonPrefix(c.last, v)
		c.shared, c.last = append(c.shared, int32(n)), v
		v = v[n:]
		c.own = append(c.own, int32(len(v)))
	default:
		c.own = append(c.own, int32(len(v)))
	}
	c.text = append(c.text, v...)
	if len(c.text)+4*len(c.own) >= c.pageBytes {
		c.endPage()
	}
}

// addNumber takes the next row's value.
func (c *columnChunk) addNumber(v int64) {
	if c.layout.Optional {
		c.present = append(c.present, 1)
	}
	c.rows++
	if c.layout.values == format.RLEDictionary {
		c.indexes = append(c.indexes, c.ints.index(v))
		if len(c.indexes)*4 >= c.pageBytes {
			c.endPage()
		}
		return
	}
	c.bounds.number(v)
	c.numbers = append(c.numbers, v)
	if len(c.numbers)*8 >= c.pageBytes {
		c.endPage()
	}
}

// addAbsent takes the next row, which has no value.
func (c *columnChunk) addAbsent() {
	c.present = append(c.present, 0)
	c.rows++
	if c.absents++; len(c.present) >= c.pageBytes {
		c.endPage()
	}
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if binary.LittleEndian.Uint64(a[i:]) != binary.LittleEndian.Uint64(b[i:]) {
			break
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// The encoders of pages. They hold nothing.
var (
	packNumbers delta.BinaryPackedEncoding
	packIndexes rle.DictionaryEncoding
	plainValues plain.Encoding
	packLevels  = rle.Encoding{BitWidth: 1}
)

// values encodes the values of the page.
func (c *columnChunk) values() []byte {
	var err error
	switch {
	case c.layout.values == format.RLEDictionary:
		c.scratch, err = packIndexes.EncodeInt32(c.scratch, c.indexes)
	case c.layout.values == format.DeltaByteArray:
		var own []byte
		c.scratch, err = packNumbers.EncodeInt32(c.scratch, c.shared)
		must(err)
		own, err = packNumbers.EncodeInt32(nil, c.own)
		c.scratch = append(append(c.scratch, own...), c.text...)
	case c.layout.values == format.DeltaLengthByteArray:
		c.scratch, err = packNumbers.EncodeInt32(c.scratch, c.own)
		c.scratch = append(c.scratch, c.text...)
	case c.layout.values == format.DeltaBinaryPacked:
		c.scratch, err = packNumbers.EncodeInt64(c.scratch, c.numbers)
	case c.layout.held == heldString:
		return c.text
	case c.layout.isInt32:
		c.scratch = c.scratch[:0]
		for _, v := range c.numbers {
			c.scratch = binary.LittleEndian.AppendUint32(c.scratch, uint32(int32(v)))
		}
	default:
		c.scratch, err = plainValues.EncodeInt64(c.scratch, c.numbers)
	}
	must(err)
	return c.scratch
}

// must is for encoders that fail only when they are called wrongly.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// endPage encodes the rows taken so far as a data page.
func (c *columnChunk) endPage() {
	if c.rows == 0 {
		return
	}
	c.levels = c.levels[:0]
	if c.layout.Optional {
		var err error
		c.levels, err = packLevels.EncodeLevels(c.levels, c.present)
		must(err)
	}
	at, values := len(c.pages), c.values()
	packs := len(values) > smallPage
	c.packs = c.packs || packs
	c.appendPage(format.PageHeader{Type: format.DataPageV2, DataPageHeaderV2: thrift.New(format.DataPageHeaderV2{
		NumValues: int32(c.rows), NumNulls: int32(c.absents), NumRows: int32(c.rows), Encoding: c.layout.values,
		DefinitionLevelsByteLength: int32(len(c.levels)), IsCompressed: thrift.New(packs)})}, c.levels, values, packs)
	c.places = append(c.places, format.PageLocation{Offset: int64(at), CompressedPageSize: int32(len(c.pages) - at), FirstRowIndex: c.total})
	c.noteBounds()
	c.total += int64(c.rows)
	c.nulls += int64(c.absents)
	c.rows, c.absents, c.last = 0, 0, nil
	c.present, c.text, c.shared, c.own = c.present[:0], c.text[:0], c.shared[:0], c.own[:0]
	c.numbers, c.indexes, c.bounds = c.numbers[:0], c.indexes[:0], bounds{}
}

// smallPage is up to how many bytes a page's values are not compressed: DuckDB
// makes a decompressor for each page, which asks the processor what it can, and
// on a virtual machine that takes as long as reading some thousand values. Of a
// day's files of a small platform it was a quarter of the time to load them.
const smallPage = 512

// appendPage appends a page, compressed or not.
func (c *columnChunk) appendPage(h format.PageHeader, levels, values []byte, packs bool) {
	packed := values
	if packs {
		var err error
		c.packed, err = c.codec.Encode(c.packed, values)
		must(err)
		packed = c.packed
	}
	h.UncompressedPageSize = int32(len(levels) + len(values))
	h.CompressedPageSize = int32(len(levels) + len(packed))
	h.CRC = int32(crc32.Update(crc32.ChecksumIEEE(levels), crc32.IEEETable, packed))
	at := len(c.pages)
	c.pages = appendThrift(c.pages, &h)
	c.plain += int64(len(c.pages)-at) + int64(h.UncompressedPageSize)
	c.pages = append(append(c.pages, levels...), packed...)
}

// appendThrift appends a structure of the footer or of a page's header.
func appendThrift(dst []byte, v any) []byte {
	b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	must(err)
	return append(dst, b...)
}

// noteBounds keeps the page's bounds for the page index and the whole column's.
// Those of a dictionary are the whole column's only.
func (c *columnChunk) noteBounds() {
	if !c.layout.bounds || c.layout.values == format.RLEDictionary {
		return
	}
	b := &c.bounds
	var low, high []byte
	if c.layout.held == heldString {
		if b.any {
			low, high = bytes.Clone(b.least), bytes.Clone(b.top)
			c.whole.bytes(low)
			c.whole.bytes(high)
			low, high = indexBounds(low, high)
		}
	} else if b.any {
		c.whole.number(b.low)
		c.whole.number(b.high)
		low, high = c.numberBytes(b.low), c.numberBytes(b.high)
	}
	c.index.NullPages = append(c.index.NullPages, !b.any)
	c.index.MinValues, c.index.MaxValues = append(c.index.MinValues, low), append(c.index.MaxValues, high)
	c.index.NullCounts = append(c.index.NullCounts, int64(c.absents))
}

// indexTextBytes bounds the texts in the page index.
const indexTextBytes = 64

// indexBounds cuts long texts: a least one may be less, a greatest one is kept
// whole if cutting would make it less.
func indexBounds(low, high []byte) ([]byte, []byte) {
	if len(low) > indexTextBytes {
		low = low[:indexTextBytes]
		for len(low) > 0 && low[len(low)-1]&0xC0 == 0x80 { // not inside a character
			low = low[:len(low)-1]
		}
	}
	return low, high
}

func (c *columnChunk) numberBytes(v int64) []byte {
	if c.layout.isInt32 {
		return binary.LittleEndian.AppendUint32(nil, uint32(int32(v)))
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(v))
}

// statistics gives those of the whole column.
func (c *columnChunk) statistics() format.Statistics {
	s := format.Statistics{NullCount: c.nulls}
	if !c.layout.bounds {
		return s
	}
	if c.layout.values == format.RLEDictionary {
		for i := range c.texts.len() {
			c.whole.bytes(c.texts.at(int32(i)))
		}
		for _, v := range c.ints.values {
			c.whole.number(v)
		}
	}
	switch {
	case !c.whole.any:
	case c.layout.held == heldString:
		s.MinValue, s.MaxValue = append([]byte{}, c.whole.least...), append([]byte{}, c.whole.top...)
	default:
		s.MinValue, s.MaxValue = c.numberBytes(c.whole.low), c.numberBytes(c.whole.high)
	}
	return s
}

// dictionary gives the plain form of the dictionary and the number of its values.
func (c *columnChunk) dictionary() ([]byte, int) {
	if c.layout.held == heldString {
		return c.texts.plain, c.texts.len()
	}
	b, err := plainValues.EncodeInt64(nil, c.ints.values)
	must(err)
	return b, len(c.ints.values)
}
