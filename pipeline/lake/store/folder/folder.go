package folder

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"carat/pipeline/lake/store"
	"carat/pipeline/lake/store/object"
)

// Folder is a store in a folder. Names that begin with a point are its own.
type Folder struct{ disk *store.Disk }

var _ object.Store = (*Folder)(nil)

// New gives the store in the folder of a disk.
func New(d *store.Disk) *Folder { return &Folder{d} }

// Origin is the folder's path.
func (f *Folder) Origin() string { return f.disk.Root }

func (f *Folder) path(key string) (string, error) {
	if err := object.CheckKey(key); err != nil {
		return "", err
	}
	if isOwn(key) {
		return "", fmt.Errorf("%q is no key of an object: a name of it begins with a point", key)
	}
	return filepath.Join(f.disk.Root, filepath.FromSlash(key)), nil
}

// isOwn says whether a key is of a file that isn't an object yet.
func isOwn(key string) bool { return strings.HasPrefix(key, ".") || strings.Contains(key, "/.") }

// Put writes a file of its own beside the key's, and links it to that name, which is
// refused when there is such a file.
func (f *Folder) Put(ctx context.Context, key string, c object.Content) error {
	to, err := f.path(key)
	if err != nil {
		return err
	}
	if store.Exists(to) {
		return f.same(to, c.Sum)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	way := filepath.Join(filepath.Dir(to), ".put-"+hex.EncodeToString(random[:]))
	if err := f.write(ctx, way, c); err != nil {
		return err
	}
	err = f.disk.Step("link", to)
	if err == nil {
		err = os.Link(way, to)
	}
	if errors.Is(err, fs.ErrExist) {
		err = f.same(to, c.Sum)
	}
	return errors.Join(err, f.disk.Remove(way), f.disk.SyncDir(filepath.Dir(to)))
}

func (f *Folder) write(ctx context.Context, path string, c object.Content) error {
	file, err := f.disk.Create(path)
	if err != nil {
		return err
	}
	if _, err := file.ReadFrom(reader{ctx, io.NewSectionReader(c, 0, c.Size)}); err != nil {
		return errors.Join(err, file.Discard())
	}
	if got := hex.EncodeToString(file.Sum.Sum(nil)); file.Size != c.Size || got != c.SHA256 {
		return errors.Join(fmt.Errorf("put %s: it is %d bytes of SHA-256 %s, and was to be %d of %s", filepath.Base(path), file.Size, got, c.Size, c.SHA256), file.Discard())
	}
	return file.Close()
}

// same is nil when a file has those bytes.
func (f *Folder) same(path string, want object.Sum) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	got, err := object.Hash(in)
	if err = errors.Join(err, in.Close()); err == nil && got != want {
		err = fmt.Errorf("put %s: %w", path, object.ErrTaken)
	}
	return err
}

// reader stops when its context ends.
type reader struct {
	ctx context.Context
	io.Reader
}

// Read reads.
func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// Get copies a file.
func (f *Folder) Get(ctx context.Context, key string, to io.Writer) (object.Sum, error) {
	path, err := f.path(key)
	if err != nil {
		return object.Sum{}, err
	}
	in, err := os.Open(path)
	if err != nil {
		return object.Sum{}, err
	}
	defer in.Close()
	sum, err := object.Hash(io.TeeReader(reader{ctx, in}, to))
	if err != nil {
		return object.Sum{}, fmt.Errorf("read %s: %w", path, err)
	}
	return sum, nil
}

// Open opens a file.
func (f *Folder) Open(_ context.Context, key string) (object.Object, error) {
	path, err := f.path(key)
	if err != nil {
		return nil, err
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := in.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return file{in, info.Size()}, nil
}

type file struct {
	*os.File
	size int64
}

// Size is the file's size when it was opened.
func (f file) Size() int64 { return f.size }

// Stat gives a file's size.
func (f *Folder) Stat(_ context.Context, key string) (object.Info, error) {
	path, err := f.path(key)
	if err != nil {
		return object.Info{}, err
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "stat", Path: path, Err: fs.ErrNotExist}
	}
	if err != nil {
		return object.Info{}, err
	}
	return object.Info{Key: key, Size: info.Size()}, nil
}

// List walks the folders that can hold such keys. Within one, a folder's files come where
// its name with a slash stands among the names.
func (f *Folder) List(ctx context.Context, prefix string, each func(object.Info) error) error {
	dir := "" // the last folder that all such keys lie in
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		dir = prefix[:i]
	}
	if dir != "" && object.CheckKey(dir) != nil {
		return nil // no key begins so
	}
	return f.list(ctx, dir, prefix, each)
}

func (f *Folder) list(ctx context.Context, dir, prefix string, each func(object.Info) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(f.disk.Root, filepath.FromSlash(dir)))
	if dir != "" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range inOrder(entries) {
		key := e.Name()
		if dir != "" {
			key = dir + "/" + key
		}
		switch begins := strings.HasPrefix(key, prefix); {
		case isOwn(key):
		case e.IsDir() && (begins || strings.HasPrefix(prefix, key+"/")):
			err = f.list(ctx, key, prefix, each)
		case e.Type().IsRegular() && begins:
			var info fs.FileInfo
			if info, err = e.Info(); err == nil {
				err = each(object.Info{Key: key, Size: info.Size()})
			} else if errors.Is(err, fs.ErrNotExist) {
				err = nil // it was deleted meanwhile
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Delete removes a file. Its folder stays.
func (f *Folder) Delete(_ context.Context, key string) error {
	path, err := f.path(key)
	if err != nil {
		return err
	}
	if err := f.disk.Remove(path); err != nil {
		return err
	}
	if dir := filepath.Dir(path); store.Exists(dir) {
		return f.disk.SyncDir(dir)
	}
	return nil
}

// inOrder sorts the entries of a folder as the keys below it are: a folder by its name with
// a slash.
func inOrder(entries []fs.DirEntry) []fs.DirEntry {
	name := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(name(a), name(b)) })
	return entries
}
