package lake

import (
	"cmp"
	"context"

	"carat/pipeline/lake/place"
	"carat/pipeline/lake/store"
	"carat/pipeline/lake/store/object"
)

// InBucket says whether the lake's files lie in a bucket, and its folder is a cache.
func (l *Lake) InBucket() bool { return l.disk.Remote != nil }

// openBucket opens the bucket, and makes the folder a cache of it.
func (l *Lake) openBucket(ctx context.Context, root *string) (err error) {
	if l.disk.Remote, err = place.Open(ctx, l.cfg.Bucket, l.cfg.CatalogDSN, l.cfg.BucketOptions); err == nil {
		err = place.Try(ctx, l.disk.Remote)
	}
	if err == nil && l.cfg.Fresh {
		l.copied, err = place.Download(ctx, l.disk.Remote.Objects, *root)
		*root = l.copied
	}
	if err == nil {
		l.cfg.Root, l.disk.Root = *root, *root
		err = place.People(*root, l.cfg.People)
	}
	return err
}

// reachObjects tells what the catalog says of objects to who fetches them.
func (l *Lake) reachObjects() {
	if l.disk.Remote == nil {
		return
	}
	l.disk.Remote.Epoch = l.catalog.Epoch
	if l.cfg.Fresh {
		return
	}
	l.disk.Remote.Listed = func(name string) (object.Sum, bool, error) {
		f, found, err := l.catalog.Listed().Listed(name)
		return object.Sum{Size: f.Bytes, SHA256: f.SHA256}, found, err
	}
	l.opening.Last = func() error { return place.Trim(l.disk, cmp.Or(l.cfg.CacheBytes, place.CacheBytes)) }
}

// CopyTo puts files of this lake where a copy is to lie (see place.Copy).
func (l *Lake) CopyTo(ctx context.Context, to Config, names []string, people string, done func(int), before func() error) error {
	t := place.Target{Root: to.Root, Bucket: to.Bucket, People: to.People, Catalog: to.CatalogDSN, Options: to.BucketOptions}
	return l.fail("copy lake", l.cfg.Root, place.Copy(ctx, l.disk, t, names, people, done, before))
}

// Begun says whether a lake was begun in a place.
func Begun(ctx context.Context, cfg Config) (bool, error) {
	return place.Begun(ctx, &store.Disk{Root: cfg.Root}, cfg.Bucket, cfg.CatalogDSN, cfg.BucketOptions)
}

// TurnsFolder holds empty files that those lock who run SQL of their own. No copy of the
// lake has it.
const TurnsFolder = store.TurnsFolder

// Files lists what a copy of the lake consists of besides its databases, by
// path below the lake's folder: names only, in order. Something that is no
// plain file is a verification error: no job of carat's makes one. The lake
// must be locked.
func (l *Lake) Files() ([]string, error) {
	names, err := l.disk.Names()
	return names, l.fail("read lake", l.cfg.Root, err)
}
