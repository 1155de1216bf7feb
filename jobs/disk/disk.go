package disk

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"carat/pipeline/lake"
)

// Write writes a file under a temporary name beside its place, makes its bytes
// durable and renames it: it is there whole or not at all.
func Write(file string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, IgnoreMissing(os.Remove(f.Name())))
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return Place(f.Name(), file, mode)
}

// WriteText is Write of a text that is at hand.
func WriteText(file string, mode fs.FileMode, text []byte) error {
	return Write(file, mode, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// Place gives a file that was made beside its place its mode and its name, when
// its bytes are durable.
func Place(made, file string, mode fs.FileMode) error {
	f, err := os.OpenFile(made, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(made, file)
}

// Copy copies a file durably, with its time, and gives the SHA-256 of what was
// read. It is there whole or not at all. The temporary name is the same each time,
// so that a copy that was killed leaves nothing behind the next one.
func Copy(from, to string) (sum string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return "", err
	}
	temp := to + ".copying"
	out, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(out, h), in); err != nil {
		return "", errors.Join(err, out.Close(), os.Remove(temp))
	}
	if err := errors.Join(out.Sync(), out.Close(), os.Chtimes(temp, info.ModTime(), info.ModTime())); err != nil {
		return "", errors.Join(err, os.Remove(temp))
	}
	return hex.EncodeToString(h.Sum(nil)), os.Rename(temp, to)
}

// SyncFolders makes all names in a folder durable.
func SyncFolders(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return lake.SyncFolder(path)
	})
}

// SHA256 gives the SHA-256 and size of a file.
func SHA256(path string) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// IgnoreMissing drops the error of a file that is not there.
func IgnoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Cause strips the operation and the path that os puts before its error: our
// own messages name them already.
func Cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// MakeFolder makes a folder whose parent mostly stands, in one call.
func MakeFolder(path string) error {
	err := os.Mkdir(path, 0o700)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.MkdirAll(path, 0o700)
}

// Put writes one of very many small files, which an index knows: a new one
// directly, one that is there by renaming. It is not made durable: the index tells
// which are whole, and the others are made again.
func Put(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = f.Write(text)
		return errors.Join(err, f.Close())
	}
	if !errors.Is(err, fs.ErrExist) {
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
	}
	next := path + ".new"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// ReplaceFolder puts the folder next in the place of target. The old one is
// moved aside first, so that target is never a mixture of the two.
func ReplaceFolder(next, target string) error {
	aside := target + ".old"
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	err := os.Rename(target, aside)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(next, target); err != nil {
		return errors.Join(err, os.Rename(aside, target))
	}
	return os.RemoveAll(aside)
}
