package lake

import (
	"fmt"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// manifests lists the manifests of a snapshot. One that was damaged is an
// error: iceberg-go's reader panics on some.
func (l *Lake) manifests(snap *table.Snapshot) (list []iceberg.ManifestFile, err error) {
	defer recoverManifest(snap.ManifestList, &err)
	return snap.Manifests(l.files)
}

// eachEntry hands over the entries of a manifest that stand, and stops at the
// first error.
func (l *Lake) eachEntry(m iceberg.ManifestFile, take func(iceberg.ManifestEntry) error) (err error) {
	defer recoverManifest(m.FilePath(), &err)
	for e, err := range m.Entries(l.files, true) {
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
func (l *Lake) eachEntryOf(snap *table.Snapshot, take func(iceberg.ManifestEntry) error) error {
	manifests, err := l.manifests(snap)
	if err != nil {
		return err
	}
	for _, m := range manifests {
		if err := l.eachEntry(m, take); err != nil {
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
