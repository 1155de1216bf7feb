package disk

import (
	"fmt"
	"os"
	"path/filepath"
)

// MarkFile is the file of a period's statements that says what they were
// rendered from.
const MarkFile = ".rendered"

// WriteMark says in a folder what its files were made from.
func WriteMark(folder, mark string) error {
	return WriteText(filepath.Join(folder, MarkFile), 0o600, fmt.Appendln(nil, mark))
}

// HasMark says whether a folder's statements were rendered from that.
func HasMark(folder, mark string) bool {
	text, err := os.ReadFile(filepath.Join(folder, MarkFile))
	return err == nil && mark != "" && string(text) == mark+"\n"
}
