package lake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sort"
	"strings"

	icesql "github.com/apache/iceberg-go/catalog/sql"
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

// listedFile is a file of the inventory, by its path below the lake folder.
type listedFile struct {
	path   string
	sha256 string
	bytes  int64
}

// list writes what the commit under way has made, and that some files are no
// longer needed, into the inventory.
func (l *Lake) list(ctx context.Context, tx *sql.Tx, made []listedFile, gone []string) error {
	for _, f := range made {
		if err := l.listOne(ctx, tx, f); err != nil {
			return err
		}
	}
	for _, path := range gone {
		if _, err := tx.ExecContext(ctx, l.bind("update carat_files set gone = 1 where path = ?"), path); err != nil {
			return fmt.Errorf("list files: %w", err)
		}
	}
	return nil
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (l *Lake) listOne(ctx context.Context, db execer, f listedFile) error {
	_, err := db.ExecContext(ctx, l.bind(`insert into carat_files (path, sha256, bytes, gone) values (?, ?, ?, 0)
		on conflict (path) do update set sha256 = excluded.sha256, bytes = excluded.bytes, gone = 0`), f.path, f.sha256, f.bytes)
	if err != nil {
		return fmt.Errorf("list file %s: %w", f.path, err)
	}
	return nil
}

// unlist takes a file out of the inventory.
func (l *Lake) unlist(ctx context.Context, path string) error {
	_, err := l.db.ExecContext(ctx, l.bind("delete from carat_files where path = ?"), l.relative(path))
	return err
}

// inventory gives the listed files in the order of their paths, and whether the
// list is complete.
func (l *Lake) inventory(ctx context.Context, gone bool) (files []listedFile, complete bool, err error) {
	rows, err := l.db.QueryContext(ctx, l.bind("select path, sha256, bytes from carat_files where gone = ? order by path"), map[bool]int{true: 1}[gone])
	if err != nil {
		return nil, false, fmt.Errorf("read the list of files: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f listedFile
		if err := rows.Scan(&f.path, &f.sha256, &f.bytes); err != nil {
			return nil, false, fmt.Errorf("read the list of files: %w", err)
		}
		if f.path == inventoryBegun {
			complete = true
			continue
		}
		files = append(files, f)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].path < files[j].path })
	return files, complete, rows.Err()
}

// keepInventory removes the files that are no longer needed, which a crash may
// have left, and begins the inventory of a lake that has none. The lock is held.
func (l *Lake) keepInventory(ctx context.Context) error {
	gone, _, err := l.inventory(ctx, true)
	if err != nil {
		return err
	}
	for _, f := range gone {
		if !filepath.IsLocal(f.path) {
			return fmt.Errorf("the list of files names %q", f.path)
		}
		if err := l.disk.remove(filepath.Join(l.cfg.Root, f.path)); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		if _, err := l.db.ExecContext(ctx, "delete from carat_files where gone = 1"); err != nil {
			return err
		}
	}
	_, complete, err := l.inventory(ctx, false)
	if err != nil || complete {
		return err
	}
	return l.beginInventory(ctx)
}

// beginInventory lists what the history refers to, as it is found.
func (l *Lake) beginInventory(ctx context.Context) error {
	known, err := l.referred()
	if err != nil {
		return err
	}
	var found []listedFile
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
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	err = l.list(ctx, tx, append(found, listedFile{path: inventoryBegun}), nil)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// listed hashes a file as it lies.
func (l *Lake) listed(path string) (listedFile, error) {
	sum, err := hashFile(path)
	if err != nil {
		return listedFile{}, err
	}
	size, err := fileSize(path)
	return listedFile{l.relative(path), sum, size}, err
}

// inventory checks every listed file, and remembers the hashes for the checks
// of batches and runs. It gives what differs, for the end of the report: which
// batch or run it belongs to says more.
func (v *verifier) inventory(ctx context.Context) ([]string, error) {
	files, complete, err := v.lake.inventory(ctx, false)
	if err != nil {
		v.differ("%s: %v", catalogFile, err)
		return nil, nil
	}
	if !complete {
		return nil, nil // an older carat wrote the lake and nothing was written since
	}
	var differing []string
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		path := filepath.Join(v.lake.cfg.Root, filepath.FromSlash(f.path))
		sum, err := v.sums.hash(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if !strings.HasPrefix(f.path, "people/") { // those can be erased, which is judged by its record
				differing = append(differing, fmt.Sprintf("file %s is missing", f.path))
			}
		case err != nil:
			differing = append(differing, fmt.Sprintf("file %s can't be read: %v", f.path, err))
		case sum != f.sha256:
			differing = append(differing, fmt.Sprintf("file %s was changed: its SHA-256 is %s, and was %s when it was written", f.path, sum, f.sha256))
		}
	}
	return differing, nil
}

// ChangedFiles tells, of a lake that can't be opened, which files are not as
// they were written or left. It opens the catalog's database alone.
func ChangedFiles(ctx context.Context, cfg Config) []string {
	l := &Lake{cfg: cfg, dialect: icesql.SQLite}
	changed := SealBroken(cfg.Root)
	var err error
	if cfg.CatalogDSN == "" {
		l.db, err = sql.Open("sqlite", "file:"+filepath.Join(cfg.Root, catalogFile)+"?mode=ro&_pragma=busy_timeout(10000)")
	} else {
		l.dialect = icesql.Postgres
		l.db, err = sql.Open("pgx", cfg.CatalogDSN)
	}
	if err != nil {
		return changed
	}
	defer l.db.Close()
	v := &verifier{lake: l, sums: knownSums{}}
	differing, err := v.inventory(ctx)
	if err != nil {
		return changed
	}
	return append(changed, differing...)
}

// knownSums remembers hashes, so that a file is read once.
type knownSums map[string]string

func (k knownSums) hash(path string) (string, error) {
	if sum, ok := k[path]; ok {
		return sum, nil
	}
	sum, err := hashFile(path)
	if err == nil {
		k[path] = sum
	}
	return sum, err
}

// integrity asks SQLite whether the catalog's database is sound.
func (v *verifier) integrity(ctx context.Context) {
	if v.lake.cfg.CatalogDSN != "" {
		return
	}
	rows, err := v.lake.db.QueryContext(ctx, "pragma integrity_check")
	if err != nil {
		v.differ("%s: %v", catalogFile, err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil || text != "ok" {
			v.differ("%s is damaged: %s", catalogFile, errors.Join(err, errors.New(text)))
			return
		}
	}
	if err := rows.Err(); err != nil {
		v.differ("%s: %v", catalogFile, err)
	}
}
