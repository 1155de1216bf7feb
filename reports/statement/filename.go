package statement

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// fileNameBytes bounds a file name. File systems allow 255 bytes; the rest is
// left for the suffix of a temporary file.
const fileNameBytes = 200

// The rows that go with a paper: the ending of their file and their media type.
const (
	RowsFormat = "csv"
	RowsType   = "text/csv"
)

// FileName gives the name of a statement's file, "c_1029~main~USD.html". It is
// safe whatever the ids hold, and different for different ids: all but
// [A-Za-z0-9._-] is percent-encoded, as are a leading dot and a leading hyphen,
// and the parts are joined by "~", which no part can hold. A name that would
// exceed 200 bytes is cut and ends in a fourth part, a hash of all three ids.
//
// Names that differ by case alone are the same on some file systems; FileName
// does not hide that, because ids are to stay readable.
func FileName(creatorID, entity, currency, ext string) string {
	parts := [...]string{creatorID, entity, currency}
	b := make([]byte, 0, 64)
	for i, p := range parts {
		if i > 0 {
			b = append(b, '~')
		}
		b = appendFilePart(b, p)
	}
	suffix := appendFilePart([]byte{'.'}, ext)
	if len(b)+len(suffix) <= fileNameBytes {
		return string(append(b, suffix...))
	}
	sum := sha256.New()
	for _, p := range parts {
		part := sha256.Sum256([]byte(p))
		sum.Write(part[:])
	}
	const hashBytes = 16
	short := make([]byte, 0, fileNameBytes+8)
	for i, p := range parts {
		if i > 0 {
			short = append(short, '~')
		}
		encoded := appendFilePart(nil, p)
		short = append(short, encoded[:cutFilePart(encoded, 40)]...)
	}
	short = append(short, '~')
	short = hex.AppendEncode(short, sum.Sum(nil)[:hashBytes])
	return string(append(short, suffix[:min(len(suffix), 20)]...))
}

// FolderName gives the shard and the folder of a creator's statements, "f3" and
// "c_1029". Both are safe whatever the id holds, and different ids have
// different folders: also where a file system takes upper and lower case for
// the same, because an id with capitals ends in a hash of itself.
func FolderName(creatorID string) (shard, folder string) {
	sum := sha256.Sum256([]byte(creatorID))
	name := appendFilePart(nil, creatorID)
	const longest, hashBytes = 120, 8
	if len(name) > longest || strings.ContainsFunc(creatorID, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
		name = append(name[:cutFilePart(name, min(longest, len(name)))], '~')
		name = hex.AppendEncode(name, sum[:hashBytes])
	}
	if len(name) == 0 {
		name = []byte("~")
	}
	return hex.EncodeToString(sum[:1]), string(name)
}

// cutFilePart gives the length to which an encoded part is cut: at most n, and
// never inside a %XX.
func cutFilePart(encoded []byte, n int) int {
	if len(encoded) <= n {
		return len(encoded)
	}
	for back := 1; back <= 2; back++ {
		if encoded[n-back] == '%' {
			return n - back
		}
	}
	return n
}

func appendFilePart(b []byte, part string) []byte {
	const upperHex = "0123456789ABCDEF"
	for i := 0; i < len(part); i++ {
		c := part[i]
		plain := c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
		if !plain && i > 0 {
			plain = c == '.' || c == '-'
		}
		if plain {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return b
}
