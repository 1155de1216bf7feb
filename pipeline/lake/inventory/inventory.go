package inventory

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sort"

	"carat/pipeline/lake/store"
)

// The inventory is the table carat_files in the catalog's database: the SHA-256
// of every file of the history as it was written, Iceberg's metadata and
// manifests and the kept source files included. Rows appear in the transaction
// that makes the files part of the history, so that Verify can name any file of
// which a byte changed, also one whose change would mean nothing.

// begun is the path of the row which says that the inventory is
// complete: a lake that an older carat wrote gets its rows when it is next locked.
const begun = "#begun"

const SQL = `create table if not exists carat_files (
    path   text primary key,
    sha256 text not null,
    bytes  bigint not null,
    gone   bigint not null -- from when on it may be removed, in milliseconds since the epoch; 1: now; 0: it is needed
)`

// IndexSQL makes what finds the few files that may go among all that stay.
const IndexSQL = "create index if not exists carat_files_gone on carat_files (gone)"

// List is the list of files in the catalog's database.
type List struct {
	DB   *sql.DB
	Bind func(query string) string // writes ? as the database wants them
	Disk *store.Disk
	Now  func() int64 // milliseconds since the epoch
}

// File is a file of the inventory, by its path below the lake folder.
type File struct {
	Path   string
	SHA256 string
	Bytes  int64
}

// Write writes what the commit under way has made, and that some files are no
// longer needed, into the inventory.
func (l List) Write(ctx context.Context, tx *sql.Tx, made []File, gone []string) error {
	for _, f := range made {
		if err := l.one(ctx, tx, f); err != nil {
			return err
		}
	}
	for _, path := range gone {
		if _, err := tx.ExecContext(ctx, l.Bind("update carat_files set gone = 1 where path = ?"), path); err != nil {
			return fmt.Errorf("list files: %w", err)
		}
	}
	return nil
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (l List) one(ctx context.Context, db execer, f File) error {
	_, err := db.ExecContext(ctx, l.Bind(`insert into carat_files (path, sha256, bytes, gone) values (?, ?, ?, 0)
		on conflict (path) do update set sha256 = excluded.sha256, bytes = excluded.bytes, gone = 0`), f.Path, f.SHA256, f.Bytes)
	if err != nil {
		return fmt.Errorf("list file %s: %w", f.Path, err)
	}
	return nil
}

// Remove takes a file out of the inventory.
func (l List) Remove(ctx context.Context, path string) error {
	_, err := l.DB.ExecContext(ctx, l.Bind("delete from carat_files where path = ?"), l.Disk.Relative(path))
	return err
}

// Files gives the listed files in the order of their paths, and whether the
// list is complete.
func (l List) Files(ctx context.Context, gone bool) (files []File, complete bool, err error) {
	which, until := "gone = ?", int64(0)
	if gone {
		which, until = "gone between 1 and ?", l.Now()
	}
	rows, err := l.DB.QueryContext(ctx, l.Bind("select path, sha256, bytes from carat_files where "+which+" order by path"), until)
	if err != nil {
		return nil, false, fmt.Errorf("read the list of files: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f File
		if err := rows.Scan(&f.Path, &f.SHA256, &f.Bytes); err != nil {
			return nil, false, fmt.Errorf("read the list of files: %w", err)
		}
		if f.Path == begun {
			complete = true
			continue
		}
		files = append(files, f)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Path < files[j].Path })
	return files, complete, rows.Err()
}

// Listed gives what the list says of a file; false: it lists none.
func (l List) Listed(name string) (f File, found bool, err error) {
	f.Path = name
	err = l.DB.QueryRow(l.Bind("select sha256, bytes from carat_files where path = ?"), name).Scan(&f.SHA256, &f.Bytes)
	if errors.Is(err, sql.ErrNoRows) {
		return f, false, nil
	}
	return f, err == nil, err
}

// Keep removes the files that are no longer needed, which a crash may
// have left, and begins the inventory of a lake that has none with what referred
// gives: the paths of all files of the history. The lock is held. It fails as
// verification, and removes nothing, where the list lets go what carat never does.
func (l List) Keep(ctx context.Context, referred func(context.Context) (map[string]bool, error)) error {
	gone, _, err := l.Files(ctx, true)
	if err != nil {
		return err
	}
	if err := l.mayGo(ctx, gone, referred); err != nil {
		return err
	}
	for _, f := range gone {
		if err := l.Disk.Remove(filepath.Join(l.Disk.Root, f.Path)); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		for _, f := range gone {
			if _, err := l.DB.ExecContext(ctx, l.Bind("delete from carat_files where path = ? and gone > 0"), f.Path); err != nil {
				return err
			}
		}
	}
	var complete int
	if err := l.DB.QueryRowContext(ctx, l.Bind("select count(*) from carat_files where path = ?"), begun).Scan(&complete); err != nil {
		return fmt.Errorf("read the list of files: %w", err)
	}
	if complete > 0 {
		return nil
	}
	return l.begin(ctx, referred)
}

// begin lists what the history refers to, as it is found.
func (l List) begin(ctx context.Context, referred func(context.Context) (map[string]bool, error)) error {
	known, err := referred(ctx)
	if err != nil {
		return err
	}
	var found []File
	for path := range known {
		f, err := l.listed(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // for verify to tell
		}
		if err != nil {
			return err
		}
		found = append(found, f)
	}
	tx, err := l.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	err = l.Write(ctx, tx, append(found, File{Path: begun}), nil)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// listed hashes a file as it lies.
func (l List) listed(path string) (File, error) {
	sum, err := l.Disk.HashFile(path)
	return File{l.Disk.Relative(path), sum.SHA256, sum.Size}, err
}

// Expire notes from when on files are no longer needed, in the transaction that made them so.
func (l List) Expire(ctx context.Context, tx *sql.Tx, names []string, at int64) error {
	for _, name := range names {
		if _, err := tx.ExecContext(ctx, l.Bind("update carat_files set gone = ? where path = ?"), at, name); err != nil {
			return fmt.Errorf("list files: %w", err)
		}
	}
	return nil
}

// Waiting gives the files that are no longer needed, and may not go yet, below the lake
// folder.
func (l List) Waiting(ctx context.Context) (map[string]bool, error) {
	rows, err := l.DB.QueryContext(ctx, l.Bind("select path from carat_files where gone > ?"), l.Now())
	if err != nil {
		return nil, fmt.Errorf("read the list of files: %w", err)
	}
	defer rows.Close()
	waiting := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read the list of files: %w", err)
		}
		waiting[name] = true
	}
	return waiting, rows.Err()
}
