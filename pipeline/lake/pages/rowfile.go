package pages

import (
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/lake/store"
)

// rowsAtOnce is how many rows the Parquet writer is given at a time. The bytes
// depend on it, as pages end where a write ends, and so it is counted from the
// file's first row on, however the rows come. It is a multiple of wordRows.
const rowsAtOnce = 16 * wordRows

// RowFile writes one Parquet file of rows in their canonical form.
type RowFile[T any, P lineagePointer[T]] struct {
	*FileWriter[T]
	form    RowEncoder
	rows    []T
	numbers []int64 // what the rows' pointers point to
	batch   string  // of the row before
	batchNo int64
}

// NewRowFile begins a file of rows with these columns at file.Path; see
// NewFileWriter for the rest.
func NewRowFile[T any, P lineagePointer[T]](d *store.Disk, codec *Codec, columns []Column, file StagedFile, page int, bloom []string) (*RowFile[T, P], error) {
	w, err := NewFileWriter[T](d, codec, file.Path, file.Rel, page, bloom)
	if err != nil {
		return nil, err
	}
	w.File = file
	form := NewRowEncoder(columns)
	return &RowFile[T, P]{FileWriter: w, form: form, rows: make([]T, 0, rowsAtOnce), numbers: make([]int64, 0, rowsAtOnce*form.pointers())}, nil
}

// Add takes a row in its canonical form, and what that leaves out. The bytes
// must stay as they are until the file is closed.
func (f *RowFile[T, P]) Add(row []byte, batchID string, ingestedAt int64) error {
	f.rows = f.rows[:len(f.rows)+1]
	p := P(&f.rows[len(f.rows)-1])
	f.numbers = f.form.decode(unsafe.Pointer(p), row, f.numbers)
	o := p.Origin()
	if batchID != f.batch {
		no, err := pipeline.BatchNo(batchID)
		if err != nil {
			return err
		}
		f.batch, f.batchNo = batchID, no
	}
	o.BatchID, o.BatchNo, o.IngestedAt = batchID, f.batchNo, ingestedAt
	f.File.NoteLine(o.SourceLine)
	if len(f.rows) < rowsAtOnce {
		return nil
	}
	return f.flush()
}

func (f *RowFile[T, P]) flush() error {
	err := f.Write(f.rows)
	clear(f.rows)
	f.rows, f.numbers = f.rows[:0], f.numbers[:0]
	return err
}

// Close ends the file. It is complete but not yet durable; see store.Syncer.
func (f *RowFile[T, P]) Close() (StagedFile, error) {
	if err := f.flush(); err != nil {
		_ = f.Abandon()
		return StagedFile{}, err
	}
	return f.FileWriter.Close()
}

// NoteLine widens the file's range of source lines.
func (f *StagedFile) NoteLine(line int64) {
	if f.MaxLine == 0 || line < f.MinLine {
		f.MinLine = line
	}
	f.MaxLine = max(f.MaxLine, line)
}
