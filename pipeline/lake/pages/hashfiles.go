package pages

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/parquetlimits"

	"github.com/parquet-go/parquet-go"
)

// hashFiles takes the digests of rows-sha256's groups from Parquet files: of the
// rows of one batch, or of all rows when batchID is ""; of all groups, or of
// some. It reads files side by side in the order of source_line, so memory
// doesn't grow with the batch. A file whose lines turn out not to ascend (after
// compaction) is sorted in memory on a new start.
func hashFiles[T any, P RowPointer[T]](ctx context.Context, cols []Column, files []string, batchID string, only map[int64]bool) ([]GroupDigest, int64, error) {
	sorted := map[string]bool{}
	filter := func(l *pipeline.Lineage) bool {
		return (batchID == "" || l.BatchID == batchID) && (only == nil || only[l.SourceLine/GroupLines])
	}
	for {
		groups, rows, err := hashFilesOnce[T, P](ctx, NewRowEncoder(cols), files, filter, sorted)
		var u *unorderedError
		if !errors.As(err, &u) || sorted[u.path] {
			return groups, rows, err
		}
		sorted[u.path] = true
	}
}

type unorderedError struct{ path string }

// Error says which file it is.
func (u *unorderedError) Error() string { return u.path + ": source lines do not ascend" }

func hashFilesOnce[T any, P RowPointer[T]](ctx context.Context, enc RowEncoder, files []string, filter func(*pipeline.Lineage) bool, sorted map[string]bool) ([]GroupDigest, int64, error) {
	m := merge{open: func(path string) (*cursor, error) {
		c, err := openCursor[T, P](enc, path, filter)
		if err == nil && sorted[path] {
			err = c.sortAll()
		}
		return c, err
	}}
	defer m.close()
	for _, path := range files {
		from, err := firstLine(path)
		if err != nil {
			return nil, 0, fmt.Errorf("read %s: %w", path, err)
		}
		m.waiting = append(m.waiting, waitingFile{path, from})
	}
	slices.SortStableFunc(m.waiting, func(a, b waitingFile) int { return cmp.Compare(a.from, b.from) })
	return m.digests(ctx)
}

// merge hashes the rows of many files in the order of line, then bytes. A file
// is opened when its first line is reached: the files of one block overlap,
// those of different blocks hardly do.
type merge struct {
	open    func(path string) (*cursor, error)
	waiting []waitingFile // by first line
	heap    cursorHeap
}

type waitingFile struct {
	path string
	from int64
}

func (m *merge) close() {
	for _, c := range m.heap {
		c.close()
	}
}

// admit opens the files that may hold the next row.
func (m *merge) admit() error {
	for len(m.waiting) > 0 && (m.heap.Len() == 0 || m.waiting[0].from <= m.heap[0].line) {
		c, err := m.open(m.waiting[0].path)
		if err != nil {
			return fmt.Errorf("read %s: %w", m.waiting[0].path, err)
		}
		m.waiting = m.waiting[1:]
		if c.next() {
			heap.Push(&m.heap, c)
		} else if err := c.finish(); err != nil {
			return fmt.Errorf("read %s: %w", c.path, err)
		}
	}
	return nil
}

func (m *merge) digests(ctx context.Context) (groups []GroupDigest, rows int64, err error) {
	group, running := int64(-1), sha256.New()
	end := func() {
		if group >= 0 {
			d := GroupDigest{Group: group}
			running.Sum(d.Digest[:0])
			groups = append(groups, d)
		}
	}
	for {
		if err := m.admit(); err != nil {
			return nil, 0, err
		}
		if m.heap.Len() == 0 {
			end()
			return groups, rows, nil
		}
		c := m.heap[0]
		if g := c.line / GroupLines; g != group {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
			end()
			group, running = g, sha256.New()
		}
		running.Write(c.row)
		rows++
		if c.next() {
			heap.Fix(&m.heap, 0)
			continue
		}
		heap.Pop(&m.heap)
		if err := c.finish(); err != nil {
			return nil, 0, fmt.Errorf("read %s: %w", c.path, err)
		}
	}
}

// firstLine gives the least source_line of a file, from its statistics; 0 when
// they don't say.
func firstLine(path string) (line int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	defer RecoverReading(&err)
	pf, err := parquetlimits.OpenFooter(f, info.Size())
	if err != nil {
		return 0, err
	}
	first := int64(-1)
	for _, rg := range pf.Metadata().RowGroups {
		for _, c := range rg.Columns {
			if len(c.MetaData.PathInSchema) != 1 || c.MetaData.PathInSchema[0] != colSourceLine {
				continue
			}
			low := c.MetaData.Statistics.MinValue
			if len(low) != 8 {
				return 0, nil
			}
			if v := int64(binary.LittleEndian.Uint64(low)); first < 0 || v < first {
				first = v
			}
		}
	}
	return max(first, 0), nil
}

// cursor walks the rows of one file in the order of source_line.
type cursor struct {
	path  string
	line  int64
	row   []byte
	fill  func() error // appends to lines and rows; io.EOF at the end
	close func()
	lines []int64
	ends  []int // ends[i] is where row i ends in bytes
	bytes []byte
	at    int
	last  int64
	eof   bool
	err   error
}

func openCursor[T any, P RowPointer[T]](enc RowEncoder, path string, filter func(*pipeline.Lineage) bool) (*cursor, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := NewReader[T](f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	c := &cursor{path: path, last: -1}
	c.close = func() { _ = r.Close(); _ = f.Close() }
	rows := r.Buffer()
	c.fill = func() error {
		clear(rows)
		n, err := r.Read(rows)
		for i := range rows[:n] {
			p := P(&rows[i])
			origin := p.Origin()
			if err := wrongNumber(origin); err != nil {
				return err
			}
			if !filter(origin) {
				continue
			}
			c.lines = append(c.lines, origin.SourceLine)
			c.bytes = enc.Append(c.bytes, unsafe.Pointer(p))
			c.ends = append(c.ends, len(c.bytes))
		}
		return err
	}
	return c, nil
}

// next steps to the next row; false at the end or on an error (see finish).
func (c *cursor) next() bool {
	for c.at >= len(c.lines) {
		if c.eof || c.err != nil {
			return false
		}
		c.lines, c.ends, c.bytes, c.at = c.lines[:0], c.ends[:0], c.bytes[:0], 0
		if err := c.fillSafely(); errors.Is(err, io.EOF) {
			c.eof = true
		} else if err != nil {
			c.err = err
			return false
		}
	}
	start := 0
	if c.at > 0 {
		start = c.ends[c.at-1]
	}
	line, row := c.lines[c.at], c.bytes[start:c.ends[c.at]]
	if line < c.last || (line == c.last && bytes.Compare(row, c.row) < 0) {
		c.err = &unorderedError{c.path}
		return false
	}
	c.last, c.line = line, line
	c.row = append(c.row[:0], row...)
	c.at++
	return true
}

func (c *cursor) fillSafely() (err error) {
	defer RecoverReading(&err)
	return c.fill()
}

// finish closes the cursor and gives its error.
func (c *cursor) finish() error {
	c.close()
	return c.err
}

// sortAll reads the whole file and puts its rows in order.
func (c *cursor) sortAll() error {
	for {
		err := c.fillSafely()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			c.close()
			return err
		}
	}
	order := make([]int, len(c.lines))
	for i := range order {
		order[i] = i
	}
	rowAt := func(i int) []byte {
		if i == 0 {
			return c.bytes[:c.ends[0]]
		}
		return c.bytes[c.ends[i-1]:c.ends[i]]
	}
	slices.SortFunc(order, func(a, b int) int {
		if c.lines[a] != c.lines[b] {
			return int(c.lines[a] - c.lines[b])
		}
		return bytes.Compare(rowAt(a), rowAt(b))
	})
	lines, ends, sorted := make([]int64, 0, len(order)), make([]int, 0, len(order)), make([]byte, 0, len(c.bytes))
	for _, i := range order {
		lines = append(lines, c.lines[i])
		sorted = append(sorted, rowAt(i)...)
		ends = append(ends, len(sorted))
	}
	c.lines, c.ends, c.bytes, c.eof = lines, ends, sorted, true
	return nil
}

// cursorHeap orders cursors by line, then bytes.
type cursorHeap []*cursor

func (h cursorHeap) Len() int { return len(h) }
func (h cursorHeap) Less(i, j int) bool {
	if h[i].line != h[j].line {
		return h[i].line < h[j].line
	}
	return bytes.Compare(h[i].row, h[j].row) < 0
}
func (h cursorHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is for container/heap.
func (h *cursorHeap) Push(x any) { *h = append(*h, x.(*cursor)) }

// Pop is for container/heap.
func (h *cursorHeap) Pop() any {
	old := *h
	c := old[len(old)-1]
	*h = old[:len(old)-1]
	return c
}

// ReadPages reads a file to its end, which checks its pages' checksums.
func ReadPages(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	defer RecoverReading(&err)
	pf, err := parquetlimits.Open(f, info.Size())
	if err != nil {
		return err
	}
	for _, rg := range pf.RowGroups() {
		rows := rg.Rows()
		buf := make([]parquet.Row, bufferRows)
		for n, left := 0, rg.NumRows(); err == nil; left -= int64(n) {
			n, err = rows.ReadRows(asked(buf, left))
		}
		if cerr := rows.Close(); cerr != nil && errors.Is(err, io.EOF) {
			err = cerr
		}
		if !errors.Is(err, io.EOF) {
			return err
		}
		err = nil
	}
	return nil
}
