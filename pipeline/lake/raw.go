package lake

import (
	"bytes"
	"compress/gzip"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// rawWriter keeps the bytes of a source file: hashed as they came, and stored
// compressed unless they are already.
type rawWriter struct {
	lake *Lake
	path string
	f    *newFile
	sum  hash.Hash
	size int64
	head []byte       // the first bytes, until the kind of file is known
	out  io.Writer    // nil until then
	pack *framePacker // nil when stored as is
	ext  string
	hex  string
	err  error
	done bool
}

// Raw gives the writer that keeps the source file's bytes. Close it after the
// last byte; SHA256 and Commit do so if need be.
func (s *Stage[T, P]) Raw() io.WriteCloser {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw == nil {
		s.raw = &rawWriter{lake: s.lake, path: filepath.Join(s.dir, "raw"), sum: newSHA256()}
	}
	return s.raw
}

// SHA256 gives the hash and size of what was written to Raw. It ends Raw.
func (s *Stage[T, P]) SHA256() (hash string, size int64, err error) {
	w := s.Raw().(*rawWriter)
	if err := w.Close(); err != nil {
		return "", 0, err
	}
	return w.hex, w.size, nil
}

// magics of formats that are compressed already, and the name they get.
var magics = []struct{ magic, ext string }{
	{"\x1f\x8b", ".gz"}, {"\x28\xb5\x2f\xfd", ".source.zst"}, {"PK\x03\x04", ".zip"}, {"PAR1", ".parquet"},
}

const magicBytes = 4

// Write takes bytes of the source file.
func (w *rawWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.sum.Write(p)
	w.size += int64(len(p))
	if w.out == nil {
		w.head = append(w.head, p...)
		if len(w.head) >= magicBytes {
			w.err = w.begin()
		}
		return len(p), w.err
	}
	if _, err := w.out.Write(p); err != nil {
		w.err = w.lake.fail("keep the source file in", w.lake.cfg.Root, err)
		return 0, w.err
	}
	return len(p), nil
}

// begin opens the file once the first bytes say what it is.
func (w *rawWriter) begin() error {
	f, err := w.lake.disk.createUnsynced(w.path)
	if err != nil {
		return w.lake.fail("keep the source file in", w.lake.cfg.Root, err)
	}
	w.f, w.out, w.ext = f, f, ".zst"
	for _, m := range magics {
		if bytes.HasPrefix(w.head, []byte(m.magic)) {
			w.ext = m.ext
		}
	}
	if w.ext == ".zst" {
		if w.pack, err = newFramePacker(f); err != nil {
			return err
		}
		w.out = w.pack
	}
	_, err = w.out.Write(w.head)
	w.head = nil
	return w.lake.fail("keep the source file in", w.lake.cfg.Root, err)
}

// Close ends the file and makes its bytes durable.
func (w *rawWriter) Close() error {
	if w.done || w.err != nil {
		return w.err
	}
	w.done = true
	if w.out == nil {
		if w.err = w.begin(); w.err != nil {
			return w.err
		}
	}
	var err error
	if w.pack != nil {
		err = w.pack.Close()
	}
	if err == nil {
		err = w.f.sync()
	}
	err = errors.Join(err, w.f.Close())
	w.hex = hexSum(w.sum)
	w.err = w.lake.fail("keep the source file in", w.lake.cfg.Root, err)
	return w.err
}

func (w *rawWriter) abandon() error {
	if w.f != nil && !w.f.done {
		return w.f.Close()
	}
	return nil
}

// rawDir is where the raw files of a feed are kept.
func (l *Lake) rawDir(feed string) string {
	if feed == "creators" {
		return filepath.Join(l.cfg.Root, "people", "raw")
	}
	return filepath.Join(l.cfg.Root, "raw")
}

// RawFile finds the kept source file of a hash and opens its original bytes.
// It fails with fs.ErrNotExist when it isn't kept (any more).
func (l *Lake) RawFile(feed, sha256 string) (io.ReadCloser, error) {
	path, err := l.rawPath(feed, sha256)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if !isPacked(path, sha256) {
		return f, nil
	}
	frames, err := openFrames(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if frames != nil {
		return decodedFile{frames, f, frames.dec}, nil
	}
	dec, err := zstd.NewReader(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return decodedFile{dec, f, dec}, nil
}

// isPacked says whether carat itself compressed the kept file of a hash.
func isPacked(path, sha256 string) bool { return filepath.Base(path) == sha256+".zst" }

func (l *Lake) rawPath(feed, sha256 string) (string, error) {
	if !isHexSHA256(sha256) {
		return "", os.ErrNotExist
	}
	dir := filepath.Join(l.rawDir(feed), sha256[:2])
	for _, ext := range []string{".zst", ".gz", ".source.zst", ".zip", ".parquet"} {
		if p := filepath.Join(dir, sha256+ext); fileExists(p) {
			return p, nil
		}
	}
	return "", os.ErrNotExist
}

func isHexSHA256(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, r := range s {
		if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'f') {
			return false
		}
	}
	return true
}

type decodedFile struct {
	io.Reader
	f   *os.File
	dec *zstd.Decoder
}

// Close closes the decoder and the file.
func (d decodedFile) Close() error {
	d.dec.Close()
	return d.f.Close()
}

// plainText opens a kept file's text: also of a source that came compressed.
func (l *Lake) plainText(feed, sha256 string) (io.ReadCloser, error) {
	r, err := l.RawFile(feed, sha256)
	if err != nil {
		return nil, err
	}
	path, err := l.rawPath(feed, sha256)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	switch {
	case strings.HasSuffix(path, ".gz"):
		gz, err := gzip.NewReader(r)
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		return struct {
			io.Reader
			io.Closer
		}{gz, r}, nil
	case strings.HasSuffix(path, ".source.zst"):
		dec, err := zstd.NewReader(r)
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		return struct {
			io.Reader
			io.Closer
		}{dec.IOReadCloser(), r}, nil
	}
	return r, nil
}
