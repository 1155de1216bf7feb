package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

// nameBytes bounds a name in the inbox: file systems take 255.
const nameBytes = 200

// LocalName gives the name under which a remote file is put into the inbox: letters,
// digits and . _ - as they are, a blank too, every other byte as %XX, so that two
// names stay two and none is a path, hidden or an option. A name that is too long
// keeps its end, behind the hash of the whole.
func LocalName(remote string) string {
	var b strings.Builder
	for i := range len(remote) {
		c := remote[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' ||
			i > 0 && (c == '.' || c == '-') || c == ' ' && i > 0 && i < len(remote)-1
		if plain {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if name == "" {
		name = "%"
	}
	if len(name) <= nameBytes {
		return name
	}
	sum := sha256.Sum256([]byte(remote))
	tail := name[len(name)-(nameBytes-33):]
	return hex.EncodeToString(sum[:16]) + "-" + strings.TrimPrefix(tail, "-")
}

// Numbered gives another name for a later content of the same remote file: the hash's
// beginning stands before the endings.
func Numbered(local, sha256hex string) string {
	stem, ending := local, ""
	for range 2 { // report.csv.gz
		ext := path.Ext(stem)
		if ext == "" || ext == stem || len(ext) > 8 {
			break
		}
		stem, ending = strings.TrimSuffix(stem, ext), ext+ending
	}
	return stem + "~" + sha256hex[:8] + ending
}
