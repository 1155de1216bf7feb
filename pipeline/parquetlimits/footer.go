package parquetlimits

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

const (
	magic = "PAR1"
	// footerBytes is how long the end of a file may be: a thousand groups of fifty columns take less than half.
	footerBytes = 32 << 20
	// listed is how many things the lists of an end may hold in all.
	listed = 4 << 20
	// nested is how deep structures may lie in one another: Parquet's own take ten.
	nested = 24
)

// OpenFooter opens a file for what its end says: names, types, counts. Its pages must not be read.
// Options that read indexes are off whatever is given: they are lists elsewhere in the file.
func OpenFooter(r io.ReaderAt, size int64) (f *parquet.File, err error) {
	if err := checkFooter(r, size); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil { // the library panics at some damaged files
			f, err = nil, fmt.Errorf("its end is damaged: %v", p)
		}
	}()
	return parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
}

// Open opens a file to be read whole. A file with a page that can't be held is refused.
func Open(r io.ReaderAt, size int64) (*parquet.File, error) {
	f, err := OpenFooter(r, size)
	if err != nil {
		return nil, err
	}
	return f, checkPages(r, size, f)
}

// checkFooter walks the end of a file.
func checkFooter(r io.ReaderAt, size int64) error {
	if size < int64(2*len(magic)+4) {
		return errors.New("it is shorter than any Parquet file")
	}
	var end [8]byte
	if _, err := r.ReadAt(end[:], size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(end[4:]) != magic {
		return fmt.Errorf("it does not end with %s", magic)
	}
	n := int64(binary.LittleEndian.Uint32(end[:4]))
	if n > size-int64(len(end)+len(magic)) {
		return errors.New("its end is longer than the file")
	}
	if n > footerBytes {
		return fmt.Errorf("its end has %d bytes, more than %d", n, footerBytes)
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-int64(len(end))-n); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	w := walk{b: footer}
	if err := w.structure(0); err != nil {
		return fmt.Errorf("its end is damaged: %w", err)
	}
	return nil
}

// walk steps over a structure in Thrift's compact protocol
// (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md) and sees to it
// that no list claims more than there are bytes for.
type walk struct {
	b    []byte
	at   int
	seen int // things in lists
}

var errCut = errors.New("it is cut off")

// Types of the compact protocol.
const (
	thriftTrue = iota + 1
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// structure steps over fields up to the stop.
func (w *walk) structure(depth int) error {
	if depth > nested {
		return fmt.Errorf("structures lie deeper than %d in one another", nested)
	}
	for {
		head, err := w.byte()
		if err != nil {
			return err
		}
		if head == 0 {
			return nil
		}
		if head>>4 == 0 { // the field's number follows
			if _, err := w.number(); err != nil {
				return err
			}
		}
		kind := head & 0xF
		if kind == thriftTrue || kind == thriftFalse { // the kind is the value
			continue
		}
		if err := w.value(kind, depth); err != nil {
			return err
		}
	}
}

// value steps over one value.
func (w *walk) value(kind byte, depth int) error {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return w.skip(1)
	case thriftI16, thriftI32, thriftI64:
		_, err := w.number()
		return err
	case thriftDouble:
		return w.skip(8)
	case thriftBinary:
		n, err := w.number()
		if err != nil {
			return err
		}
		return w.skip(n)
	case thriftList, thriftSet:
		return w.list(depth)
	case thriftMap:
		return w.table(depth)
	case thriftStruct:
		return w.structure(depth + 1)
	}
	return fmt.Errorf("it has a value of the unknown kind %d", kind)
}

func (w *walk) list(depth int) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.number(); err != nil {
			return err
		}
	}
	return w.values(n, depth, head&0xF)
}

func (w *walk) table(depth int) error {
	n, err := w.number()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := w.byte()
	if err != nil {
		return err
	}
	return w.values(n, depth, kinds>>4, kinds&0xF)
}

// values steps over n times one value of each kind. None takes less than a byte.
func (w *walk) values(n uint64, depth int, kinds ...byte) error {
	if n > uint64(len(w.b)-w.at) {
		return fmt.Errorf("a list claims %d values and %d bytes are left", n, len(w.b)-w.at)
	}
	if w.seen += int(n); w.seen > listed {
		return fmt.Errorf("its lists hold more than %d values", listed)
	}
	if depth++; depth > nested {
		return fmt.Errorf("lists lie deeper than %d in one another", nested)
	}
	for range n {
		for _, kind := range kinds {
			if err := w.value(kind, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walk) byte() (byte, error) {
	if w.at >= len(w.b) {
		return 0, errCut
	}
	w.at++
	return w.b[w.at-1], nil
}

func (w *walk) number() (uint64, error) {
	n, taken := binary.Uvarint(w.b[w.at:])
	if taken <= 0 {
		return 0, errCut
	}
	w.at += taken
	return n, nil
}

func (w *walk) skip(n uint64) error {
	if n > uint64(len(w.b)-w.at) {
		return errCut
	}
	w.at += int(n)
	return nil
}
