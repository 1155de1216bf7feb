package lake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/pipeline"
	"github.com/apache/iceberg-go"
	icesql "github.com/apache/iceberg-go/catalog/sql"
)

// Databases of a lake, below its folder. They change in place; all other files
// of a lake are written once.
const (
	CatalogFile = "catalog.sqlite"
	PeopleFile  = "people/people.sqlite"
)

// CatalogTables are the tables of the catalog, beside the state's own in the
// same database.
var CatalogTables = []string{"iceberg_tables", "iceberg_namespace_properties"}

// Files lists what a copy of the lake consists of besides its databases, by
// path below the lake's folder: names only, in order. Something that is no
// plain file is a verification error: no job of carat's makes one. The lake
// must be locked.
func (l *Lake) Files() ([]string, error) {
	var names []string
	err := filepath.WalkDir(l.cfg.Root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(l.cfg.Root, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case name == "staging":
			return filepath.SkipDir
		case d.IsDir(), name == "lock", name == "scheduler", strings.HasSuffix(name, ".tmp"),
			strings.HasPrefix(name, CatalogFile), strings.HasPrefix(name, PeopleFile):
			return nil
		case !d.Type().IsRegular() || strings.ContainsAny(name, "\n\r\\"):
			return pipeline.Errorf(pipeline.KindVerification, "read lake", path, "it is no plain file, and nothing that carat made").
				WithHint("find out who put it there, and take it away")
		}
		names = append(names, name)
		return nil
	})
	slices.Sort(names)
	return names, l.fail("read lake", l.cfg.Root, err)
}

// SavePeople writes a consistent copy of the store of people to a file that is
// not there yet; false when there is no store.
func (l *Lake) SavePeople(ctx context.Context, file string) (saved bool, err error) {
	if !fileExists(filepath.Join(l.cfg.Root, filepath.FromSlash(PeopleFile))) {
		return false, nil
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(l.cfg.Root, filepath.FromSlash(PeopleFile))+"?_pragma=busy_timeout(10000)&mode=ro")
	if err != nil {
		return false, l.fail("save people of", l.cfg.Root, err)
	}
	_, err = db.ExecContext(ctx, "vacuum into ?", file)
	return err == nil, l.fail("save people of", l.cfg.Root, errors.Join(err, db.Close()))
}

// sqliteURI escapes what a file: URI would read as something else.
var sqliteURI = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")

// MakeCatalog makes the empty tables of a catalog in a database: a SQLite
// file, or PostgreSQL by DSN.
func MakeCatalog(ctx context.Context, dsn string) (err error) {
	driver, source, dialect := "sqlite", "file:"+sqliteURI.Replace(dsn)+sqlitePragmas, icesql.SQLite
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		driver, source, dialect = "pgx", dsn, icesql.Postgres
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return fmt.Errorf("make catalog: %w", scrub(err, dsn))
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.PingContext(ctx); err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "open catalog", hostOf(dsn), "%w", scrub(err, dsn)).
			WithHint("check that the PostgreSQL server runs and that `catalog` in carat.yaml is right")
	}
	if _, err := icesql.NewCatalog(namespace, db, dialect, iceberg.Properties{}); err != nil {
		return fmt.Errorf("make catalog tables: %w", scrub(err, dsn))
	}
	if _, err := db.ExecContext(ctx, inventorySQL); err != nil {
		return fmt.Errorf("make catalog tables: %w", scrub(err, dsn))
	}
	return nil
}

// MoveCatalog makes a catalog that was copied that of the folder where the
// lake now lies, in the caller's transaction on PostgreSQL.
func MoveCatalog(ctx context.Context, tx *sql.Tx, root string) error {
	actual, err := filepath.EvalSymlinks(filepath.Dir(root))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "update iceberg_namespace_properties set property_value = $1 where property_key = '"+propLakeRoot+"'",
		filepath.Join(actual, filepath.Base(root)))
	return err
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
