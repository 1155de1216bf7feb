package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"carat/pipeline/lake/fence"
	"carat/pipeline/lake/identity"
	"carat/pipeline/lake/inventory"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/published"
	"carat/pipeline/postgres"
	"github.com/apache/iceberg-go"
	icesql "github.com/apache/iceberg-go/catalog/sql"
)

// bind writes a query's ? as the dialect wants them.
func (cat *Catalog) bind(query string) string {
	if cat.dialect != icesql.Postgres {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// CatalogTables are the tables of the catalog, beside the state's own in the
// same database.
var CatalogTables = []string{"iceberg_tables", "iceberg_namespace_properties"}

// Tables are the statements that make carat's own tables of the catalog's database.
func Tables() []string {
	return append([]string{inventory.SQL, inventory.IndexSQL, ledgerSQL, fence.SQL, published.SQL}, links.SQL...)
}

// sqliteURI escapes what a file: URI would read as something else.
var sqliteURI = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")

// MakeCatalog makes the empty tables of a catalog in a database: a SQLite
// file, or PostgreSQL by DSN.
func MakeCatalog(ctx context.Context, dsn string) (err error) {
	driver, source, dialect := "sqlite", "file:"+sqliteURI.Replace(dsn)+sqlitePragmas, icesql.SQLite
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		driver, source, dialect = postgres.Driver, dsn, icesql.Postgres
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return fmt.Errorf("make catalog: %w", identity.Scrub(err, dsn))
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.PingContext(ctx); err != nil {
		return identity.Unreached(err, dsn)
	}
	if _, err := icesql.NewCatalog(Namespace, db, dialect, iceberg.Properties{}); err != nil {
		return fmt.Errorf("make catalog tables: %w", identity.Scrub(err, dsn))
	}
	for _, text := range Tables() {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("make catalog tables: %w", identity.Scrub(err, dsn))
		}
	}
	return nil
}

// MoveCatalog makes a catalog that was copied that of the folder where the
// lake now lies, in the caller's transaction on PostgreSQL.
func MoveCatalog(ctx context.Context, tx *sql.Tx, root string) error {
	place, _, _ := strings.Cut(root, "?") // a bucket's settings belong to whoever reads it
	if actual, err := filepath.EvalSymlinks(filepath.Dir(root)); err == nil && !strings.Contains(root, "://") {
		place = filepath.Join(actual, filepath.Base(root))
	}
	_, err := tx.ExecContext(ctx, "update iceberg_namespace_properties set property_value = $1 where property_key = '"+propLakeRoot+"'", strings.TrimSuffix(place, "/"))
	return err
}
