package lake

import (
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// disk does every write to the lake's folder, durably: a file is complete and
// synced before its name appears, and the name is synced too. Tests stop it at
// any step, as a crash or a full disk would.
type disk struct {
	fault func(step, path string) error // nil outside tests
}

func (d *disk) step(step, path string) error {
	if d.fault == nil {
		return nil
	}
	return d.fault(step, path)
}

// mkdirAll makes a folder and those above it, and makes their names durable.
func (d *disk) mkdirAll(dir string) error {
	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
		}
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := d.mkdirAll(parent); err != nil {
			return err
		}
	}
	if err := d.step("mkdir", dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.syncDir(filepath.Dir(dir))
}

// syncDir makes the names in a folder durable.
func (d *disk) syncDir(dir string) error {
	if err := d.step("sync folder", dir); err != nil {
		return err
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// rename gives a synced file its place and makes that durable, unless the
// caller syncs the folder itself.
func (d *disk) rename(from, to string) error {
	if err := d.step("rename", to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// remove deletes a file; one that is gone already is no error.
func (d *disk) remove(path string) error {
	if err := d.step("remove", path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeAll deletes a folder and what is in it.
func (d *disk) removeAll(path string) error {
	if err := d.step("remove", path); err != nil {
		return err
	}
	return os.RemoveAll(path)
}

// create begins a file that appears under its name when it is closed whole.
func (d *disk) create(path string) (*newFile, error) {
	if err := d.mkdirAll(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := d.step("create", path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	return &newFile{disk: d, f: f, path: path, sum: newSHA256()}, nil
}

// write writes a whole small file.
func (d *disk) write(path string, content []byte) error {
	f, err := d.create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.discard())
	}
	return f.Close()
}

// writeFirst writes a small file by way of another on the same file system, and
// leaves one alone that somebody else wrote in the meantime.
func (d *disk) writeFirst(path, way string, content []byte) error {
	err := d.write(way, content)
	if err == nil {
		err = d.step("link", path)
	}
	if err == nil {
		err = os.Link(way, path)
	}
	if err != nil && !fileExists(path) {
		return err
	}
	return errors.Join(d.remove(way), d.syncDir(filepath.Dir(path)))
}

// newFile is a file being written. Close makes it durable and gives it its
// name; after a failed write Close removes it and fails.
type newFile struct {
	disk *disk
	f    *os.File
	path string
	err  error
	done bool
	sum  hash.Hash // of what was written; nil for staged files
	size int64
	// staged files have their name from the start and are synced later.
	staged bool
}

// Write writes to the file.
func (n *newFile) Write(p []byte) (int, error) {
	if n.err != nil {
		return 0, n.err
	}
	if n.err = n.disk.step("write", n.path); n.err != nil {
		return 0, n.err
	}
	written, err := n.f.Write(p)
	if n.sum != nil {
		n.sum.Write(p[:written])
		n.size += int64(written)
	}
	n.err = err
	return written, err
}

// ReadFrom copies from a reader.
func (n *newFile) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{n}, r)
}

// Close syncs the file, gives it its name and syncs the folder.
func (n *newFile) Close() error {
	if n.done {
		return n.err
	}
	if n.staged {
		n.done = true
		return errors.Join(n.err, n.f.Close())
	}
	if n.err == nil {
		n.err = n.sync()
	}
	if n.err != nil {
		return errors.Join(n.err, n.discard())
	}
	n.done = true
	if n.err = n.f.Close(); n.err != nil {
		return n.err
	}
	if n.err = n.disk.rename(n.path+".tmp", n.path); n.err != nil {
		return n.err
	}
	n.err = n.disk.syncDir(filepath.Dir(n.path))
	return n.err
}

func (n *newFile) sync() error {
	if err := n.disk.step("sync", n.path); err != nil {
		return err
	}
	return n.f.Sync()
}

// discard gives the file up.
func (n *newFile) discard() error {
	n.done = true
	return errors.Join(n.f.Close(), n.disk.remove(n.path+".tmp"))
}

// hashFile gives the SHA-256 of a file's bytes, lower-case hex.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := newSHA256()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hexSum(h), nil
}
