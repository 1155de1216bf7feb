package pages

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Blocks are written by columns, straight from their rows' canonical form:
// parquet-go writes structs, which costs about three times as much (it decodes
// every page again for a bloom filter, and looks every value of a dictionary
// up in a general table). What a file looks like is still parquet-go's doing:
// the layout below is read from a file that it wrote, and pages are encoded by
// its encoders.

// TableLayout is what the files of a row type have in common.
type TableLayout struct {
	footer    format.FileMetaData // schema, orders of columns, writer; no row groups
	columns   []columnLayout      // in the order of the file
	canonical []int               // the columns of the canonical form, ascending by id; indexes into columns
	batchID   int                 // index of batch_id, which the canonical form leaves out
	ingested  int                 // of ingested_at, likewise
	line      int                 // of source_line
}

// columnLayout is how a column is written.
type columnLayout struct {
	Column
	meta    format.ColumnMetaData // type, path, encodings, codec
	values  format.Encoding       // of the data pages
	bounds  bool                  // least and greatest value are kept
	bloom   bool
	isInt32 bool
}

// NewTableLayout derives the layout of the row type T.
func NewTableLayout[T any](codec *Codec, bloom, noBounds []string, columns []Column) (*TableLayout, error) {
	var file bytes.Buffer
	w := parquet.NewGenericWriter[T](&file, parquet.Compression(codec), createdBy())
	if _, err := w.Write(make([]T, 1)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	f, err := parquet.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		return nil, err
	}
	l := &TableLayout{footer: *f.Metadata(), batchID: -1, ingested: -1, line: -1}
	chunks := l.footer.RowGroups[0].Columns
	l.footer.RowGroups = nil
	for i := range chunks {
		meta := &chunks[i].MetaData
		name := meta.PathInSchema[0]
		at := slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
		if at < 0 || len(meta.PathInSchema) != 1 {
			return nil, fmt.Errorf("column %v of the file is no column of the table", meta.PathInSchema)
		}
		c := columnLayout{Column: columns[at], isInt32: meta.Type == format.Int32,
			bounds: !slices.Contains(noBounds, name), bloom: slices.Contains(bloom, name),
			meta: format.ColumnMetaData{Type: meta.Type, Encoding: meta.Encoding, PathInSchema: meta.PathInSchema, Codec: meta.Codec}}
		if c.values, err = c.encodingOf(); err != nil {
			return nil, err
		}
		switch {
		case name == colBatchID:
			l.batchID = i
		case name == colIngestedAt:
			l.ingested = i
		case name == colSourceLine:
			l.line = i
		}
		l.columns = append(l.columns, c)
	}
	if l.batchID < 0 || l.ingested < 0 || l.line < 0 {
		return nil, fmt.Errorf("a table without %s, %s or %s", colBatchID, colIngestedAt, colSourceLine)
	}
	for i := range l.columns {
		if i != l.batchID && i != l.ingested {
			l.canonical = append(l.canonical, i)
		}
	}
	slices.SortFunc(l.canonical, func(a, b int) int { return l.columns[a].ID - l.columns[b].ID })
	return l, nil
}

// encodingOf gives the encoding of the column's data pages.
func (c *columnLayout) encodingOf() (format.Encoding, error) {
	has := func(e format.Encoding) bool { return slices.Contains(c.meta.Encoding, e) }
	text := c.held == heldString
	switch {
	case has(format.RLEDictionary) && !c.isInt32:
		return format.RLEDictionary, nil
	case has(format.DeltaByteArray) && text:
		return format.DeltaByteArray, nil
	case has(format.DeltaLengthByteArray) && text:
		return format.DeltaLengthByteArray, nil
	case has(format.DeltaBinaryPacked) && !text && !c.isInt32:
		return format.DeltaBinaryPacked, nil
	case has(format.Plain) && !has(format.RLEDictionary):
		return format.Plain, nil
	}
	return 0, fmt.Errorf("column %s: no encoder for %v", c.Name, c.meta.Encoding)
}

// newFile begins a file. A page is ended when it has about PageBytes.
func (l *TableLayout) newFile(codec *Codec, page int) *columnFile {
	f := &columnFile{layout: l, chunks: make([]columnChunk, len(l.columns))}
	for i := range f.chunks {
		f.chunks[i] = columnChunk{layout: &l.columns[i], codec: codec, pageBytes: page}
	}
	return f
}
