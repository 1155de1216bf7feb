package pages

import (
	"fmt"
	"os"

	"github.com/parquet-go/parquet-go"

	"carat/pipeline/parquetlimits"
)

// bufferRows is how many rows are read at a time, at most.
const bufferRows = 1024

// Reader reads the rows of a file, one after the other.
type Reader[T any] struct {
	rows *parquet.GenericReader[T]
	left int64 // rows that are not read yet, as the file's end says
}

// NewReader reads the rows of a file. A damaged one is an error.
func NewReader[T any](f *os.File) (r *Reader[T], err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	pf, err := parquetlimits.Open(f, info.Size())
	if err != nil {
		return nil, err
	}
	defer RecoverReading(&err)
	return &Reader[T]{parquet.NewGenericReader[T](pf), pf.NumRows()}, nil
}

// Buffer gives room for as many rows as are well read at a time.
func (r *Reader[T]) Buffer() []T { return make([]T, max(min(r.left, bufferRows), 1)) }

// Read reads the next rows into the first places of a buffer and gives how many
// they are. At the end it gives io.EOF, maybe with the last rows; it may panic
// on a damaged file, see RecoverReading.
func (r *Reader[T]) Read(rows []T) (n int, err error) {
	n, err = r.rows.Read(asked(rows, r.left))
	r.left -= int64(n)
	return n, err
}

// Close closes the reader, and not the file.
func (r *Reader[T]) Close() error { return r.rows.Close() }

// asked gives the part of a buffer that is asked for: no more rows than are
// left. Behind its last row parquet-go looks for a page again for each place of
// the buffer and each column, which took half of the time in which a month of
// small files was verified. One is asked for when none is left, so that a file
// that holds more than it says is found out.
func asked[E any](buffer []E, left int64) []E {
	return buffer[:min(int64(len(buffer)), max(left, 1))]
}

// RecoverReading turns a panic of the Parquet reader, which a damaged file can
// cause, into an error.
func RecoverReading(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("damaged Parquet: %v", r)
	}
}
