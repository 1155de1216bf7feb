package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"carat/pipeline/lake/store/object"
)

// Disk does every write to the lake's folder, durably: a file is complete and
// synced before its name appears, and the name is synced too. Tests stop it at
// any step, as a crash or a full disk would.
type Disk struct {
	Root  string                        // absolute path of the lake's folder
	Fault func(step, path string) error // nil outside tests

	// MayRemove is asked before something is deleted, and its error is why it isn't;
	// nil: nobody is.
	MayRemove func() error

	// Remote is where the lake's files lie, if not in Root; nil: they lie in Root.
	Remote *Remote

	// Databases is the folder of copies of the lake's databases, where the lake itself
	// can't be written to; "" elsewhere.
	Databases string
}

// Step is called before every step that writes; its error stops the step.
func (d *Disk) Step(step, path string) error {
	if d.Fault == nil {
		return nil
	}
	return d.Fault(step, path)
}

// MkdirAll makes a folder and those above it, and makes their names durable.
func (d *Disk) MkdirAll(dir string) error {
	if info, err := os.Stat(dir); err == nil {
		if !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
		}
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := d.MkdirAll(parent); err != nil {
			return err
		}
	}
	if err := d.Step("mkdir", dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.SyncDir(filepath.Dir(dir))
}

// SyncDir makes the names in a folder durable.
func (d *Disk) SyncDir(dir string) error {
	if err := d.Step("sync folder", dir); err != nil {
		return err
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Rename gives a synced file its place and makes that durable, unless the
// caller syncs the folder itself.
func (d *Disk) Rename(from, to string) error {
	if key, shared := d.key(to); shared {
		return d.put(from, to, key, object.Sum{})
	}
	if err := d.Step("rename", to); err != nil {
		return err
	}
	err := os.Rename(from, to)
	if d.Remote != nil && errors.Is(err, syscall.EXDEV) { // persons lie on another disk than the cache
		if err = copyFile(from, to+".tmp"); err == nil {
			err = errors.Join(d.SyncFile(to+".tmp"), os.Rename(to+".tmp", to), os.Remove(from))
		}
	}
	return err
}

// Remove deletes a file; one that is gone already is no error.
func (d *Disk) Remove(path string) error {
	if err := d.mayRemove(path); err != nil {
		return err
	}
	if key, shared := d.key(path); shared {
		if err := d.Remote.Objects.Delete(context.Background(), key); err != nil {
			return err
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// RemoveAll deletes a folder and what is in it.
func (d *Disk) RemoveAll(path string) error {
	if err := d.mayRemove(path); err != nil {
		return err
	}
	if err := d.removeObjects(path); err != nil {
		return err
	}
	return os.RemoveAll(path)
}

func (d *Disk) mayRemove(path string) error {
	if err := d.Step("remove", path); err != nil || d.MayRemove == nil {
		return err
	}
	return d.MayRemove()
}

// Create begins a file that appears under its name when it is closed whole.
func (d *Disk) Create(path string) (*File, error) {
	if err := d.MkdirAll(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := d.Step("create", path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	return &File{disk: d, f: f, Path: path, Sum: sha256.New()}, nil
}

// Write writes a whole small file.
func (d *Disk) Write(path string, content []byte) error {
	f, err := d.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Discard())
	}
	return f.Close()
}

// WriteFirst writes a small file by way of another on the same file system, and
// leaves one alone that somebody else wrote in the meantime.
func (d *Disk) WriteFirst(path, way string, content []byte) error {
	if _, shared := d.key(path); shared {
		if err := d.Write(path, content); !errors.Is(err, object.ErrTaken) {
			return err
		}
		return nil
	}
	err := d.Write(way, content)
	if err == nil {
		err = d.Step("link", path)
	}
	if err == nil {
		err = os.Link(way, path)
	}
	if err != nil && !Exists(path) {
		return err
	}
	return errors.Join(d.Remove(way), d.SyncDir(filepath.Dir(path)))
}

// File is a file being written. Close makes it durable and gives it its
// name; after a failed write Close removes it and fails.
type File struct {
	disk *Disk
	f    *os.File
	Path string
	err  error
	Done bool
	Sum  hash.Hash // of what was written; nil for staged files
	Size int64
	// staged files have their name from the start and are synced later.
	staged bool
}

// Write writes to the file.
func (n *File) Write(p []byte) (int, error) {
	if n.err != nil {
		return 0, n.err
	}
	if n.err = n.disk.Step("write", n.Path); n.err != nil {
		return 0, n.err
	}
	written, err := n.f.Write(p)
	if n.Sum != nil {
		n.Sum.Write(p[:written])
		n.Size += int64(written)
	}
	n.err = err
	return written, err
}

// ReadFrom copies from a reader.
func (n *File) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{n}, r)
}

// Close syncs the file, gives it its name and syncs the folder.
func (n *File) Close() error {
	if n.Done {
		return n.err
	}
	if n.staged {
		n.Done = true
		return errors.Join(n.err, n.f.Close())
	}
	if n.err == nil {
		n.err = n.Sync()
	}
	if n.err != nil {
		return errors.Join(n.err, n.Discard())
	}
	n.Done = true
	if n.err = n.f.Close(); n.err != nil {
		return n.err
	}
	if key, shared := n.disk.key(n.Path); shared {
		if n.err = n.disk.put(n.Path+".tmp", n.Path, key, object.Sum{Size: n.Size, SHA256: hex.EncodeToString(n.Sum.Sum(nil))}); n.err != nil {
			return errors.Join(n.err, os.Remove(n.Path+".tmp"))
		}
		return nil
	}
	if n.err = n.disk.Rename(n.Path+".tmp", n.Path); n.err != nil {
		return n.err
	}
	n.err = n.disk.SyncDir(filepath.Dir(n.Path))
	return n.err
}

// Sync makes the bytes written so far durable.
func (n *File) Sync() error {
	if err := n.disk.Step("sync", n.Path); err != nil {
		return err
	}
	return n.f.Sync()
}

// Discard gives the file up.
func (n *File) Discard() error {
	n.Done = true
	return errors.Join(n.f.Close(), n.disk.Remove(n.Path+".tmp"))
}

// HashFile gives the SHA-256 of a file's bytes, lower-case hex.
func HashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// CreateUnsynced begins a file that is named at once and made durable later.
// It is for staged files, which nothing refers to yet.
func (d *Disk) CreateUnsynced(path string) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := d.Step("create", path); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &File{disk: d, f: f, Path: path, staged: true}, nil
}

// SyncFile makes a staged file's bytes durable.
func (d *Disk) SyncFile(path string) error {
	if err := d.Step("sync", path); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Exists says whether something lies at a path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Size gives a file's size in bytes.
func Size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
