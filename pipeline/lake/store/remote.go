package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"carat/pipeline"
	"carat/pipeline/lake/store/object"
	"golang.org/x/sync/errgroup"
)

// Remote is where the files of a lake lie that lies in a bucket. Its Disk's Root is then a
// folder of this machine: a cache of the files that never change, in their places, and
// what concerns this machine alone (locks, and what is being written).
type Remote struct {
	Objects  object.Store
	Location string // s3://BUCKET/PREFIX, as Iceberg's metadata has it

	// Listed gives what the catalog says of a file, by its path below the lake; false: it
	// lists none. What comes from the bucket is held against it. nil: nothing is.
	Listed func(name string) (object.Sum, bool, error)
	// Epoch is the writer's; it stands in the names of files, so that no late put of who
	// lost the lock meets them.
	Epoch func() int64
}

// fetchesAtOnce is how many objects are fetched side by side.
const fetchesAtOnce = 8

// Folders of a lake that lie in a bucket, if it does. All of their files are written once;
// those that carat names in carat_files are kept in the cache.
var sharedFolders = []string{"carat.db", "raw", CertificatesFolder, "timestamps"}

// cachedFolders are those of them whose files the catalog lists.
var cachedFolders = []string{"carat.db", "raw"}

// Place is where the lake lies, as Iceberg's metadata has it: its folder, or the bucket.
func (d *Disk) Place() string {
	if d.Remote != nil {
		return d.Remote.Location
	}
	return d.Root
}

// key gives the key of a file, and whether it lies in a bucket at all.
func (d *Disk) key(path string) (string, bool) {
	if d.Remote == nil {
		return "", false
	}
	name := d.Relative(path)
	first, rest, below := strings.Cut(name, "/")
	switch {
	case IsShared(name):
		return name, true
	case first == "staging" && below: // what the next writer needs, on whichever machine
		folder, file, in := strings.Cut(rest, "/")
		return name, in && (file == "move.json" || strings.HasPrefix(folder, "lock-"))
	}
	return "", false
}

// IsShared says whether a file, by its name below a lake, lies in the bucket of one that has
// one.
func IsShared(name string) bool {
	first, _, below := strings.Cut(name, "/")
	return name == IdentityFile || below && isOneOf(first, sharedFolders)
}

func isOneOf(name string, list []string) bool {
	for _, one := range list {
		if one == name {
			return true
		}
	}
	return false
}

// isCached says whether a copy of an object stays on this machine.
func isCached(key string) bool {
	first, _, _ := strings.Cut(key, "/")
	return isOneOf(first, cachedFolders)
}

// put gives a file that was written whole its place in the bucket, and on this machine.
func (d *Disk) put(from, to, key string, sum object.Sum) error {
	if err := d.Step("put", to); err != nil {
		return err
	}
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		in, err = d.Open(from) // it was staged in the bucket
	}
	if err != nil {
		return err
	}
	if sum.SHA256 == "" {
		if sum, err = object.Hash(in); err != nil {
			return errors.Join(err, in.Close())
		}
	}
	err = d.Remote.Objects.Put(context.Background(), key, object.Content{ReaderAt: in, Sum: sum})
	if err = errors.Join(err, in.Close()); err != nil {
		return err
	}
	if !isCached(key) {
		if err := os.Remove(from); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := d.Step("rename", to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// Open opens a file of the lake for reading, wherever it lies.
func (d *Disk) Open(path string) (*os.File, error) {
	key, shared := d.key(path)
	if !shared {
		return os.Open(path)
	}
	if isCached(key) {
		if err := d.fetch(path, key); err != nil {
			return nil, err
		}
		return os.Open(path)
	}
	if err := os.MkdirAll(d.Root, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(d.Root, "read-*.tmp")
	if err != nil {
		return nil, err
	}
	_, err = d.Remote.Objects.Get(context.Background(), key, f)
	if err == nil {
		_, err = f.Seek(0, 0)
	}
	if err = errors.Join(err, os.Remove(f.Name())); err != nil { // it lives as long as it is open
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ReadFile reads a file of the lake whole.
func (d *Disk) ReadFile(path string) ([]byte, error) {
	f, err := d.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	content := make([]byte, info.Size())
	n, err := f.ReadAt(content, 0)
	if n == len(content) {
		err = nil
	}
	return content, errors.Join(err, f.Close())
}

// fetch brings an object to its place in the cache, if it isn't there, and holds it
// against what the catalog says.
func (d *Disk) fetch(path, key string) error {
	if Exists(path) {
		return nil
	}
	var want object.Sum
	listed := false
	var err error
	if d.Remote.Listed != nil {
		if want, listed, err = d.Remote.Listed(key); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".fetch-*.tmp")
	if err != nil {
		return err
	}
	got, err := d.Remote.Objects.Get(context.Background(), key, f)
	if err == nil {
		err = f.Sync() // a power cut leaves no half of it in the cache
	}
	if err = errors.Join(err, f.Close()); err == nil && listed && got != want {
		err = pipeline.Errorf(pipeline.KindVerification, "read object", d.Remote.Location+"/"+key, "it was changed: it has %d bytes of SHA-256 %s, and the catalog says %d of %s", got.Size, got.SHA256, want.Size, want.SHA256).
			WithHint("`carat verify` names all that was changed; find out who writes to the bucket besides carat, and restore what was changed from a backup")
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// Local makes files of the lake ones that lie on this machine, for who reads them by their
// paths.
func (d *Disk) Local(ctx context.Context, paths []string) error {
	if d.Remote == nil {
		return nil
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(fetchesAtOnce)
	for _, path := range paths {
		key, shared := d.key(path)
		if !shared || Exists(path) {
			continue
		}
		all.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return d.fetch(path, key)
		})
	}
	return all.Wait()
}

// Bring gives where a file of the lake, by its name below it, lies on this machine, where it
// brings it to if need be.
func (d *Disk) Bring(name string) (string, error) {
	path := filepath.Join(d.Root, filepath.FromSlash(name))
	key, shared := d.key(path)
	if !shared {
		return path, nil
	}
	if !isCached(key) { // a copy from before may be of an object that was changed since
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return path, d.fetch(path, key)
}

// Exists says whether a file of the lake is there.
func (d *Disk) Exists(path string) (bool, error) {
	key, shared := d.key(path)
	if !shared {
		return Exists(path), nil
	}
	_, err := d.Remote.Objects.Stat(context.Background(), key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// HashFile gives the SHA-256 and the size of a file of the lake as it lies.
func (d *Disk) HashFile(path string) (object.Sum, error) {
	f, err := d.Open(path)
	if err != nil {
		return object.Sum{}, err
	}
	sum, err := object.Hash(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return object.Sum{}, fmt.Errorf("read %s: %w", path, err)
	}
	return sum, nil
}

// Walk hands over the paths of all files below a folder of the lake, in order; none if there
// is no such folder.
func (d *Disk) Walk(folder string, each func(path string) error) error {
	key, shared := d.key(filepath.Join(folder, "x"))
	if !shared {
		return filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || e.IsDir() {
				return err
			}
			return each(path)
		})
	}
	return d.Remote.Objects.List(context.Background(), strings.TrimSuffix(key, "x"), func(i object.Info) error {
		return each(filepath.Join(d.Root, filepath.FromSlash(i.Key)))
	})
}

// StagingNames gives what lies in the staging folder, also of what a writer on another
// machine left for the next one.
func (d *Disk) StagingNames() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(d.Root, "staging"))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var names []string
	add := func(name string) {
		if !seen[name] {
			seen[name], names = true, append(names, name)
		}
	}
	for _, e := range entries {
		add(e.Name())
	}
	if d.Remote == nil {
		return names, nil
	}
	err = d.Remote.Objects.List(context.Background(), "staging/", func(i object.Info) error {
		name, _, _ := strings.Cut(strings.TrimPrefix(i.Key, "staging/"), "/")
		add(name)
		return nil
	})
	return names, err
}

// removeObjects deletes what of a folder lies in the bucket.
func (d *Disk) removeObjects(folder string) error {
	if d.Remote == nil {
		return nil
	}
	var keys []string
	err := d.Remote.Objects.List(context.Background(), d.Relative(folder)+"/", func(i object.Info) error {
		keys = append(keys, i.Key)
		return nil
	})
	for _, key := range keys {
		err = errors.Join(err, d.Remote.Objects.Delete(context.Background(), key))
	}
	return err
}

// Unique makes the name of a file one that nothing else ever has, where a put that was given
// up may still happen later; on a disk it is as it was.
func (d *Disk) Unique(name string) (string, error) {
	if d.Remote == nil {
		return name, nil
	}
	var random [4]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	epoch := int64(0)
	if d.Remote.Epoch != nil {
		epoch = d.Remote.Epoch()
	}
	ending := filepath.Ext(name)
	return fmt.Sprintf("%s-e%d-%s%s", strings.TrimSuffix(name, ending), epoch, hex.EncodeToString(random[:]), ending), nil
}
