package parquetlimits

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

// padded is how many values a page may hold beyond those that it claims: groups of eight are filled up, and so are
// the small blocks of differences.
const padded = 1 << 10

// plainDictionary is how older writers call references to a dictionary.
const plainDictionary format.Encoding = 2

// column is what must be known of a column to walk a page of it.
type column struct {
	codec    format.CompressionCodec
	decoder  compress.Codec
	rep, def int // the highest levels
	boolean  bool
}

// columnsOf gives the columns of a file in the order of its schema, which is that of each group.
func columnsOf(f *parquet.File) []column {
	var columns []column
	for _, path := range f.Schema().Columns() {
		leaf, _ := f.Schema().Lookup(path...)
		c := column{rep: leaf.MaxRepetitionLevel, def: leaf.MaxDefinitionLevel}
		c.boolean = leaf.Node != nil && leaf.Node.Type().Kind() == parquet.Boolean
		columns = append(columns, c)
	}
	return columns
}

// spreads tells whether a page may hold more than its bytes: levels and references to a dictionary are runs of one
// value, differences and the beginnings that texts share may stand for any length.
func (c *column) spreads(h *format.PageHeader) bool {
	switch {
	case h.DataPageHeader.Valid:
		return c.rep > 0 || c.def > 0 || h.DataPageHeader.V.Encoding != format.Plain
	case h.DataPageHeaderV2.Valid:
		return c.rep > 0 || c.def > 0 || h.DataPageHeaderV2.V.Encoding != format.Plain
	}
	return false
}

// checkValues walks a page of the first form: levels, then values.
func (c *column) checkValues(h *format.DataPageHeader, data []byte) error {
	for _, levels := range []struct {
		highest  int
		encoding format.Encoding
	}{{c.rep, h.RepetitionLevelEncoding}, {c.def, h.DefinitionLevelEncoding}} {
		switch {
		case levels.highest == 0:
		case levels.encoding == format.BitPacked:
			n := (int(h.NumValues)*bits.Len(uint(levels.highest)) + 7) / 8
			if n > len(data) {
				return errLevels
			}
			data = data[n:]
		default:
			if len(data) < 4 {
				return errLevels
			}
			n := int(binary.LittleEndian.Uint32(data))
			if n > len(data)-4 {
				return errLevels
			}
			if err := checkRuns(data[4:4+n], bits.Len(uint(levels.highest)), int(h.NumValues)); err != nil {
				return err
			}
			data = data[4+n:]
		}
	}
	return c.checkEncoded(h.Encoding, data, int(h.NumValues))
}

var errLevels = errors.New("the levels of a page are longer than the page")

// checkValuesV2 walks a page of the second form, whose levels are never folded.
func (c *column) checkValuesV2(h *format.DataPageHeaderV2, levels, data []byte) error {
	rep, def := int(h.RepetitionLevelsByteLength), len(levels)-int(h.RepetitionLevelsByteLength)
	for _, l := range []struct {
		highest, at, n int
	}{{c.rep, 0, rep}, {c.def, rep, def}} {
		if err := checkRuns(levels[l.at:l.at+l.n], bits.Len(uint(l.highest)), int(h.NumValues)); err != nil {
			return err
		}
	}
	return c.checkEncoded(h.Encoding, data, int(h.NumValues))
}

// checkEncoded walks values. An encoding that is not here holds no more than its bytes, or the reader doesn't know it.
func (c *column) checkEncoded(e format.Encoding, data []byte, values int) error {
	switch e {
	case plainDictionary, format.RLEDictionary:
		if len(data) == 0 {
			return nil
		}
		return checkRuns(data[1:], int(data[0]), values)
	case format.RLE:
		if c.boolean && len(data) >= 4 { // the length comes first
			data = data[4:]
		}
		return checkRuns(data, 1, values)
	case format.DeltaBinaryPacked:
		_, err := differences(data, values, nil)
		return err
	case format.DeltaLengthByteArray:
		return checkLengths(data, values, 1)
	case format.DeltaByteArray: // what a text shares with the one before, then what is its own
		return checkLengths(data, values, 2)
	}
	return nil
}

// checkLengths walks so many lists of lengths: the texts are as long as all of them together.
func checkLengths(data []byte, values, lists int) (err error) {
	long, negative := int64(0), false
	for range lists {
		if data, err = differences(data, values, func(n int32) { long, negative = long+int64(n), negative || n < 0 }); err != nil {
			return err
		}
	}
	if negative {
		return errors.New("a page has texts of negative lengths")
	}
	if long > pageBytes {
		return fmt.Errorf("the texts of a page unfold to more than %d bytes", pageBytes)
	}
	return nil
}

// checkRuns walks runs and packed groups (Parquet's format, Encodings.md, "RLE/Bit-packing hybrid") and sees to it
// that they hold no more values than the page claims. What is cut is left to the reader.
func checkRuns(b []byte, width, values int) error {
	if width > 32 {
		return fmt.Errorf("a page packs values in %d bits", width)
	}
	for total := uint64(0); len(b) > 0; {
		u, n := binary.Uvarint(b)
		if n <= 0 {
			return nil
		}
		b = b[n:]
		count, size := u>>1, uint64(width+7)/8
		if u&1 != 0 {
			if count > pageValues {
				return errRuns(values)
			}
			size, count = count*uint64(width), count*8
		}
		if total += min(count, 1<<40); total > uint64(values)+padded {
			return errRuns(values)
		}
		if size > uint64(len(b)) {
			return nil
		}
		b = b[size:]
	}
	return nil
}

func errRuns(values int) error {
	return fmt.Errorf("a page claims %d values and holds more", values)
}

// differences walks numbers that are packed as differences (Parquet's format, Encodings.md, "Delta encoding") and
// gives what follows them; with each it is told of every number, as the reader reckons in 32 bits.
func differences(b []byte, values int, each func(int32)) (rest []byte, err error) {
	w := walk{b: b}
	var head [3]uint64 // values of a block, small blocks in it, values in all
	for i := range head {
		if head[i], err = w.number(); err != nil {
			return nil, err
		}
	}
	first, err := w.number()
	if err != nil {
		return nil, err
	}
	block, minis, total := head[0], head[1], head[2]
	if total > uint64(values)+padded {
		return nil, errRuns(values)
	}
	if minis == 0 || block > 65536 || block%128 != 0 || minis > block || block/minis%32 != 0 {
		return nil, errors.New("the blocks of a page have lengths that aren't allowed")
	}
	if total == 0 {
		return b[w.at:], nil
	}
	value := int32(zigzag(first))
	if each != nil {
		each(value)
	}
	mini := int(block / minis)
	for left := int(total) - 1; left > 0; {
		least, err := w.number()
		if err != nil {
			return nil, err
		}
		widths := b[w.at:min(w.at+int(minis), len(b))]
		w.at += len(widths)
		if len(widths) == 0 {
			return nil, errCut
		}
		for _, width := range widths {
			n := min(mini, left)
			packed := b[w.at:min(w.at+mini*int(width)/8, len(b))]
			if width > 64 {
				return nil, fmt.Errorf("a page packs values in %d bits", width)
			}
			if each != nil {
				for i := range n {
					value += int32(zigzag(least)) + int32(unpack(packed, i, int(width)))
					each(value)
				}
			}
			w.at += len(packed)
			if left -= n; left == 0 {
				break
			}
		}
	}
	return b[w.at:], nil
}

func zigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// unpack gives number i of numbers of so many bits, the low bits first; what is cut off is zero.
func unpack(b []byte, i, width int) (u uint64) {
	for bit, got := i*width, 0; got < width; {
		if bit/8 >= len(b) {
			return u
		}
		n := min(8-bit%8, width-got)
		u |= uint64(b[bit/8]>>(bit%8)&(1<<n-1)) << got
		bit, got = bit+n, got+n
	}
	return u
}
