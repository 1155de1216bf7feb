package identity

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"carat/pipeline"
	"carat/pipeline/lake/store"
	"carat/pipeline/postgres"
)

// WantFiles is a not-found error when lake.json, or the SQLite file of the catalog, of a
// lake that has tables is gone: new ones beside the tables would make every month seem
// new. Nothing is made or changed.
func WantFiles(d *store.Disk, dsn string) error {
	if file := d.Database(store.CatalogFile); dsn == "" && len(file) > sqlitePathMax {
		return pipeline.Errorf(pipeline.KindUsage, "open lake", d.Root, "the path of its catalog has %d bytes, and SQLite takes no more than %d", len(file), sqlitePathMax).
			WithHint("choose a folder with a shorter path by `lake` in carat.yaml")
	}
	if !d.HoldsTables() { // first: another carat may make a new lake in the same moment
		return nil
	}
	path := filepath.Join(d.Root, store.IdentityFile)
	if there, err := d.Exists(path); err != nil || !there {
		if err != nil {
			return err
		}
		return pipeline.Errorf(pipeline.KindNotFound, "open lake", path, "it is gone, and the lake has tables").
			WithHint("put the file back from a backup (lake/lake.json in it); carat makes no other one beside tables")
	}
	if dsn == "" && !store.Exists(filepath.Join(d.Root, store.CatalogFile)) {
		return Lost(d, dsn)
	}
	return nil
}

// Lost says that the catalog of the tables in the lake's folder isn't where it should be.
func Lost(d *store.Disk, dsn string) error {
	if dsn != "" {
		return pipeline.Errorf(pipeline.KindNotFound, "open catalog", hostOf(dsn), "it has no catalog of the lake in %s, which has tables", d.Place()).
			WithHint("name the database that has it in `catalog` of carat.yaml, or restore a backup with `carat restore`; carat makes no empty one beside tables")
	}
	return pipeline.Errorf(pipeline.KindNotFound, "open catalog", filepath.Join(d.Root, store.CatalogFile), "it is gone or empty, and the lake has tables").
		WithHint("put the file back, or restore a backup with `carat restore`; if the catalog is in PostgreSQL, name it in `catalog` of carat.yaml; carat makes no empty one beside tables")
}

// Causes by which PostgreSQL turns a connection away, by SQLSTATE.
const (
	pgWrongPassword = "28P01"
	pgNotAllowed    = "28000"
	pgNoDatabase    = "3D000"
)

// WantOwn is an error before anything is made in a database that isn't the lake's: one
// without a catalog, while the lake has tables, or one whose schema holds what others made.
// A database in PostgreSQL that has a catalog is asked whose it is when that is read.
func WantOwn(ctx context.Context, db *sql.DB, d *store.Disk, dsn string) error {
	if dsn == "" {
		return nil
	}
	var schema sql.NullString
	if err := db.QueryRowContext(ctx, "select current_schema()").Scan(&schema); err != nil {
		return err
	}
	if !schema.Valid {
		return pipeline.Errorf(pipeline.KindUsage, "open catalog", hostOf(dsn), "search_path leads to no schema that the role of `catalog` may use").
			WithHint("grant the role usage and create on a schema, or name one in `catalog` of carat.yaml (?search_path=NAME)")
	}
	var has bool
	var others string
	if err := db.QueryRowContext(ctx, ofOthers, schema.String).Scan(&has, &others); err != nil || has {
		return err
	}
	if d.HoldsTables() {
		return Lost(d, dsn)
	}
	if others != "" {
		return pipeline.Errorf(pipeline.KindUsage, "open catalog", hostOf(dsn), "its schema %s has tables that are not carat's (%s), and no catalog; nothing was made there", schema.String, others).
			WithHint("give carat a database or a schema of its own, and name it in `catalog` of carat.yaml (?search_path=NAME)")
	}
	return nil
}

// ofOthers says whether a schema has a catalog, and names three of the tables and views in
// it that neither carat made nor an extension.
const ofOthers = `select
    coalesce(bool_or(relname = 'iceberg_namespace_properties'), false),
    coalesce(array_to_string((array_agg(relname order by relname) filter (where relname not like 'carat\_%' and relname not like 'iceberg\_%'))[1:3], ', '), '')
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = $1
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not exists (select 1 from pg_catalog.pg_depend as d where d.objid = c.oid and d.deptype = 'e')`

// sqlitePathMax is the longest path that SQLite opens: 512 bytes with the endings of the
// files beside it.
const sqlitePathMax = 504

// Unreached says why the catalog's database can't be opened, and what to do.
func Unreached(err error, dsn string) error {
	if dsn == "" || pipeline.KindOf(err) != pipeline.KindInternal {
		return err
	}
	if busy := postgres.Busy(err); busy != err {
		return busy
	}
	hint := "check that the PostgreSQL server runs and that `catalog` in carat.yaml is right"
	cause := Scrub(err, dsn)
	var refused *pgconn.PgError
	var encoding *postgres.EncodingError
	if errors.As(err, &refused) {
		cause = Scrub(errors.New(refused.Message), dsn)
		switch refused.Code {
		case pgWrongPassword, pgNotAllowed:
			hint = "check user and password of `catalog` in carat.yaml, and what the server allows them"
		case pgNoDatabase:
			hint = "create the database, or name the right one in `catalog` of carat.yaml"
		}
	} else if errors.As(err, &encoding) {
		cause = Scrub(encoding, dsn)
		hint = "create one with `create database … encoding 'UTF8' template template0`, and name it in `catalog` of carat.yaml"
	} else if lines := strings.Split(cause.Error(), "\n"); len(lines) > 1 {
		// A line for each address that was tried, the same ones again without encryption.
		cause = errors.New(strings.TrimSpace(lines[1]))
	}
	return pipeline.Errorf(pipeline.KindUsage, "open catalog", hostOf(dsn), "%w", cause).WithHint("%s", hint)
}
