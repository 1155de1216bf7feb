package disk

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Bits of access(2).
const (
	mayEnter = 1
	mayRead  = 4
)

// Unreadable gives the first file or folder below a folder that this account may not read,
// and how many there are; "" where it may read all. What lies in a folder that can't be
// entered isn't counted. A folder that isn't there has none.
func Unreadable(folder string) (first string, n int) {
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if d == nil || IgnoreMissing(err) == nil && err != nil {
			return nil
		}
		want := uint32(mayRead)
		if d.IsDir() {
			want |= mayEnter
		}
		if d.Type()&fs.ModeSymlink != 0 || syscall.Access(path, want) != syscall.EACCES {
			return nil
		}
		if n++; first == "" {
			first = path
		}
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return first, n
}

// OwnedByAnother says whose a folder is, where this process is root's and the folder is
// another account's: what root writes there its owner can't read, since all is private.
func OwnedByAnother(folder string) (uid uint32, another bool) {
	info, err := os.Stat(folder)
	if err != nil || os.Geteuid() != 0 {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return stat.Uid, ok && stat.Uid != 0
}
