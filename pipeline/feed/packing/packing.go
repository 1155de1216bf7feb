package packing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// Compression is how a file is packed, by its first bytes.
type Compression string

// The compressions. A zip is read for the adapters that publish one.
const (
	Plain Compression = ""
	Gzip  Compression = "gzip"
	Zstd  Compression = "zstd"
	Zip   Compression = "zip"
)

// maxZstdWindow bounds what a zstd frame may ask to be held: level 19 uses 8 MiB.
const maxZstdWindow = 64 << 20

func Of(head []byte) Compression {
	switch {
	case bytes.HasPrefix(head, []byte{0x1F, 0x8B}):
		return Gzip
	case bytes.HasPrefix(head, []byte{0x28, 0xB5, 0x2F, 0xFD}):
		return Zstd
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return Zip
	}
	return Plain
}

// Raw reads the file's own bytes, once, in order, and passes them to the
// tee. It stops when the context is done.
type Raw struct {
	ctx      context.Context
	file     io.Reader
	tee      io.Writer
	progress func(int64)
	read     int64
	broken   error // not the fault of what was read: the machine's, or the caller's
}

func NewRaw(ctx context.Context, file io.ReadSeeker, name string, tee io.Writer, progress func(int64)) (*Raw, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "read", name, "%w", err)
	}
	return &Raw{ctx: ctx, file: file, tee: tee, progress: progress}, nil
}

func (r *Raw) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		r.broken = err
		return 0, err
	}
	n, err := r.file.Read(p)
	if n > 0 {
		r.read += int64(n)
		if r.tee != nil {
			if _, teeErr := r.tee.Write(p[:n]); teeErr != nil {
				r.broken = fmt.Errorf("keep the raw bytes: %w", teeErr)
				return 0, r.broken
			}
		}
		if r.progress != nil {
			r.progress(r.read)
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.broken = err
	}
	return n, err
}

// Drain reads what the parser left, so that the tee has the whole file.
func (r *Raw) Drain() error {
	_, err := io.Copy(io.Discard, struct{ io.Reader }{r})
	return err
}

// Unpack gives the text of what r reads; how is not Zip. The function releases what it
// holds. An error is that of a broken head.
func Unpack(r io.Reader, how Compression) (io.Reader, func(), error) {
	switch how {
	case Gzip:
		z, err := newMembers(r)
		return z, func() {}, err
	case Zstd:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, func() {}, err
		}
		return z, z.Close, nil
	}
	return r, func() {}, nil
}

// Unfolding stops at what unfolds too far: a few kilobytes that would keep a
// machine busy for hours.
type Unfolding struct {
	Text io.Reader
	Raw  *Raw
	read int64
}

var errUnfoldsTooFar = errors.New("unfolds too far")

func (u *Unfolding) Read(p []byte) (int, error) {
	n, err := u.Text.Read(p)
	u.read += int64(n)
	if u.read > lex.UnfoldFreeBytes && u.read/lex.MaxUnfoldRatio > u.Raw.read {
		return 0, errUnfoldsTooFar
	}
	return n, err
}

// Broken says what is wrong with the packing, or passes on what is wrong
// with the machine.
func Broken(name string, how Compression, raw *Raw, err error) error {
	if raw != nil && raw.broken != nil {
		if raw.ctx.Err() != nil {
			return raw.ctx.Err()
		}
		return pipeline.Errorf(pipeline.KindInternal, "read", name, "%w", raw.broken)
	}
	if errors.Is(err, errUnfoldsTooFar) {
		return lex.BadFile(name, 0, "a %s that unfolds to more than %d times its size", how, lex.MaxUnfoldRatio).
			WithHint("ask its sender whether it is meant so, and for it unpacked")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return lex.BadFile(name, 0, "truncated %s: the file ends in the middle", how).
			WithHint("fetch the file again")
	}
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return lex.BadFile(name, 0, "zstd window above %d MiB", maxZstdWindow>>20).
			WithHint("have it compressed at level 19 or below, without --long")
	}
	return lex.BadFile(name, 0, "broken %s: %w", how, err).WithHint("fetch the file again")
}

// HeadBytes is how much of a file's text is looked at.
const HeadBytes = 64 << 10

// Head gives the beginning of a packed file's text.
func Head(file *os.File, name string, how Compression) ([]byte, error) {
	text, release, err := unpackFile(file, name, how)
	if err != nil {
		return nil, err
	}
	defer release()
	head := make([]byte, HeadBytes)
	n := 0
	for n < len(head) && err == nil {
		var more int
		more, err = text.Read(head[n:])
		n += more
	}
	if err != nil && !errors.Is(err, io.EOF) { // cut off within the head as well
		return nil, Broken(name, how, nil, err)
	}
	if n == 0 && errors.Is(err, io.EOF) {
		return nil, lex.EmptyFile(name)
	}
	return head[:n], nil
}

// unpackFile gives a packed file's text from its beginning.
func unpackFile(file *os.File, name string, how Compression) (io.Reader, func(), error) {
	if how != Zip {
		text, release, err := Unpack(io.NewSectionReader(file, 0, 1<<62), how)
		if err != nil {
			return nil, nil, Broken(name, how, nil, err)
		}
		return text, release, nil
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, pipeline.Errorf(pipeline.KindInternal, "read", name, "%w", err)
	}
	text, err := OpenZip(file, info.Size(), name)
	if err != nil {
		return nil, nil, err
	}
	return text, func() { _ = text.Close() }, nil
}
