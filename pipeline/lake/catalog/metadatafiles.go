package catalog

import (
	"path"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

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
