package catalog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/pipeline/lake/inventory"
	"carat/pipeline/lake/store"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
)

// Change is a table's next state: made new when base is nil.
type Change struct {
	Name    string
	Base    *Table
	Meta    table.Metadata
	Props   iceberg.Properties // of its new snapshot, all of them: the summary has those of chain.Brief
	expired []string           // files that only snapshots need which it takes away
	created string             // recorded location of the new metadata
	sum     string             // its SHA-256
}

// Apply makes changes to several tables at once: each table's metadata is
// written, then one transaction of the catalog's database points to all of
// them and does inTx. Either everything is there or nothing is.
func (cat *Catalog) Apply(ctx context.Context, changes []Change, inTx func(*sql.Tx) error) error {
	err := cat.tryApply(ctx, changes, inTx)
	if err != nil && !cat.landed(changes) {
		return err // the caller removes what was made, if it knows that nothing landed
	}
	made := cat.files.takeCreated()
	// From here on it is done; what is left to do may fail without harm.
	cat.keepMade(changes)
	cat.dropOldMetadata(changes)
	if needed, err := cat.neededOf(changes); err == nil {
		for _, f := range made {
			if isManifest(f.Path) && !needed[filepath.Base(f.Path)] {
				_ = cat.Disk.Remove(f.Path) // else a sweep does
			}
		}
	}
	return nil
}

// keepMade keeps what was committed for the next refresh, which sees it together with
// its link and needn't read it.
func (cat *Catalog) keepMade(changes []Change) {
	cat.mu.Lock()
	defer cat.mu.Unlock()
	for _, c := range changes {
		if !cat.isResult(c.Name) {
			cat.made[c.Name] = &Table{Location: c.created, Iceberg: cat.TableOf(c.Name, c.Meta, c.created)}
		}
	}
}

// isManifest says whether a file may be a manifest or a list of them.
func isManifest(path string) bool { return filepath.Ext(path) == ".avro" }

// neededOf gives the base names of the manifests, and lists of them, that the new
// snapshots of changes need. From ManifestsAtMost batches on iceberg-go merges
// manifests, and writes one first that it then merges with others.
func (cat *Catalog) neededOf(changes []Change) (map[string]bool, error) {
	needed := map[string]bool{}
	for _, c := range changes {
		for _, snap := range c.Meta.Snapshots() {
			if c.Base != nil && c.Base.Iceberg.SnapshotByID(snap.SnapshotID) != nil {
				continue
			}
			needed[path.Base(snap.ManifestList)] = true
			if err := cat.keepManifests(&snap, needed); err != nil {
				return nil, err
			}
		}
	}
	return needed, nil
}

// landed says whether changes whose commit failed are there all the same (a
// connection can break after the server has committed). It doesn't use the
// caller's context, which may be the cause.
func (cat *Catalog) landed(changes []Change) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	now, err := cat.locations(ctx)
	if err != nil {
		return false
	}
	for _, c := range changes {
		if c.created == "" || now[c.Name] != c.created {
			return false
		}
	}
	return len(changes) > 0
}

func (cat *Catalog) tryApply(ctx context.Context, changes []Change, inTx func(*sql.Tx) error) (err error) {
	for i := range changes {
		if err := cat.writeMetadata(&changes[i]); err != nil {
			return err
		}
	}
	// A writer on another machine may have swept what this one is about to name.
	if err := cat.held.Load().Holds(ctx); err != nil {
		return err
	}
	tx, err := cat.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback()
		}
	}()
	if err := cat.held.Load().Fence(ctx, tx); err != nil {
		return err
	}
	for _, c := range changes {
		if err := cat.point(ctx, tx, c); err != nil {
			return err
		}
		if err := cat.enter(ctx, tx, c); err != nil {
			return err
		}
	}
	needed, err := cat.neededOf(changes)
	if err != nil {
		return err
	}
	made := slices.DeleteFunc(cat.files.made(), func(f inventory.File) bool { return isManifest(f.Path) && !needed[path.Base(f.Path)] })
	if err := cat.Listed().Write(ctx, tx, made, cat.outdated(changes)); err != nil {
		return err
	}
	if err := cat.listExpired(ctx, tx, changes); err != nil {
		return err
	}
	if inTx != nil {
		if err := inTx(tx); err != nil {
			return err
		}
	}
	if err := cat.Disk.Step("commit", "catalog"); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return cat.Disk.Step("committed", "catalog")
}

func (cat *Catalog) writeMetadata(c *Change) error {
	version := 0
	if c.Base != nil {
		version = metadataVersion(c.Base.Location) + 1
	}
	c.created = fmt.Sprintf("%s/metadata/%05d-%s.metadata.json", c.Meta.Location(), version, uuid.New())
	content, err := json.Marshal(c.Meta)
	if err != nil {
		return fmt.Errorf("write metadata of %s: %w", c.Name, err)
	}
	if err := cat.files.WriteFile(c.created, content); err != nil {
		return fmt.Errorf("write metadata of %s: %w", c.Name, err)
	}
	sum := sha256.Sum256(content)
	c.sum = hex.EncodeToString(sum[:])
	return nil
}

func metadataVersion(location string) int {
	n, err := strconv.Atoi(strings.SplitN(path.Base(location), "-", 2)[0])
	if err != nil {
		return 0
	}
	return n
}

// point makes the catalog's row of a table name the new metadata, if it still
// names the one that the change began from.
func (cat *Catalog) point(ctx context.Context, tx *sql.Tx, c Change) error {
	if c.Base == nil {
		_, err := tx.ExecContext(ctx, cat.bind(
			"insert into iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, iceberg_type) values (?, ?, ?, ?, 'TABLE')"),
			Namespace, Namespace, c.Name, c.created)
		if err != nil {
			return fmt.Errorf("create table %s: %w", c.Name, err)
		}
		return nil
	}
	res, err := tx.ExecContext(ctx, cat.bind(
		"update iceberg_tables set metadata_location = ?, previous_metadata_location = ? where catalog_name = ? and table_namespace = ? and table_name = ? and metadata_location = ?"),
		c.created, c.Base.Location, Namespace, Namespace, c.Name, c.Base.Location)
	if err != nil {
		return fmt.Errorf("update table %s: %w", c.Name, err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, fmt.Errorf("update table %s: %w", c.Name, ErrMoved))
	}
	return nil
}

// errMoved: another writer committed to the table in between.
var ErrMoved = errors.New("the table was changed by another writer at the same time")

// dropOldMetadata removes metadata files that fell out of the tables' logs.
func (cat *Catalog) dropOldMetadata(changes []Change) {
	for _, rel := range cat.outdated(changes) {
		_ = cat.Disk.Remove(filepath.Join(cat.Disk.Root, rel)) // else the next lock does
	}
}

// outdated gives the metadata files that fall out of the tables' logs, below
// the lake folder.
func (cat *Catalog) outdated(changes []Change) []string {
	var gone []string
	for _, c := range changes {
		if c.Base == nil {
			continue
		}
		keep := map[string]bool{}
		for e := range c.Meta.PreviousFiles() {
			keep[e.MetadataFile] = true
		}
		for e := range c.Base.Iceberg.Metadata().PreviousFiles() {
			if keep[e.MetadataFile] {
				continue
			}
			if path, err := cat.files.here(e.MetadataFile); err == nil {
				gone = append(gone, cat.Disk.Relative(path))
			}
		}
	}
	return gone
}

// removeMade takes away the files of a commit that failed.
func (cat *Catalog) removeMade(files []*store.File) error {
	var errs []error
	for _, f := range files {
		if !f.Done { // given up half-way by its writer
			errs = append(errs, f.Discard())
		}
		errs = append(errs, cat.Disk.Remove(f.Path), cat.Disk.Remove(f.Path+".tmp"))
	}
	return errors.Join(errs...)
}
