package lake

import (
	"bufio"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

// Buffer sizes of the Parquet writer. Sorted input touches one to three days
// per block and gets large pages; the files of a block that touches many days
// are small anyway, and smaller pages keep memory bounded. The choice depends
// on the input alone, so the bytes do too.
const (
	pageBytes      = 512 << 10
	pageBytesMany  = 32 << 10
	manyFiles      = 4 // from this file of a block on, pages are small
	openFilesLimit = 64
)

// bloomBitsPerKey gives a false positive in a hundred.
const bloomBitsPerKey = 10

// createdBy is what files say of their writer. It is constant: the bytes of a
// row must not depend on carat's version.
func createdBy() parquet.WriterOption { return parquet.CreatedBy("carat", "1", "lake") }

// stagedFile is a Parquet file on its way into a table.
type stagedFile struct {
	Rel      string // below the table's data folder: accounting_month=…/…/name.parquet
	Path     string // where it is staged
	Rows     int64
	SHA256   string
	minLine  int64
	maxLine  int64
	minEvent int64
}

// fileWriter writes one Parquet file and hashes its bytes on the way.
type fileWriter[T any] struct {
	file stagedFile
	f    *newFile
	buf  *bufio.Writer
	sum  hash.Hash
	w    *parquet.GenericWriter[T]
	// absent keeps absent values absent; see absentGuard.
	absent absentGuard
}

func newFileWriter[T any](l *Lake, path, rel string, page int, bloom []string, noBounds []string) (*fileWriter[T], error) {
	f, err := l.disk.createUnsynced(path)
	if err != nil {
		return nil, err
	}
	w := &fileWriter[T]{file: stagedFile{Rel: rel, Path: path}, f: f, sum: newSHA256()}
	w.buf = bufio.NewWriterSize(io.MultiWriter(f, w.sum), 256<<10)
	opts := []parquet.WriterOption{
		parquet.Compression(l.codec), parquet.DataPageStatistics(false), parquet.PageBufferSize(page),
		parquet.WriteBufferSize(0), createdBy(),
	}
	for _, c := range noBounds {
		opts = append(opts, parquet.SkipPageBounds(c))
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

func (w *fileWriter[T]) write(rows []T) error {
	return writeGuarded(&w.absent, rows, func(part []T) error {
		n, err := w.w.Write(part)
		w.file.Rows += int64(n)
		return err
	})
}

// close ends the file. It is complete but not yet durable; see syncer.
func (w *fileWriter[T]) close() (stagedFile, error) {
	err := w.w.Close()
	if err == nil {
		err = w.buf.Flush()
	}
	if err = errors.Join(err, w.f.Close()); err != nil {
		return stagedFile{}, err
	}
	w.file.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	return w.file, nil
}

// createUnsynced begins a file that is named at once and made durable later.
// It is for staged files, which nothing refers to yet.
func (d *disk) createUnsynced(path string) (*newFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	if err := d.step("create", path); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &newFile{disk: d, f: f, path: path, staged: true}, nil
}

// syncFile makes a staged file's bytes durable.
func (d *disk) syncFile(path string) error {
	if err := d.step("sync", path); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
