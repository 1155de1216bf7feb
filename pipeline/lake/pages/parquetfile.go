package pages

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"carat/pipeline/lake/store"

	"github.com/parquet-go/parquet-go"
)

// Buffer sizes of the Parquet writer. Sorted input touches one to three days
// per block and gets large pages; the files of a block that touches many days
// are small anyway, and smaller pages keep memory bounded. The choice depends
// on the input alone, so the bytes do too.
const (
	PageBytes     = 512 << 10
	PageBytesMany = 32 << 10
)

// bloomBitsPerKey gives a false positive in a hundred.
const bloomBitsPerKey = 10

// createdBy is what files say of their writer. It is constant: the bytes of a
// row must not depend on carat's version.
func CreatedBy() parquet.WriterOption { return parquet.CreatedBy("carat", "1", "lake") }

// StagedFile is a Parquet file on its way into a table.
type StagedFile struct {
	Rel      string // below the table's data folder: accounting_month=…/…/name.parquet
	Path     string // where it is staged
	Rows     int64
	SHA256   string
	MinLine  int64
	MaxLine  int64
	MinEvent int64
}

// FileWriter writes one Parquet file and hashes its bytes on the way.
type FileWriter[T any] struct {
	File StagedFile
	f    *store.File
	buf  *bufio.Writer
	sum  hash.Hash
	w    *parquet.GenericWriter[T]
	// absent keeps absent values absent; see absentGuard.
	absent absentGuard
}

// NewFileWriter begins a file at path, which is to lie at rel below its table's
// data folder. page is the size of pages in bytes; bloom names the columns with a
// filter.
func NewFileWriter[T any](d *store.Disk, codec *Codec, path, rel string, page int, bloom []string) (*FileWriter[T], error) {
	f, err := d.CreateUnsynced(path)
	if err != nil {
		return nil, err
	}
	w := &FileWriter[T]{File: StagedFile{Rel: rel, Path: path}, f: f, sum: sha256.New()}
	w.buf = bufio.NewWriterSize(io.MultiWriter(f, w.sum), 256<<10)
	// All columns have bounds: of one that has none, by SkipPageBounds, parquet-go
	// v0.32.0 writes into the page index that its pages hold "" to "", and a reader
	// which looks for a value there finds none.
	opts := []parquet.WriterOption{
		parquet.Compression(codec), parquet.DataPageStatistics(false), parquet.PageBufferSize(page),
		parquet.WriteBufferSize(0), CreatedBy(),
	}
	if len(bloom) > 0 {
		var filters []parquet.BloomFilterColumn
		for _, c := range bloom {
			filters = append(filters, parquet.SplitBlockFilter(bloomBitsPerKey, c))
		}
		opts = append(opts, parquet.BloomFilters(filters...))
	}
	w.w = parquet.NewGenericWriter[T](w.buf, opts...)
	if w.absent, err = newAbsentGuard[T](); err != nil {
		return nil, err
	}
	return w, nil
}

// Note sets a value of the file's metadata.
func (w *FileWriter[T]) Note(key, value string) { w.w.SetKeyValueMetadata(key, value) }

// Write writes rows.
func (w *FileWriter[T]) Write(rows []T) error {
	return writeGuarded(&w.absent, rows, func(part []T) error {
		n, err := w.w.Write(part)
		w.File.Rows += int64(n)
		return err
	})
}

// Abandon gives the file up; what is staged of it is swept.
func (w *FileWriter[T]) Abandon() error { return w.f.Close() }

// Close ends the file. It is complete but not yet durable; see syncer.
func (w *FileWriter[T]) Close() (StagedFile, error) {
	err := w.w.Close()
	if err == nil {
		err = w.buf.Flush()
	}
	if err = errors.Join(err, w.f.Close()); err != nil {
		return StagedFile{}, err
	}
	w.File.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	return w.File, nil
}
