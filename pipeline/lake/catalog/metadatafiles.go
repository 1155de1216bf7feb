package catalog

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"carat/pipeline/lake/links"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// SweepMetadata removes metadata files of a table that its current metadata
// doesn't lead to: what a commit had written when it was cut short, or had not
// yet removed.
func (cat *Catalog) SweepMetadata(ctx context.Context, name string) error {
	dir := filepath.Join(cat.TableDir(name), "metadata")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	if t, ok := cat.Table(name); ok {
		if keep, err = cat.MetadataFiles(t); err != nil {
			return err
		}
	}
	waiting, err := cat.Listed().Waiting(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); !keep[e.Name()] && !waiting[cat.Disk.Relative(path)] {
			if err := cat.DropUnneeded(ctx, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// SweepLinks removes files of the table of links that none of its snapshots reads: a
// commit writes them in place, and was cut short.
func (cat *Catalog) SweepLinks(ctx context.Context) error {
	dir := filepath.Join(cat.TableDir(links.Table), "data")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	known := map[string]bool{}
	if t, ok := cat.Table(links.Table); ok {
		if err := cat.ReferredData(t, known); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); !known[path] {
			if err := cat.DropUnneeded(ctx, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// DropUnneeded removes a file that no snapshot needs, first from the inventory.
func (cat *Catalog) DropUnneeded(ctx context.Context, path string) error {
	if err := cat.Listed().Remove(ctx, path); err != nil {
		return err
	}
	return cat.Disk.Remove(path)
}

// MetadataFiles gives the base names of all metadata files of a table in use.
func (cat *Catalog) MetadataFiles(t *Table) (map[string]bool, error) {
	keep := map[string]bool{path.Base(t.Location): true}
	meta := t.Iceberg.Metadata()
	for e := range meta.PreviousFiles() {
		keep[path.Base(e.MetadataFile)] = true
	}
	for _, snap := range meta.Snapshots() {
		keep[path.Base(snap.ManifestList)] = true
		if err := cat.keepManifests(&snap, keep); err != nil {
			return nil, err
		}
	}
	return keep, nil
}

func (cat *Catalog) keepManifests(snap *table.Snapshot, keep map[string]bool) error {
	manifests, err := cat.Manifests(snap)
	if err != nil {
		return err
	}
	for _, m := range manifests {
		keep[path.Base(m.FilePath())] = true
	}
	return nil
}

// ReferredData adds the data files of all snapshots of a table. Snapshots share
// manifests; each is read once.
func (cat *Catalog) ReferredData(t *Table, known map[string]bool) error {
	read := map[string]bool{}
	for _, snap := range t.Iceberg.Metadata().Snapshots() {
		manifests, err := cat.Manifests(&snap)
		if err != nil {
			return err
		}
		for _, m := range manifests {
			if read[m.FilePath()] {
				continue
			}
			read[m.FilePath()] = true
			err := cat.eachEntry(m, func(e iceberg.ManifestEntry) error {
				path, err := cat.files.here(e.DataFile().FilePath())
				known[path] = true
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
