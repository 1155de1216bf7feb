package parquetlimits

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

const (
	// pageBytes is how much a page may take when it is unfolded. Writers make them of one to a hundred megabytes.
	pageBytes = 256 << 20
	// pageValues is how many values a page may hold: a constant column may have few bytes for many.
	pageValues = 64 << 20
	// headerBytes is how long the header of a page may be. Its statistics hold two values, and writers leave out long ones.
	headerBytes = 256 << 10
)

// checkPages walks the pages of all columns, in the order and at the places in which the
// reader finds them.
func checkPages(r io.ReaderAt, size int64, f *parquet.File) error {
	columns, meta := columnsOf(f), f.Metadata()
	left := size
	in := bufio.NewReaderSize(nil, headerBytes)
	var room rooms
	for g := range meta.RowGroups {
		if len(meta.RowGroups[g].Columns) != len(columns) {
			return fmt.Errorf("group %d has %d columns instead of %d", g+1, len(meta.RowGroups[g].Columns), len(columns))
		}
		for c := range meta.RowGroups[g].Columns {
			m := &meta.RowGroups[g].Columns[c].MetaData
			from, n := m.DataPageOffset, m.TotalCompressedSize
			if m.DictionaryPageOffset != 0 {
				from = m.DictionaryPageOffset
			}
			if from < 0 || n < 0 || from > size || n > size-from {
				return fmt.Errorf("column %d of group %d lies outside of the file", c+1, g+1)
			}
			if left -= n; left < 0 {
				return errors.New("its columns take more than the file has: they overlap")
			}
			in.Reset(io.NewSectionReader(r, from, n))
			columns[c].codec = m.Codec
			if m.Codec != format.Uncompressed {
				columns[c].decoder = parquet.LookupCompressionCodec(m.Codec)
			}
			if err := columns[c].checkChunk(in, &room); err != nil {
				return fmt.Errorf("column %d of group %d: %w", c+1, g+1, err)
			}
		}
	}
	return nil
}

// rooms are what pages are read and unfolded into, one after the other.
type rooms struct{ folded, unfolded []byte }

// checkChunk walks the pages of one column of one group. A chunk that ends in the middle of a page is left to the
// reader, which says so better.
func (c *column) checkChunk(in *bufio.Reader, room *rooms) error {
	for {
		h, err := pageHeader(in)
		if err != nil || h == nil {
			return err
		}
		values := int64(0)
		switch {
		case h.DataPageHeader.Valid:
			values = int64(h.DataPageHeader.V.NumValues)
		case h.DataPageHeaderV2.Valid:
			values = int64(h.DataPageHeaderV2.V.NumValues)
		case h.DictionaryPageHeader.Valid:
			values = int64(h.DictionaryPageHeader.V.NumValues)
		}
		if values < 0 || values > pageValues {
			return fmt.Errorf("a page claims %d values, more than %d", values, pageValues)
		}
		if h.UncompressedPageSize < 0 || h.CompressedPageSize < 0 || h.UncompressedPageSize > pageBytes || h.CompressedPageSize > pageBytes {
			return fmt.Errorf("a page claims %d bytes, more than %d", max(h.UncompressedPageSize, h.CompressedPageSize), pageBytes)
		}
		n := int(h.CompressedPageSize)
		if c.codec == format.Uncompressed && !c.spreads(h) {
			if _, err := in.Discard(n); err != nil {
				return ended(err)
			}
			continue
		}
		if cap(room.folded) < n {
			room.folded = make([]byte, n)
		}
		if _, err := io.ReadFull(in, room.folded[:n]); err != nil {
			return ended(err)
		}
		if err := c.checkPage(h, room.folded[:n], room); err != nil {
			return err
		}
	}
}

// checkPage sees to it that a page unfolds to what a page may take, and then to no more values than it claims.
func (c *column) checkPage(h *format.PageHeader, folded []byte, room *rooms) error {
	claimed, v2 := int64(h.UncompressedPageSize), h.DataPageHeaderV2
	var levels []byte
	codec := c.codec
	if v2.Valid {
		rep, def := int64(v2.V.RepetitionLevelsByteLength), int64(v2.V.DefinitionLevelsByteLength)
		if rep < 0 || def < 0 || rep+def > int64(len(folded)) {
			return errLevels
		}
		levels, folded, claimed = folded[:rep+def], folded[rep+def:], claimed-rep-def
		if v2.V.IsCompressed.Valid && !v2.V.IsCompressed.V {
			codec = format.Uncompressed
		}
	}
	if codec != format.Uncompressed {
		if err := checkFolded(folded, codec, claimed); err != nil {
			return err
		}
	}
	if !c.spreads(h) {
		return nil
	}
	data := folded
	if codec != format.Uncompressed {
		var err error
		if data, err = c.decoder.Decode(room.unfolded[:0], folded); err != nil {
			return fmt.Errorf("a page doesn't unfold: %w", err)
		}
		room.unfolded = data
	}
	if v2.Valid {
		return c.checkValuesV2(&v2.V, levels, data)
	}
	return c.checkValues(&h.DataPageHeader.V, data)
}

// ended leaves a cut page to the reader.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// pageHeader reads the header of the next page; nil at the end. Its lengths are walked before it is read: statistics
// hold two values, and a header fits the buffer.
func pageHeader(in *bufio.Reader) (*format.PageHeader, error) {
	if _, err := in.Peek(1); err != nil {
		return nil, ended(err)
	}
	for want := min(1<<10, in.Size()); ; want = min(2*want, in.Size()) {
		head, err := in.Peek(want)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		w := walk{b: head}
		switch werr := w.structure(0); {
		case werr == nil:
			h := new(format.PageHeader)
			if err := thrift.Unmarshal(new(thrift.CompactProtocol), head[:w.at], h); err != nil {
				return nil, fmt.Errorf("the header of a page is damaged: %w", err)
			}
			_, err := in.Discard(w.at)
			return h, err
		case err != nil || len(head) == in.Size(): // all that there is, or may be
			return nil, fmt.Errorf("the header of a page is damaged: %w", werr)
		}
	}
}

// checkFolded sees to it that data unfold to no more than a page may take, and end.
func checkFolded(data []byte, codec format.CompressionCodec, claimed int64) error {
	switch codec {
	case format.Snappy:
		n, taken := binary.Uvarint(data)
		if taken <= 0 || n > pageBytes {
			return fmt.Errorf("a page unfolds to more than %d bytes", pageBytes)
		}
		return nil
	case format.Zstd:
		return checkZstd(data)
	case format.Lz4Raw:
		// The reader tries again with twice the room for ever: the data must be right.
		out := make([]byte, max(claimed, 0))
		n, err := lz4.UncompressBlock(data, out)
		if err != nil || int64(n) != claimed {
			return errors.New("a page doesn't unfold to what it claims")
		}
		return nil
	case format.Gzip:
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return fmt.Errorf("a page doesn't unfold: %w", err)
		}
		return count(z)
	case format.Brotli:
		return count(brotli.NewReader(bytes.NewReader(data)))
	}
	return fmt.Errorf("its pages are folded by %s, which carat doesn't read", codec)
}

// count reads to the end or to the bound.
func count(r io.Reader) error {
	n, err := io.Copy(io.Discard, io.LimitReader(r, pageBytes+1))
	if err != nil {
		return fmt.Errorf("a page doesn't unfold: %w", err)
	}
	if n > pageBytes {
		return fmt.Errorf("a page unfolds to more than %d bytes", pageBytes)
	}
	return nil
}

const (
	zstdMagic     = 0xFD2FB528
	zstdSkippable = 0x184D2A50 // to 5F
	zstdBlock     = 128 << 10  // what a block unfolds to, at most (RFC 8878, 3.1.1.2.4)
)

var errZstd = errors.New("a page doesn't unfold: it isn't Zstandard")

// checkZstd steps from block to block (RFC 8878, 3.1.1), which tells how much can come out.
func checkZstd(b []byte) error {
	total := 0
	for len(b) > 0 {
		if len(b) < 8 {
			return errZstd
		}
		if m := binary.LittleEndian.Uint32(b); m&^0xF == zstdSkippable {
			n := binary.LittleEndian.Uint32(b[4:])
			if uint64(n) > uint64(len(b)-8) {
				return errZstd
			}
			b = b[8+n:]
			continue
		} else if m != zstdMagic {
			return errZstd
		}
		d := b[4]
		head := 5 + [4]int{0, 1, 2, 4}[d&3] // descriptor and dictionary
		single := d&0x20 != 0
		if !single {
			head++ // the window
		}
		switch size := d >> 6; {
		case size == 0 && single:
			head++
		case size > 0:
			head += 1 << size
		}
		for last := false; !last; {
			if len(b) < head+3 {
				return errZstd
			}
			block := uint32(b[head]) | uint32(b[head+1])<<8 | uint32(b[head+2])<<16
			last = block&1 == 1
			n := int(block >> 3)
			total += max(zstdBlock, n)
			if block>>1&3 == 1 { // one byte, many times
				n = 1
			}
			head += 3 + n
			if total > pageBytes+zstdBlock {
				return fmt.Errorf("a page unfolds to more than %d bytes", pageBytes)
			}
		}
		if d&4 != 0 {
			head += 4 // the checksum
		}
		if len(b) < head {
			return errZstd
		}
		b = b[head:]
	}
	return nil
}
