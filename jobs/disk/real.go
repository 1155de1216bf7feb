package disk

import "path/filepath"

// Real gives where a path really lies: the longest part of it that is there has its
// links followed. The path need not be there, and is made whole.
func Real(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	for dir, rest := full, ""; ; dir, rest = filepath.Dir(dir), filepath.Join(filepath.Base(dir), rest) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest)
		}
		if dir == filepath.Dir(dir) {
			return full
		}
	}
}
