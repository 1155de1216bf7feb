package disk

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ListFiles gives the files below a folder as sha256sum prints them, in the
// order of their names; the mark is none of them.
func ListFiles(folder string) (list []byte, files int64, err error) {
	var b bytes.Buffer
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == MarkFile {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		name, err := filepath.Rel(folder, path)
		fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(sum[:]), filepath.ToSlash(name))
		files++
		return err
	})
	return b.Bytes(), files, err
}
