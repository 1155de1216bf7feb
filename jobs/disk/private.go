package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// others are the rights of everybody but the owner.
const others fs.FileMode = 0o077

// Private takes the rights of everybody but the owner from a folder and from all
// that lies below it, which may have been made by an earlier carat or under a
// wide umask. A folder that is private is left alone at the cost of one look, and
// one that is not there is no error. The folder itself comes last, so that what
// was broken off is done again. Links are not followed.
func Private(folder string) error {
	info, err := os.Lstat(folder)
	if err != nil {
		return IgnoreMissing(err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		if folder, err = filepath.EvalSymlinks(folder); err == nil {
			info, err = os.Lstat(folder)
		}
		if err != nil {
			return IgnoreMissing(err)
		}
	}
	if !info.IsDir() || info.Mode()&others == 0 {
		return nil
	}
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return IgnoreMissing(err)
		}
		return IgnoreMissing(tighten(path, d))
	})
	return errors.Join(err, os.Chmod(folder, info.Mode().Perm()&^others))
}

// tighten takes the rights of others from one file or folder.
func tighten(path string, d fs.DirEntry) error {
	if !d.IsDir() && !d.Type().IsRegular() {
		return nil
	}
	info, err := d.Info()
	if err != nil || info.Mode()&others == 0 {
		return err
	}
	return os.Chmod(path, info.Mode().Perm()&^others)
}
