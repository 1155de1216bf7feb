package pages

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"carat/pipeline/lake/store"
	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// columnFile is a Parquet file of one row group in the making. Its pages are
// held, compressed, until it is closed.
type columnFile struct {
	layout *TableLayout
	chunks []columnChunk
	rows   int64
}

// Add takes a row in its canonical form. The bytes must stay as they are until
// the file is written.
func (f *columnFile) Add(row []byte) {
	f.rows++
	next := 0
	canonical := f.layout.canonical
	for {
		id := int(binary.BigEndian.Uint16(row))
		row = row[2:]
		for next < len(canonical) && f.layout.columns[canonical[next]].ID != id {
			f.chunks[canonical[next]].addAbsent()
			next++
		}
		if id == 0 {
			return
		}
		c := &f.chunks[canonical[next]]
		next++
		if c.layout.held == heldString {
			n := binary.BigEndian.Uint32(row)
			c.addText(row[4 : 4+n : 4+n])
			row = row[4+n:]
			continue
		}
		c.addNumber(int64(binary.BigEndian.Uint64(row)))
		row = row[8:]
	}
}

// finish adds what is the same for all rows of the batch, and ends all pages.
func (f *columnFile) finish(batchID string, ingestedAt int64) {
	id, batch, ingested := []byte(batchID), &f.chunks[f.layout.batchID], &f.chunks[f.layout.ingested]
	for range f.rows {
		batch.addText(id)
		ingested.addNumber(ingestedAt)
	}
	for i := range f.chunks {
		f.chunks[i].endPage()
	}
}

// countingWriter writes, hashes and counts.
type countingWriter struct {
	out io.Writer
	sum hash.Hash
	n   int64
	err error
}

func (w *countingWriter) write(p []byte) {
	if w.err != nil {
		return
	}
	w.sum.Write(p)
	w.n += int64(len(p))
	_, w.err = w.out.Write(p)
}

// writeTo writes the finished file.
func (f *columnFile) writeTo(w *countingWriter) error {
	w.write([]byte("PAR1"))
	group := format.RowGroup{NumRows: f.rows, FileOffset: w.n, Columns: make([]format.ColumnChunk, len(f.chunks))}
	for i := range f.chunks {
		meta := &group.Columns[i].MetaData
		*meta = f.chunks[i].write(w)
		group.TotalByteSize += meta.TotalUncompressedSize
		group.TotalCompressedSize += meta.TotalCompressedSize
	}
	for i := range f.chunks {
		if c := &f.chunks[i]; c.layout.bloom {
			meta := &group.Columns[i].MetaData
			meta.BloomFilterOffset = w.n
			c.writeBloom(w)
			meta.BloomFilterLength = int32(w.n - meta.BloomFilterOffset)
		}
	}
	for i := range f.chunks {
		if c := &f.chunks[i]; len(c.index.NullPages) > 0 {
			chunk := &group.Columns[i]
			chunk.ColumnIndexOffset = w.n
			w.write(appendThrift(nil, &c.index))
			chunk.ColumnIndexLength = int32(w.n - chunk.ColumnIndexOffset)
		}
	}
	for i := range f.chunks {
		chunk := &group.Columns[i]
		places := f.chunks[i].places
		for j := range places {
			places[j].Offset += chunk.MetaData.DataPageOffset
		}
		chunk.OffsetIndexOffset = w.n
		w.write(appendThrift(nil, &format.OffsetIndex{PageLocations: places}))
		chunk.OffsetIndexLength = int32(w.n - chunk.OffsetIndexOffset)
	}
	footer := f.layout.footer
	footer.NumRows, footer.RowGroups = f.rows, []format.RowGroup{group}
	text := appendThrift(nil, &footer)
	text = binary.LittleEndian.AppendUint32(text, uint32(len(text)))
	w.write(append(text, "PAR1"...))
	return w.err
}

// write writes the column's dictionary and pages, and gives what the footer
// says of them.
func (c *columnChunk) write(w *countingWriter) format.ColumnMetaData {
	meta := c.layout.meta
	meta.NumValues, meta.Statistics = c.total, c.statistics()
	begin := w.n
	var values []byte
	var n int
	if c.layout.values == format.RLEDictionary {
		values, n = c.dictionary()
		c.packs = c.packs || len(values) > smallPage
	}
	if !c.packs {
		meta.Codec = format.Uncompressed
	}
	if c.layout.values == format.RLEDictionary {
		pages := c.pages
		c.pages = nil
		c.appendPage(format.PageHeader{Type: format.DictionaryPage,
			DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: int32(n), Encoding: format.Plain})}, nil, values, c.packs)
		meta.DictionaryPageOffset = w.n
		meta.EncodingStats = append(meta.EncodingStats, format.PageEncodingStats{PageType: format.DictionaryPage, Encoding: format.Plain, Count: 1})
		w.write(c.pages)
		c.pages = pages
	}
	meta.DataPageOffset = w.n
	w.write(c.pages)
	meta.EncodingStats = append(meta.EncodingStats,
		format.PageEncodingStats{PageType: format.DataPageV2, Encoding: c.layout.values, Count: int32(len(c.places))})
	meta.TotalCompressedSize, meta.TotalUncompressedSize = w.n-begin, c.plain
	return meta
}

func (c *columnChunk) writeBloom(w *countingWriter) {
	filter := make(bloom.SplitBlockFilter, max(1, bloom.NumSplitBlocksOf(int64(len(c.hashes)), bloomBitsPerKey)))
	filter.InsertBulk(c.hashes)
	h := format.BloomFilterHeader{NumBytes: int32(len(filter.Bytes()))}
	h.Algorithm.Value = &format.SplitBlockAlgorithm{}
	h.Hash.Value = &format.XxHash{}
	h.Compression.Value = &format.BloomFilterUncompressed{}
	w.write(appendThrift(nil, &h))
	w.write(filter.Bytes())
}

// StagedColumns is a columnFile and where it is staged.
type StagedColumns struct {
	*columnFile
	file       StagedFile
	ingestedAt int64
}

// Stage begins a file. A page is ended when it has about page bytes.
func (l *TableLayout) Stage(codec *Codec, page int, file StagedFile, ingestedAt int64) *StagedColumns {
	return &StagedColumns{columnFile: l.newFile(codec, page), file: file, ingestedAt: ingestedAt}
}

// Store writes the file to the disk. It is complete but not yet durable; see
// syncer.
func (s *StagedColumns) Store(d *store.Disk, batchID string) (_ StagedFile, err error) {
	f, err := d.CreateUnsynced(s.file.Path)
	if err != nil {
		return StagedFile{}, err
	}
	s.finish(batchID, s.ingestedAt)
	w := &countingWriter{out: f, sum: sha256.New()}
	if err := errors.Join(s.writeTo(w), f.Close()); err != nil {
		return StagedFile{}, err
	}
	s.file.Rows, s.file.SHA256 = s.rows, hex.EncodeToString(w.sum.Sum(nil))
	lines := s.chunks[s.layout.line].whole
	s.file.MinLine, s.file.MaxLine = lines.low, lines.high
	return s.file, nil
}
