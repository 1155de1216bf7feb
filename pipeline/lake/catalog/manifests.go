package catalog

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sort"

	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Manifests lists the manifests of a snapshot. One that was damaged is an
// error: iceberg-go's reader panics on some.
func (cat *Catalog) Manifests(snap *table.Snapshot) (list []iceberg.ManifestFile, err error) {
	defer recoverManifest(snap.ManifestList, &err)
	return snap.Manifests(cat.files)
}

// eachEntry hands over the entries of a manifest that stand, and stops at the
// first error.
func (cat *Catalog) eachEntry(m iceberg.ManifestFile, take func(iceberg.ManifestEntry) error) (err error) {
	defer recoverManifest(m.FilePath(), &err)
	for e, err := range m.Entries(cat.files, true) {
		if err != nil {
			return err
		}
		if err := take(e); err != nil {
			return err
		}
	}
	return nil
}

// eachEntryOf hands over the entries of all manifests of a snapshot.
func (cat *Catalog) eachEntryOf(snap *table.Snapshot, take func(iceberg.ManifestEntry) error) error {
	manifests, err := cat.Manifests(snap)
	if err != nil {
		return err
	}
	for _, m := range manifests {
		if err := cat.eachEntry(m, take); err != nil {
			return err
		}
	}
	return nil
}

// recoverManifest turns a panic over a damaged manifest into an error.
func recoverManifest(path string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("damaged manifest %s: %v", path, r)
	}
}

// AddedFiles lists the data files that a snapshot added.
func (cat *Catalog) AddedFiles(snap *table.Snapshot) ([]string, error) {
	manifests, err := cat.Manifests(snap)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, m := range manifests {
		if m.SnapshotID() != snap.SnapshotID {
			continue // written by an earlier one, which can't name what came later
		}
		err := cat.eachEntry(m, func(e iceberg.ManifestEntry) error {
			if e.SnapshotID() != snap.SnapshotID {
				return nil
			}
			path, err := cat.files.here(e.DataFile().FilePath())
			paths = append(paths, path)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	sort.Strings(paths)
	return paths, nil
}

// FilesOf is SnapshotFiles for a table that is asked for again and again: the
// snapshot that was listed last is not listed anew.
func (cat *Catalog) FilesOf(t *Table, snap *table.Snapshot) ([]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listed != snap.SnapshotID {
		files, err := cat.SnapshotFiles(snap)
		if err != nil {
			return nil, err
		}
		t.listed, t.files = snap.SnapshotID, files
	}
	return slices.Clone(t.files), nil
}

// SnapshotFiles lists the data files of a snapshot where they lie now.
func (cat *Catalog) SnapshotFiles(snap *table.Snapshot) ([]string, error) {
	var paths []string
	err := cat.eachEntryOf(snap, func(e iceberg.ManifestEntry) error {
		path, err := cat.files.here(e.DataFile().FilePath())
		paths = append(paths, path)
		return err
	})
	sort.Strings(paths)
	return paths, err
}

// DataFiles lists the files of a snapshot as Iceberg tells them.
func (cat *Catalog) DataFiles(snap *table.Snapshot) ([]iceberg.DataFile, error) {
	var files []iceberg.DataFile
	err := cat.eachEntryOf(snap, func(e iceberg.ManifestEntry) error {
		files = append(files, e.DataFile())
		return nil
	})
	return files, err
}

// Numbered says whether all rows of a file of a raw table have a batch_no.
func Numbered(f iceberg.DataFile) bool {
	return f.ValueCounts()[pages.BatchNoID] == f.Count() && f.NullValueCounts()[pages.BatchNoID] == 0
}

// Exchanged gives the files that a snapshot added to those of its parent, and
// those that it took away.
func (cat *Catalog) Exchanged(name string, snap *table.Snapshot) (added, gone []string, err error) {
	t, ok := cat.Table(name)
	if !ok || snap.ParentSnapshotID == nil {
		return nil, nil, errors.New("it has no snapshot before it")
	}
	parent := t.Iceberg.SnapshotByID(*snap.ParentSnapshotID)
	if parent == nil {
		return nil, nil, errors.New("the snapshot before it is gone")
	}
	before, err := cat.SnapshotFiles(parent)
	if err != nil {
		return nil, nil, err
	}
	after, err := cat.SnapshotFiles(snap)
	if err != nil {
		return nil, nil, err
	}
	return Without(after, before), Without(before, after), nil
}

// PathsOf gives where the files of a link's list lie, in order.
func (cat *Catalog) PathsOf(list string) ([]string, error) {
	files, err := chain.ParseFiles(list)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, f := range files {
		if !filepath.IsLocal(f.Name) {
			return nil, fmt.Errorf("it names a file %q", f.Name)
		}
		paths = append(paths, filepath.Join(cat.Disk.Root, f.Name))
	}
	sort.Strings(paths)
	return paths, nil
}

// Without gives the elements of one sorted list that another lacks.
func Without(list, other []string) []string {
	var rest []string
	for _, s := range list {
		if _, there := slices.BinarySearch(other, s); !there {
			rest = append(rest, s)
		}
	}
	return rest
}
