package catalog

import (
	"context"
	"database/sql"
	"path"
	"path/filepath"
	"slices"
	"time"

	"carat/pipeline/lake/chain"

	"github.com/apache/iceberg-go/table"
)

// snapshotsAtMost is from how many on the oldest are taken away, all beyond
// chain.KeptSnapshots at a time.
const snapshotsAtMost = 150

// GCAfter is how long the metadata of expired snapshots stays for who reads it.
const GCAfter = 7 * 24 * time.Hour

// expire takes the oldest snapshots out of a table's next state, and names the files that
// they alone need. Data files stay: the links, and the rows of runs, name them.
func (cat *Catalog) expire(c *Change) error {
	snaps := c.Meta.Snapshots()
	if len(snaps) <= snapshotsAtMost {
		return nil
	}
	held := map[int64]bool{}
	for _, ref := range c.Meta.Refs() {
		held[ref.SnapshotID] = true
	}
	var ids []int64
	keep, gone := map[string]bool{}, map[string]bool{}
	for i, snap := range snaps {
		needs := keep
		if i < len(snaps)-chain.KeptSnapshots && !held[snap.SnapshotID] {
			ids, needs = append(ids, snap.SnapshotID), gone
		}
		needs[path.Base(snap.ManifestList)] = true
		if err := cat.keepManifests(&snap, needs); err != nil {
			return err
		}
	}
	for name := range gone {
		if !keep[name] {
			c.expired = append(c.expired, cat.Disk.Relative(filepath.Join(cat.TableDir(c.Name), "metadata", name)))
		}
	}
	slices.Sort(c.expired)
	var err error
	c.Meta, err = chain.Removed(c.Meta, table.NewRemoveSnapshotsUpdate(ids, false))
	return err
}

// listExpired notes from when on the files of expired snapshots may go.
func (cat *Catalog) listExpired(ctx context.Context, tx *sql.Tx, changes []Change) error {
	for _, c := range changes {
		if err := cat.Listed().Expire(ctx, tx, c.expired, cat.now()+GCAfter.Milliseconds()); err != nil {
			return err
		}
	}
	return nil
}
