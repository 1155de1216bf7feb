package packing

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strings"

	"carat/pipeline/feed/lex"
)

// MaxZipBytes bounds what a zip may unfold to.
const MaxZipBytes = 256 << 20

// OpenZip opens the only file of a zip. It refuses what could be an attack: a
// path that leads elsewhere, several files, a bomb.
func OpenZip(file io.ReaderAt, size int64, name string) (io.ReadCloser, error) {
	z, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, lex.BadFile(name, 0, "broken zip: %w", err).WithHint("fetch the file again")
	}
	if len(z.File) != 1 {
		return nil, lex.BadFile(name, 0, "a zip of %d files, not of one", len(z.File)).WithHint("give each file that is in it by itself")
	}
	f := z.File[0]
	if f.Name != path.Base(f.Name) || strings.ContainsAny(f.Name, `\:`) || f.Name == ".." || f.Name == "." || f.FileInfo().IsDir() {
		return nil, lex.BadFile(name, 0, "a zip whose file is called %q, with a path", lex.Cut80([]byte(f.Name))).WithHint("give the file that is in it by itself")
	}
	packed, unpacked := f.CompressedSize64, f.UncompressedSize64
	if unpacked > MaxZipBytes || unpacked > lex.UnfoldFreeBytes && unpacked/lex.MaxUnfoldRatio > packed {
		return nil, lex.BadFile(name, 0, "a zip that unfolds from %d to %d bytes, more than %d times or %d bytes", packed, unpacked, lex.MaxUnfoldRatio, MaxZipBytes).
			WithHint("ask its sender whether it is meant so, and for it unpacked")
	}
	r, err := f.Open()
	if err != nil {
		return nil, lex.BadFile(name, 0, "broken zip: %w", err).WithHint("fetch the file again")
	}
	// The declared size may lie: no more than it is read, and archive/zip
	// reports a size or checksum that differs.
	return r, nil
}
