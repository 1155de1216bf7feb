package place

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"carat/pipeline"
	"carat/pipeline/lake/store"
	"carat/pipeline/lake/store/bucket"
	"carat/pipeline/lake/store/folder"
	"carat/pipeline/lake/store/object"
	"golang.org/x/sync/errgroup"
)

// Target is where a copy of a lake is made.
type Target struct {
	Root, Bucket, People, Catalog string // as the lake's configuration has them
	Options                       bucket.Options
}

// personsFolder is the folder of what says who somebody is, below a lake's.
const personsFolder = "people/"

// Copy puts the named files of a lake where a copy of it is to lie; then people, the file that
// the store of people was saved to ("": there is none), then does what before asks for, and
// puts lake.json last: without it there is no copy. A place with a lake is a usage error.
func Copy(ctx context.Context, from *store.Disk, t Target, names []string, people string, done func(int), before func() error) error {
	objects, persons, err := t.open(ctx)
	if err != nil {
		return err
	}
	if _, err := objects.Stat(ctx, store.IdentityFile); err == nil {
		return pipeline.Errorf(pipeline.KindUsage, "copy lake to", objects.Origin(), "there is a lake already").WithHint("name another folder or prefix with `lake` in the carat.yaml of the copy")
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	put := func(ctx context.Context, key, path string) error {
		to := objects
		if name, is := strings.CutPrefix(key, personsFolder); is && t.Bucket != "" {
			if persons == nil {
				return pipeline.Errorf(pipeline.KindUsage, "copy lake to", objects.Origin(), "it has files that say who somebody is, and a bucket keeps no persons").
					WithHint("name a folder for them in the carat.yaml of the copy: people: /srv/carat/people")
			}
			to, key = persons, name
		} else if t.Bucket != "" && !store.IsShared(key) {
			return nil // of a machine alone
		}
		return putFile(ctx, to, key, path)
	}
	all, within := errgroup.WithContext(ctx)
	all.SetLimit(downloadsAtOnce)
	for i, name := range names {
		if name == store.IdentityFile {
			continue
		}
		done(i)
		all.Go(func() error {
			path, err := from.Bring(name)
			if err != nil {
				return err
			}
			return put(within, name, path)
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	if people != "" {
		if err := put(ctx, store.PeopleFile, people); err != nil {
			return err
		}
	}
	if err := before(); err != nil {
		return err
	}
	id, err := from.ReadFile(filepath.Join(from.Root, store.IdentityFile))
	if err != nil {
		return err
	}
	return objects.Put(ctx, store.IdentityFile, object.Bytes(id))
}

// open opens the places of files, and of persons beside a bucket; nil: there is none.
func (t Target) open(ctx context.Context) (objects, persons object.Store, err error) {
	if t.Bucket == "" {
		return folder.New(&store.Disk{Root: t.Root}), nil, os.MkdirAll(t.Root, 0o700)
	}
	r, err := Open(ctx, t.Bucket, t.Catalog, t.Options)
	if err == nil {
		err = Try(ctx, r)
	}
	if err == nil && t.People != "" {
		persons, err = folder.New(&store.Disk{Root: t.People}), os.MkdirAll(t.People, 0o700)
	}
	if err != nil {
		return nil, nil, err
	}
	return r.Objects, persons, nil
}

func putFile(ctx context.Context, to object.Store, key, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	sum, err := object.Hash(f)
	if err == nil {
		err = to.Put(ctx, key, object.Content{ReaderAt: f, Sum: sum})
	}
	return errors.Join(err, f.Close())
}
