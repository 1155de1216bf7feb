package raw

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"carat/pipeline/lake/store"
	"github.com/klauspost/compress/zstd"
)

// Writer keeps the bytes of a source file: hashed as they came, and stored
// compressed unless they are already.
type Writer struct {
	disk   *store.Disk
	Path   string
	f      *store.File
	sum    hash.Hash
	Size   int64
	head   []byte       // the first bytes, until the kind of file is known
	out    io.Writer    // nil until then
	pack   *framePacker // nil when stored as is
	Ext    string
	SHA256 string
	err    error
	done   bool
}

// Files are the kept source files of a lake.
type Files struct{ Disk *store.Disk }

// Keep keeps a source file in a file of the staging folder.
func (files *Files) Keep(path string) *Writer {
	return &Writer{disk: files.Disk, Path: path, sum: sha256.New()}
}

// magics of formats that are compressed already, and the name they get.
var magics = []struct{ magic, ext string }{
	{"\x1f\x8b", ".gz"}, {"\x28\xb5\x2f\xfd", ".source.zst"}, {"PK\x03\x04", ".zip"}, {"PAR1", ".parquet"},
}

const magicBytes = 4

// Write takes bytes of the source file.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.sum.Write(p)
	w.Size += int64(len(p))
	if w.out == nil {
		w.head = append(w.head, p...)
		if len(w.head) >= magicBytes {
			w.err = w.begin()
		}
		return len(p), w.err
	}
	if _, err := w.out.Write(p); err != nil {
		w.err = w.disk.Fail("keep the source file in", w.disk.Root, err)
		return 0, w.err
	}
	return len(p), nil
}

// begin opens the file once the first bytes say what it is.
func (w *Writer) begin() error {
	f, err := w.disk.CreateUnsynced(w.Path)
	if err != nil {
		return w.disk.Fail("keep the source file in", w.disk.Root, err)
	}
	w.f, w.out, w.Ext = f, f, ".zst"
	for _, m := range magics {
		if bytes.HasPrefix(w.head, []byte(m.magic)) {
			w.Ext = m.ext
		}
	}
	if w.Ext == ".zst" {
		if w.pack, err = newFramePacker(f); err != nil {
			return err
		}
		w.out = w.pack
	}
	_, err = w.out.Write(w.head)
	w.head = nil
	return w.disk.Fail("keep the source file in", w.disk.Root, err)
}

// Close ends the file and makes its bytes durable.
func (w *Writer) Close() error {
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
		err = w.f.Sync()
	}
	err = errors.Join(err, w.f.Close())
	w.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	w.err = w.disk.Fail("keep the source file in", w.disk.Root, err)
	return w.err
}

// Abandon gives the file up; what is staged of it is swept.
func (w *Writer) Abandon() error {
	if w.f != nil && !w.f.Done {
		return w.f.Close()
	}
	return nil
}

// PersonalFeeds are the feeds whose files say who somebody is; a test of the lake
// holds them against the domain's.
var PersonalFeeds = map[string]bool{"creators": true, "payees": true}

// Dir is where the raw files of a feed are kept.
func (files *Files) Dir(feed string) string {
	if PersonalFeeds[feed] {
		return filepath.Join(files.Disk.Root, "people", "raw")
	}
	return filepath.Join(files.Disk.Root, "raw")
}

// Open finds the kept source file of a hash and opens its original bytes.
// It fails with fs.ErrNotExist when it isn't kept (any more).
func (files *Files) Open(feed, sha256 string) (io.ReadCloser, error) {
	path, err := files.Path(feed, sha256)
	if err != nil {
		return nil, err
	}
	f, err := files.Disk.Open(path)
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

// Path finds the kept file of a hash. It fails with os.ErrNotExist when it isn't
// kept (any more).
func (files *Files) Path(feed, sha256 string) (string, error) {
	if !isHexSHA256(sha256) {
		return "", os.ErrNotExist
	}
	dir := filepath.Join(files.Dir(feed), sha256[:2])
	for _, ext := range []string{".zst", ".gz", ".source.zst", ".zip", ".parquet"} {
		p := filepath.Join(dir, sha256+ext)
		if there, err := files.Disk.Exists(p); err != nil || there {
			return p, err
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

// Text opens a kept file's text: also of a source that came compressed.
func (files *Files) Text(feed, sha256 string) (io.ReadCloser, error) {
	r, err := files.Open(feed, sha256)
	if err != nil {
		return nil, err
	}
	path, err := files.Path(feed, sha256)
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
