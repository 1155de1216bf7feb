package verify

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
)

// SourceCheck takes the rows of a source file that is read again, and tells
// which rows of its batch the file doesn't give. It is a pipeline.Sink. It keeps
// eight bytes a row.
type SourceCheck[T any, P pages.RowPointer[T]] struct {
	cat    *catalog.Catalog
	enc    pages.RowEncoder
	seed   maphash.Seed
	mu     sync.Mutex
	hashes []uint64
}

// NewSourceCheck begins a check of a batch of a feed.
func NewSourceCheck[T any, P pages.RowPointer[T]](cat *catalog.Catalog, feed string) *SourceCheck[T, P] {
	info, _ := cat.RawTable(feed)
	return &SourceCheck[T, P]{cat: cat, enc: pages.NewRowEncoder(info.Columns), seed: maphash.MakeSeed()}
}

// OpenBlock begins a block.
func (s *SourceCheck[T, P]) OpenBlock(int) (pipeline.BlockSink[T], error) {
	return &sourceBlock[T, P]{check: s}, nil
}

type sourceBlock[T any, P pages.RowPointer[T]] struct {
	check  *SourceCheck[T, P]
	buffer []byte
	hashes []uint64
}

// Write takes rows.
func (b *sourceBlock[T, P]) Write(rows []T) error {
	for i := range rows {
		b.buffer = b.check.enc.Append(b.buffer[:0], unsafe.Pointer(P(&rows[i])))
		b.hashes = append(b.hashes, maphash.Bytes(b.check.seed, b.buffer))
	}
	return nil
}

// Close hands the block's rows over.
func (b *sourceBlock[T, P]) Close() error {
	b.check.mu.Lock()
	defer b.check.mu.Unlock()
	b.check.hashes = append(b.check.hashes, b.hashes...)
	b.hashes = nil
	return nil
}

// Strangers gives the number of rows of the batch that the file doesn't give,
// and the source line of the first.
func (s *SourceCheck[T, P]) Strangers(ctx context.Context, b chain.CommittedBatch) (n, firstLine int64, err error) {
	slices.Sort(s.hashes)
	files, err := batchFiles(ctx, s.cat, b)
	if err != nil {
		return 0, 0, err
	}
	for _, path := range files {
		if err := ctx.Err(); err != nil {
			return n, firstLine, err
		}
		err := eachRow[T, P](path, b.ID, func(line int64, row unsafe.Pointer) {
			buffer := s.enc.Append(nil, row)
			if _, known := slices.BinarySearch(s.hashes, maphash.Bytes(s.seed, buffer)); known {
				return
			}
			if n++; n == 1 || line < firstLine {
				firstLine = line
			}
		})
		if err != nil {
			return n, firstLine, fmt.Errorf("read %s: %w", path, err)
		}
	}
	return n, firstLine, nil
}

// eachRow hands over every row of a batch in a file.
func eachRow[T any, P pages.RowPointer[T]](path, batch string, do func(line int64, row unsafe.Pointer)) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	defer pages.RecoverReading(&err)
	r, err := pages.NewReader[T](f)
	if err != nil {
		return err
	}
	defer r.Close()
	rows := r.Buffer()
	for {
		clear(rows)
		n, err := r.Read(rows)
		for i := range rows[:n] {
			p := P(&rows[i])
			if p.Origin().BatchID == batch {
				do(p.Origin().SourceLine, unsafe.Pointer(p))
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// batchFiles gives the files of rows that a batch added.
func batchFiles(ctx context.Context, cat *catalog.Catalog, b chain.CommittedBatch) ([]string, error) {
	l, found, err := cat.LinkNamed(ctx, b.ID)
	if err != nil || !found {
		return nil, errors.Join(err, fmt.Errorf("batch %s has no link", b.ID))
	}
	paths, err := cat.PathsOf(l.Files)
	rows := cat.TableDir(b.Table) + "/"
	return slices.DeleteFunc(paths, func(p string) bool { return !strings.HasPrefix(p, rows) }), err
}
