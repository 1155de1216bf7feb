package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sort"

	"carat/pipeline/lake/fence"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/store"
)

// The inventory is the table carat_files in the catalog's database: the SHA-256
// of every file of the history as it was written, Iceberg's metadata and
// manifests and the kept source files included. Rows appear in the transaction
// that makes the files part of the history, so that Verify can name any file of
// which a byte changed, also one whose change would mean nothing.

// inventoryBegun is the path of the row which says that the inventory is
// complete: a lake that an older carat wrote gets its rows when it is next locked.
const inventoryBegun = "#begun"

const inventorySQL = `create table if not exists carat_files (
    path   text primary key,
    sha256 text not null,
    bytes  bigint not null,
    gone   bigint not null
)`

// Tables are the statements that make carat's own tables of the catalog's database.
func Tables() []string { return append([]string{inventorySQL, ledgerSQL, fence.SQL}, links.SQL...) }

// listedFile is a file of the inventory, by its path below the lake folder.
type listedFile struct {
	Path   string
	SHA256 string
	bytes  int64
}

// list writes what the commit under way has made, and that some files are no
// longer needed, into the inventory.
func (cat *Catalog) list(ctx context.Context, tx *sql.Tx, made []listedFile, gone []string) error {
	for _, f := range made {
		if err := cat.listOne(ctx, tx, f); err != nil {
			return err
		}
	}
	for _, path := range gone {
		if _, err := tx.ExecContext(ctx, cat.bind("update carat_files set gone = 1 where path = ?"), path); err != nil {
			return fmt.Errorf("list files: %w", err)
		}
	}
	return nil
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (cat *Catalog) listOne(ctx context.Context, db execer, f listedFile) error {
	_, err := db.ExecContext(ctx, cat.bind(`insert into carat_files (path, sha256, bytes, gone) values (?, ?, ?, 0)
		on conflict (path) do update set sha256 = excluded.sha256, bytes = excluded.bytes, gone = 0`), f.Path, f.SHA256, f.bytes)
	if err != nil {
		return fmt.Errorf("list file %s: %w", f.Path, err)
	}
	return nil
}

// Unlist takes a file out of the inventory.
func (cat *Catalog) Unlist(ctx context.Context, path string) error {
	_, err := cat.db.ExecContext(ctx, cat.bind("delete from carat_files where path = ?"), cat.Disk.Relative(path))
	return err
}

// Inventory gives the listed files in the order of their paths, and whether the
// list is complete.
func (cat *Catalog) Inventory(ctx context.Context, gone bool) (files []listedFile, complete bool, err error) {
	rows, err := cat.db.QueryContext(ctx, cat.bind("select path, sha256, bytes from carat_files where gone = ? order by path"), map[bool]int{true: 1}[gone])
	if err != nil {
		return nil, false, fmt.Errorf("read the list of files: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f listedFile
		if err := rows.Scan(&f.Path, &f.SHA256, &f.bytes); err != nil {
			return nil, false, fmt.Errorf("read the list of files: %w", err)
		}
		if f.Path == inventoryBegun {
			complete = true
			continue
		}
		files = append(files, f)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Path < files[j].Path })
	return files, complete, rows.Err()
}

// KeepInventory removes the files that are no longer needed, which a crash may
// have left, and begins the inventory of a lake that has none with what referred
// gives: the paths of all files of the history. The lock is held.
func (cat *Catalog) KeepInventory(ctx context.Context, referred func(context.Context) (map[string]bool, error)) error {
	gone, _, err := cat.Inventory(ctx, true)
	if err != nil {
		return err
	}
	for _, f := range gone {
		if !filepath.IsLocal(f.Path) {
			return fmt.Errorf("the list of files names %q", f.Path)
		}
		if err := cat.Disk.Remove(filepath.Join(cat.Disk.Root, f.Path)); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		if _, err := cat.db.ExecContext(ctx, "delete from carat_files where gone = 1"); err != nil {
			return err
		}
	}
	_, complete, err := cat.Inventory(ctx, false)
	if err != nil || complete {
		return err
	}
	return cat.beginInventory(ctx, referred)
}

// beginInventory lists what the history refers to, as it is found.
func (cat *Catalog) beginInventory(ctx context.Context, referred func(context.Context) (map[string]bool, error)) error {
	known, err := referred(ctx)
	if err != nil {
		return err
	}
	var found []listedFile
	for path := range known {
		f, err := cat.listed(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // for verify to tell
		}
		if err != nil {
			return err
		}
		found = append(found, f)
	}
	tx, err := cat.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	err = cat.list(ctx, tx, append(found, listedFile{Path: inventoryBegun}), nil)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// listed hashes a file as it lies.
func (cat *Catalog) listed(path string) (listedFile, error) {
	sum, err := store.HashFile(path)
	if err != nil {
		return listedFile{}, err
	}
	size, err := store.Size(path)
	return listedFile{cat.Disk.Relative(path), sum, size}, err
}
