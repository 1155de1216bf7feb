package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"

	"carat/pipeline/feed/guess"
	"carat/pipeline/parquetlimits"
)

// shapeBytes bounds the text of a shape.
const shapeBytes = 2_000

// Shape says what a file looks like, so that one that looks otherwise than the one
// before it is noticed: the name of a published format, else the names of its columns,
// parted by commas. "" for what has none. It says nothing of whether the file is right.
func Shape(file *os.File, name string) string {
	format, err := RecogniseFile(file, name, "")
	own := format.Name == formatCSV || format.Name == formatNDJSON || format.Name == formatParquet || format.Name == formatXLSX
	if err == nil && !own {
		return format.Name
	}
	names := parquetNames(file)
	if names == nil {
		names = guess.Columns(file, name)
	}
	text := strings.Join(names, ",")
	if len(text) > shapeBytes {
		sum := sha256.Sum256([]byte(text))
		text = strings.ToValidUTF8(text[:shapeBytes], "") + "…" + hex.EncodeToString(sum[:8])
	}
	return text
}

// parquetNames gives the columns of a Parquet file; nil for any other.
func parquetNames(file *os.File) (names []string) {
	magic := make([]byte, len(parquetMagic))
	if _, err := file.ReadAt(magic, 0); err != nil || string(magic) != parquetMagic {
		return nil
	}
	defer func() {
		if recover() != nil { // the library panics at some broken files
			names = nil
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil
	}
	f, err := parquetlimits.OpenFooter(file, info.Size())
	if err != nil {
		return nil
	}
	for _, c := range f.Root().Columns() {
		names = append(names, c.Name())
	}
	return names
}

// Reads says whether a file that was recognised can be read as it is: a published format
// can, and a table with the columns that its feed needs.
func Reads(file *os.File, name string, format Format) bool {
	switch format.Name {
	case formatCSV, formatNDJSON, formatXLSX, formatParquet:
	default:
		return true
	}
	names := parquetNames(file)
	if names == nil {
		names = guess.Columns(file, name)
	}
	for _, column := range requiredColumns(format.Feed) {
		if !slices.Contains(names, column) {
			return false
		}
	}
	return len(names) > 0
}
