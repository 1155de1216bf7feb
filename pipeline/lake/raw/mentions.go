package raw

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Mentions says whether a kept file of creators may hold an id. A packed file (zip,
// Parquet), whose bytes don't show it, is taken to.
func (f *Files) Mentions(path, id string) (bool, error) {
	sha, ext, _ := strings.Cut(filepath.Base(path), ".")
	if ext == "zip" || ext == "parquet" {
		return true, nil
	}
	r, err := f.Text("creators", sha)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", path, err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", path, err)
	}
	return bytes.Contains(content, []byte(id)), nil
}
