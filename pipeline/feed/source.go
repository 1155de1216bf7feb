package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
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

func compressionOf(head []byte) Compression {
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

// rawReader reads the file's own bytes, once, in order, and passes them to the
// tee. It stops when the context is done.
type rawReader struct {
	ctx      context.Context
	file     io.Reader
	tee      io.Writer
	progress func(int64)
	read     int64
	broken   error // not the fault of what was read: the machine's, or the caller's
}

func newRawReader(ctx context.Context, in Input, progress func(int64)) (*rawReader, error) {
	if _, err := in.File.Seek(0, io.SeekStart); err != nil {
		return nil, pipeline.Errorf(pipeline.KindInternal, "read", in.Name, "%w", err)
	}
	return &rawReader{ctx: ctx, file: in.File, tee: in.Tee, progress: progress}, nil
}

func (r *rawReader) Read(p []byte) (int, error) {
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

// drain reads what the parser left, so that the tee has the whole file.
func (r *rawReader) drain() error {
	_, err := io.Copy(io.Discard, struct{ io.Reader }{r})
	return err
}

// unpack gives the file's text.
func unpack(r io.Reader, how Compression) (io.Reader, func(), error) {
	switch how {
	case Gzip:
		z, err := gzip.NewReader(r)
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

// unfolding stops at what unfolds too far: a few kilobytes that would keep a
// machine busy for hours.
type unfolding struct {
	text io.Reader
	raw  *rawReader
	read int64
}

var errUnfoldsTooFar = errors.New("unfolds too far")

func (u *unfolding) Read(p []byte) (int, error) {
	n, err := u.text.Read(p)
	u.read += int64(n)
	if u.read > lex.UnfoldFreeBytes && u.read/lex.MaxUnfoldRatio > u.raw.read {
		return 0, errUnfoldsTooFar
	}
	return n, err
}

// unpackError says what is wrong with the packing, or passes on what is wrong
// with the machine.
func unpackError(name string, how Compression, raw *rawReader, err error) error {
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
