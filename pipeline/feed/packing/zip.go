package packing

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"carat/pipeline/feed/lex"
)

// beside says whether a file of a zip is one that macOS or Windows puts beside what
// somebody packed: nobody's data.
func beside(f *zip.File) bool {
	base := path.Base(f.Name)
	return strings.HasPrefix(f.Name, "__MACOSX/") || strings.HasPrefix(base, "._") || base == ".DS_Store" || base == "Thumbs.db" || base == "desktop.ini"
}

// document says which spreadsheet a zip is that isn't read; "" for none.
func document(files []*zip.File) string {
	for _, f := range files {
		switch f.Name {
		case "content.xml":
			return "an OpenDocument file (.ods)"
		case "xl/workbook.bin":
			return "an Excel file of the binary format (.xlsb)"
		case "Index/Document.iwa":
			return "a file of Numbers"
		}
	}
	return ""
}

// MaxZipBytes bounds what a zip may unfold to.
const MaxZipBytes = 256 << 20

// OpenZip opens the only file of a zip. It refuses what could be an attack: a
// path that leads elsewhere, several files, a bomb.
func OpenZip(file io.ReaderAt, size int64, name string) (io.ReadCloser, error) {
	z, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, lex.BadFile(name, 0, "broken zip: %w", err).WithHint("fetch the file again")
	}
	if kind := document(z.File); kind != "" {
		return nil, lex.BadFile(name, 0, "%s", kind).WithHint("have it exported as .xlsx or CSV")
	}
	files := slices.DeleteFunc(slices.Clone(z.File), beside)
	if len(files) != 1 {
		return nil, lex.BadFile(name, 0, "a zip of %d files, not of one", len(files)).WithHint("give each file that is in it by itself")
	}
	f := files[0]
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
