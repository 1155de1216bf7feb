package place

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"carat/pipeline"
	"carat/pipeline/lake/store"
	"carat/pipeline/lake/store/bucket"
	"carat/pipeline/lake/store/object"
	"golang.org/x/sync/errgroup"
)

// CacheBytes is the bound of the cache where none is given: 20 GiB.
const CacheBytes = 20 << 30

// Open opens the bucket of a lake for a disk, whose Root is its cache. catalog is the DSN of
// the lake's catalog, which two machines must share. Nothing is written.
func Open(ctx context.Context, address, catalog string, o bucket.Options) (*store.Remote, error) {
	p, err := bucket.Parse(address)
	if err != nil {
		return nil, err
	}
	if catalog == "" {
		return nil, pipeline.Errorf(pipeline.KindUsage, "open lake", p.Location(), "it lies in a bucket, and its catalog in no database that other machines reach").
			WithHint("name a database of PostgreSQL in carat.yaml: catalog: postgres://USER@HOST/DATABASE")
	}
	b, err := bucket.Open(ctx, p, o)
	if err != nil {
		return nil, err
	}
	return &store.Remote{Objects: b, Location: p.Location()}, nil
}

// Try is a usage error where a bucket that holds no lake yet overwrites what it was told not
// to. It puts an object there for it, and deletes it.
func Try(ctx context.Context, r *store.Remote) error {
	_, err := r.Objects.Stat(ctx, store.IdentityFile)
	b, is := r.Objects.(*bucket.Bucket)
	if !errors.Is(err, fs.ErrNotExist) || !is {
		return err
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	return b.Conditional(ctx, "probe-"+hex.EncodeToString(random[:]))
}

// downloadsAtOnce is how many objects are read side by side.
const downloadsAtOnce = 8

// Begun says whether a lake was begun where a disk, or a bucket, has it.
func Begun(ctx context.Context, d *store.Disk, address, catalog string, o bucket.Options) (begun bool, err error) {
	if address != "" {
		if d.Remote, err = Open(ctx, address, catalog, o); err != nil {
			return false, err
		}
	}
	begun, err = d.Exists(filepath.Join(d.Root, store.IdentityFile))
	return begun || err == nil && d.HoldsTables(), err
}

// Download makes a new folder below a cache, with all objects as they lie in the bucket, held
// against nothing: who verifies them does that, and removes it.
func Download(ctx context.Context, from object.Store, cache string) (root string, err error) {
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", err
	}
	if root, err = os.MkdirTemp(cache, "verify-"); err != nil {
		return "", err
	}
	return root, download(ctx, from, root)
}

func download(ctx context.Context, from object.Store, root string) error {
	var keys []string
	if err := from.List(ctx, "", func(i object.Info) error { keys = append(keys, i.Key); return nil }); err != nil {
		return err
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(downloadsAtOnce)
	for _, key := range keys {
		all.Go(func() (err error) {
			path := filepath.Join(root, filepath.FromSlash(key))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			_, err = from.Get(ctx, key, f)
			if errors.Is(err, fs.ErrNotExist) { // it was deleted since it was listed
				return errors.Join(f.Close(), os.Remove(path))
			}
			return errors.Join(err, f.Close())
		})
	}
	return all.Wait()
}

// Trim removes from a cache what came into it longest ago, until what is left keeps to a bound.
// Nobody may be using the cache.
func Trim(d *store.Disk, bytesMax int64) error {
	type entry struct {
		path string
		fs.FileInfo
	}
	var all []entry
	var bytes int64
	for _, folder := range []string{"carat.db", "raw"} {
		err := filepath.WalkDir(filepath.Join(d.Root, folder), func(path string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			if err == nil {
				all, bytes = append(all, entry{path, info}), bytes+info.Size()
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return a.ModTime().Compare(b.ModTime()) })
	for _, e := range all {
		if bytes <= bytesMax {
			return nil
		}
		if err := os.Remove(e.path); err != nil {
			return err
		}
		bytes -= e.Size()
	}
	return nil
}
