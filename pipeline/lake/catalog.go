package lake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"carat/pipeline"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	icesql "github.com/apache/iceberg-go/catalog/sql"
	iceio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the database/sql driver "pgx"
	"golang.org/x/sync/errgroup"
)

// sqlitePragmas make SQLite durable and patient; without them a second reader
// gets SQLITE_BUSY.
const sqlitePragmas = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)"

// Namespace properties that tie a catalog to its lake.
const (
	propLakeID   = "carat.lake-id"
	propLakeRoot = "carat.lake-root"
)

// loadedTable is a table as of one metadata file.
type loadedTable struct {
	location string       // of the metadata, as recorded
	tbl      *table.Table // nil for results after refreshRaw: see whole

	mu     sync.Mutex
	listed int64    // the snapshot whose files were listed last
	files  []string // its files
}

func (l *Lake) openCatalog(ctx context.Context) error {
	var err error
	switch dsn := l.cfg.CatalogDSN; {
	case dsn == "":
		l.dialect = icesql.SQLite
		l.db, err = sql.Open("sqlite", "file:"+filepath.Join(l.cfg.Root, catalogFile)+sqlitePragmas)
	case strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://"):
		l.dialect = icesql.Postgres
		l.db, err = sql.Open("pgx", dsn)
	default:
		return pipeline.Errorf(pipeline.KindUsage, "open catalog", "", "the DSN begins with neither postgres:// nor postgresql://").
			WithHint("leave `catalog` in carat.yaml empty for SQLite inside the lake folder")
	}
	if err != nil {
		return err
	}
	if err := l.db.PingContext(ctx); err != nil {
		if l.dialect == icesql.SQLite {
			return err
		}
		return pipeline.Errorf(pipeline.KindUsage, "open catalog", hostOf(l.cfg.CatalogDSN), "%w", scrub(err, l.cfg.CatalogDSN)).
			WithHint("check that the PostgreSQL server runs and that `catalog` in carat.yaml is right")
	}
	cat, err := icesql.NewCatalog(namespace, l.db, l.dialect, iceberg.Properties{})
	if err != nil {
		return fmt.Errorf("make catalog tables: %w", err)
	}
	if _, err := l.db.ExecContext(ctx, inventorySQL); err != nil {
		return fmt.Errorf("make catalog tables: %w", err)
	}
	return l.claimCatalog(ctx, cat)
}

// claimCatalog makes the namespace, or checks that it is this lake's. A
// catalog in PostgreSQL isn't copied with the folder: two folders that both
// commit to it would lose each other's files.
func (l *Lake) claimCatalog(ctx context.Context, cat *icesql.Catalog) error {
	ns := table.Identifier{namespace}
	exists, err := cat.CheckNamespaceExists(ctx, ns)
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	mine := iceberg.Properties{propLakeID: l.id.ID, propLakeRoot: l.cfg.Root}
	if !exists {
		err := cat.CreateNamespace(ctx, ns, mine)
		if err == nil {
			return nil
		}
		if !errors.Is(err, catalog.ErrNamespaceAlreadyExists) { // as another carat made it in the same moment
			return fmt.Errorf("make namespace: %w", err)
		}
	}
	props, err := cat.LoadNamespaceProperties(ctx, ns)
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	if id := props[propLakeID]; id != l.id.ID {
		return pipeline.Errorf(pipeline.KindUsage, "open catalog", "", "it belongs to another lake (%s, in %s)", id, props[propLakeRoot]).
			WithHint("give each lake its own database or schema in `catalog` of carat.yaml")
	}
	if props[propLakeRoot] == l.cfg.Root {
		return nil
	}
	if l.dialect == icesql.Postgres && isLake(props[propLakeRoot], l.id.ID) {
		return pipeline.Errorf(pipeline.KindUsage, "open lake", l.cfg.Root, "it is a copy, and its catalog belongs to the lake in %s", props[propLakeRoot]).
			WithHint("copy the catalog's database too and name it in `catalog` of carat.yaml")
	}
	_, err = cat.UpdateNamespaceProperties(ctx, ns, nil, iceberg.Properties{propLakeRoot: l.cfg.Root})
	return err
}

func isLake(root, id string) bool {
	other := &Lake{disk: &disk{}}
	return fileExists(filepath.Join(root, "lake.json")) && other.identify(root) == nil && other.id.ID == id
}

// hostOf names a DSN without its password.
func hostOf(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return "postgres://…"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

// scrub takes the DSN's password out of an error's text.
func scrub(err error, dsn string) error {
	if err == nil || dsn == "" {
		return err
	}
	secrets := []string{dsn}
	if u, perr := url.Parse(dsn); perr == nil {
		if pw, ok := u.User.Password(); ok {
			secrets = append(secrets, pw, url.QueryEscape(pw), url.PathEscape(pw))
		}
		secrets = append(secrets, u.Query().Get("password"))
	}
	text := err.Error()
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "xxxxx")
		}
	}
	if text == err.Error() {
		return err
	}
	var known *pipeline.Error
	if errors.As(err, &known) {
		e := *known
		e.Cause = errors.New(strings.TrimPrefix(text, e.Action+": "))
		return &e
	}
	return errors.New(text)
}

// bind writes a query's ? as the dialect wants them.
func (l *Lake) bind(query string) string {
	if l.dialect != icesql.Postgres {
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

// locations gives each table's current metadata file, as recorded.
func (l *Lake) locations(ctx context.Context) (map[string]string, error) {
	rows, err := l.db.QueryContext(ctx, l.bind(
		"select table_name, metadata_location from iceberg_tables where catalog_name = ? and table_namespace = ?"), namespace, namespace)
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var name, location string
		if err := rows.Scan(&name, &location); err != nil {
			return nil, fmt.Errorf("read catalog: %w", err)
		}
		found[name] = location
	}
	return found, rows.Err()
}

// refresh loads the tables that changed since they were last seen.
func (l *Lake) refresh(ctx context.Context) error { return l.refreshTables(ctx, true) }

// refreshRaw is refresh for what needs the batches and no results: it only notes
// that tables of results changed. They are of as many snapshots as there were
// runs, and reading those takes a second after some years.
func (l *Lake) refreshRaw(ctx context.Context) error { return l.refreshTables(ctx, false) }

func (l *Lake) refreshTables(ctx context.Context, results bool) error {
	locations, err := l.locations(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var changed []string
	rawChanged := false
	for name, location := range locations {
		raw := l.isRaw(name)
		have := l.tables[name]
		switch moved := have == nil || have.location != location; {
		case moved && (raw || results), results && have.tbl == nil:
			changed, rawChanged = append(changed, name), rawChanged || raw
		case moved:
			l.tables[name] = &loadedTable{location: location}
		}
	}
	slices.Sort(changed)
	loaded := make([]*loadedTable, len(changed))
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range changed {
		all.Go(func() (err error) {
			loaded[i], err = l.load(ctx, name, locations[name])
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for i, name := range changed {
		l.tables[name] = loaded[i]
	}
	if rawChanged {
		l.previous, l.rewrites = l.batchHeads(), l.compactionHeads()
	}
	return nil
}

// isRaw says whether a table holds what came in, not results.
func (l *Lake) isRaw(name string) bool {
	_, raw := l.rawInfo[name]
	return raw || name == rejectsTable
}

// whole gives a table with its metadata, which refreshRaw leaves out.
func (l *Lake) whole(ctx context.Context, name string, t *loadedTable) (*loadedTable, error) {
	if t.tbl != nil {
		return t, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	have := l.tables[name]
	if have != nil && have.location == t.location && have.tbl != nil {
		return have, nil
	}
	loaded, err := l.load(ctx, name, t.location)
	if err == nil && have != nil && have.location == t.location {
		l.tables[name] = loaded
	}
	return loaded, err
}

func (l *Lake) load(ctx context.Context, name, location string) (*loadedTable, error) {
	tbl, err := table.NewFromLocation(ctx, table.Identifier{namespace, name}, location, l.fsys, nil)
	if err != nil {
		return nil, fmt.Errorf("load table %s from %s: %w", name, location, err)
	}
	return &loadedTable{location: location, tbl: tbl}, nil
}

func (l *Lake) fsys(context.Context) (iceio.IO, error) { return l.files, nil }

// tableCalled gives a table as last seen.
func (l *Lake) tableCalled(name string) (*loadedTable, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, ok := l.tables[name]
	return t, ok
}

// change is a table's next state: made new when base is nil.
type change struct {
	name    string
	base    *loadedTable
	meta    table.Metadata
	created string // recorded location of the new metadata
}

// apply makes changes to several tables at once: each table's metadata is
// written, then one transaction of the catalog's database points to all of
// them and does inTx. Either everything is there or nothing is.
func (l *Lake) apply(ctx context.Context, changes []change, inTx func(*sql.Tx) error) error {
	err := l.tryApply(ctx, changes, inTx)
	if err != nil && !l.landed(changes) {
		return err // the caller removes what was made, if it knows that nothing landed
	}
	made := l.files.takeCreated()
	// From here on it is done; what is left to do may fail without harm.
	l.dropOldMetadata(changes)
	if needed, err := l.neededOf(changes); err == nil {
		for _, f := range made {
			if isManifest(f.path) && !needed[filepath.Base(f.path)] {
				_ = l.disk.remove(f.path) // else a sweep does
			}
		}
	}
	return nil
}

// isManifest says whether a file may be a manifest or a list of them.
func isManifest(path string) bool { return filepath.Ext(path) == ".avro" }

// neededOf gives the base names of the manifests, and lists of them, that the new
// snapshots of changes need. From manifestsAtMost batches on iceberg-go merges
// manifests, and writes one first that it then merges with others.
func (l *Lake) neededOf(changes []change) (map[string]bool, error) {
	needed := map[string]bool{}
	for _, c := range changes {
		for _, snap := range c.meta.Snapshots() {
			if c.base != nil && c.base.tbl.SnapshotByID(snap.SnapshotID) != nil {
				continue
			}
			needed[path.Base(snap.ManifestList)] = true
			if err := l.keepManifests(&snap, needed); err != nil {
				return nil, err
			}
		}
	}
	return needed, nil
}

// landed says whether changes whose commit failed are there all the same (a
// connection can break after the server has committed). It doesn't use the
// caller's context, which may be the cause.
func (l *Lake) landed(changes []change) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	now, err := l.locations(ctx)
	if err != nil {
		return false
	}
	for _, c := range changes {
		if c.created == "" || now[c.name] != c.created {
			return false
		}
	}
	return len(changes) > 0
}

func (l *Lake) tryApply(ctx context.Context, changes []change, inTx func(*sql.Tx) error) (err error) {
	for i := range changes {
		if err := l.writeMetadata(&changes[i]); err != nil {
			return err
		}
	}
	// A writer on another machine may have swept what this one is about to name.
	if err := l.held.Load().holds(ctx); err != nil {
		return err
	}
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback()
		}
	}()
	for _, c := range changes {
		if err := l.point(ctx, tx, c); err != nil {
			return err
		}
	}
	needed, err := l.neededOf(changes)
	if err != nil {
		return err
	}
	made := slices.DeleteFunc(l.files.made(), func(f listedFile) bool { return isManifest(f.path) && !needed[path.Base(f.path)] })
	if err := l.list(ctx, tx, made, l.outdated(changes)); err != nil {
		return err
	}
	if inTx != nil {
		if err := inTx(tx); err != nil {
			return err
		}
	}
	if err := l.disk.step("commit", "catalog"); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return l.disk.step("committed", "catalog")
}

func (l *Lake) writeMetadata(c *change) error {
	version := 0
	if c.base != nil {
		version = metadataVersion(c.base.location) + 1
	}
	c.created = path.Join(c.meta.Location(), "metadata", fmt.Sprintf("%05d-%s.metadata.json", version, uuid.New()))
	content, err := json.Marshal(c.meta)
	if err != nil {
		return fmt.Errorf("write metadata of %s: %w", c.name, err)
	}
	if err := l.files.WriteFile(c.created, content); err != nil {
		return fmt.Errorf("write metadata of %s: %w", c.name, err)
	}
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
func (l *Lake) point(ctx context.Context, tx *sql.Tx, c change) error {
	if c.base == nil {
		_, err := tx.ExecContext(ctx, l.bind(
			"insert into iceberg_tables (catalog_name, table_namespace, table_name, metadata_location, iceberg_type) values (?, ?, ?, ?, 'TABLE')"),
			namespace, namespace, c.name, c.created)
		if err != nil {
			return fmt.Errorf("create table %s: %w", c.name, err)
		}
		return nil
	}
	res, err := tx.ExecContext(ctx, l.bind(
		"update iceberg_tables set metadata_location = ?, previous_metadata_location = ? where catalog_name = ? and table_namespace = ? and table_name = ? and metadata_location = ?"),
		c.created, c.base.location, namespace, namespace, c.name, c.base.location)
	if err != nil {
		return fmt.Errorf("update table %s: %w", c.name, err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, fmt.Errorf("update table %s: %w", c.name, errMoved))
	}
	return nil
}

// errMoved: another writer committed to the table in between.
var errMoved = errors.New("the table was changed by another writer at the same time")

// dropOldMetadata removes metadata files that fell out of the tables' logs.
func (l *Lake) dropOldMetadata(changes []change) {
	for _, rel := range l.outdated(changes) {
		_ = l.disk.remove(filepath.Join(l.cfg.Root, rel)) // else the next lock does
	}
}

// outdated gives the metadata files that fall out of the tables' logs, below
// the lake folder.
func (l *Lake) outdated(changes []change) []string {
	var gone []string
	for _, c := range changes {
		if c.base == nil {
			continue
		}
		keep := map[string]bool{}
		for e := range c.meta.PreviousFiles() {
			keep[e.MetadataFile] = true
		}
		for e := range c.base.tbl.Metadata().PreviousFiles() {
			if keep[e.MetadataFile] {
				continue
			}
			if path, err := l.files.here(e.MetadataFile); err == nil {
				gone = append(gone, l.relative(path))
			}
		}
	}
	return gone
}
