package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/catalog/parsed"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/fence"
	"carat/pipeline/lake/identity"
	"carat/pipeline/lake/inventory"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/pointers"
	"carat/pipeline/lake/published"
	"carat/pipeline/lake/store"
	"carat/pipeline/postgres"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	icesql "github.com/apache/iceberg-go/catalog/sql"
	iceio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"
	"golang.org/x/sync/errgroup"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqlitePragmas make SQLite durable and patient; without them a second reader
// gets SQLITE_BUSY. Transactions lock when they begin, so that what one read last
// is still the last when it writes.
const sqlitePragmas = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(30000)&_pragma=synchronous(FULL)&_txlock=immediate"

// Namespace properties that tie a catalog to its lake.
const (
	propLakeID   = pointers.LakeID
	propLakeRoot = pointers.LakeRoot
)

// Namespace is the Iceberg namespace, and the catalog's name in its database.
const Namespace = pointers.Namespace

// Catalog is the Iceberg tables of a lake, as its catalog's database names them.
// It is safe for concurrent use; committing needs the lake's lock.
type Catalog struct {
	Disk    *store.Disk
	dsn     string // "": SQLite inside the lake folder
	id      identity.Lake
	files   *tableFS
	raw     map[string]pages.RawTable
	db      *sql.DB
	dialect icesql.SupportedDialect
	held    atomic.Pointer[fence.Lock] // while this process is the lake's writer

	// Recorder chains what the catalog writes of its tables.
	Recorder Recorder
	// Clock dates commits; nil: the machine's.
	Clock func() time.Time

	// Codec compresses the rows of links.
	Codec *pages.Codec

	form   int // of the history
	mu     sync.Mutex
	tables map[string]*Table // by name, as last seen
	made   map[string]*Table // by name, as this process committed it last and hasn't seen yet
	last   chain.Link        // as last seen
}

// Table is a table as of one metadata file.
type Table struct {
	Location string       // of the metadata, as recorded
	Iceberg  *table.Table // nil for results after RefreshRaw: see whole

	mu     sync.Mutex
	listed int64    // the snapshot whose files were listed last
	files  []string // its files
}

// Open opens the catalog of a lake, and makes its tables in a new
// database. raw are the tables of what comes in, by name.
func Open(ctx context.Context, d *store.Disk, dsn string, raw map[string]pages.RawTable) (*Catalog, error) {
	cat := &Catalog{Disk: d, dsn: dsn, raw: raw, tables: map[string]*Table{}, made: map[string]*Table{}}
	var err error
	if cat.id, err = identity.Read(d); err != nil {
		return nil, err
	}
	cat.files = &tableFS{disk: d, recorded: cat.id.Root, actual: d.Root}
	if err := cat.open(ctx); err != nil {
		_ = cat.Close()
		return nil, err
	}
	return cat, nil
}

// OpenListOnly opens the database of a catalog to read the list of its files
// and nothing else, for a lake that can't be opened.
func OpenListOnly(d *store.Disk, dsn string) (*Catalog, error) {
	cat := &Catalog{Disk: d, dsn: dsn, dialect: icesql.SQLite}
	var err error
	if dsn == "" {
		cat.db, err = sql.Open("sqlite", "file:"+filepath.Join(d.Root, store.CatalogFile)+"?mode=ro&_pragma=busy_timeout(10000)")
	} else {
		cat.dialect = icesql.Postgres
		cat.db, err = sql.Open(postgres.Driver, dsn)
	}
	return cat, err
}

// DB is the catalog's database, in which commits are transactions.
func (cat *Catalog) DB() *sql.DB { return cat.db }

// Listed is the list of the history's files.
func (cat *Catalog) Listed() inventory.List {
	return inventory.List{DB: cat.db, Bind: cat.bind, Disk: cat.Disk, Now: cat.now}
}

// Lock also takes an advisory lock in PostgreSQL, for carats on other machines.
func (cat *Catalog) Lock(ctx context.Context, what string) (*fence.Lock, error) {
	return fence.Database{DB: cat.db, Bind: cat.bind, Postgres: cat.InPostgres(), DSN: cat.dsn, Lake: cat.id.ID, Root: cat.Disk.Place(), Record: cat.Recorder.Record}.Lock(ctx, what)
}

// Hold says under which lock this process commits and deletes from now on; nil for none.
func (cat *Catalog) Hold(lock *fence.Lock) { cat.held.Store(lock) }

// MayRemove is an error when this process was the lake's writer and is it no more.
func (cat *Catalog) MayRemove() error { return cat.held.Load().Current() }

// Epoch is the writer's; 0 while this process is none.
func (cat *Catalog) Epoch() int64 { return cat.held.Load().Epoch() }

// LakeID is the lake's own id, which a copy shares.
func (cat *Catalog) LakeID() string { return cat.id.ID }

// InPostgres says whether the catalog isn't in the lake's folder.
func (cat *Catalog) InPostgres() bool { return cat.dsn != "" }

// RawTable gives what is known of a raw table, false for any other.
func (cat *Catalog) RawTable(name string) (pages.RawTable, bool) {
	t, ok := cat.raw[name]
	return t, ok
}

// Close gives back the connections to the database.
func (cat *Catalog) Close() error {
	if cat.db == nil {
		return nil
	}
	return cat.db.Close()
}

func (cat *Catalog) open(ctx context.Context) error {
	var err error
	switch dsn := cat.dsn; {
	case dsn == "":
		cat.dialect = icesql.SQLite
		cat.db, err = sql.Open("sqlite", "file:"+cat.Disk.Database(store.CatalogFile)+sqlitePragmas)
	case strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://"):
		cat.dialect = icesql.Postgres
		cat.db, err = sql.Open(postgres.Driver, dsn)
	default:
		return pipeline.Errorf(pipeline.KindUsage, "open catalog", "", "the DSN begins with neither postgres:// nor postgresql://").
			WithHint("leave `catalog` in carat.yaml empty for SQLite inside the lake folder")
	}
	if err != nil {
		return err
	}
	if err = cat.reach(ctx); err == nil {
		err = identity.WantOwn(ctx, cat.db, cat.Disk, cat.dsn)
	}
	if err != nil {
		return identity.Unreached(err, cat.dsn)
	}
	ice, err := icesql.NewCatalog(Namespace, cat.db, cat.dialect, iceberg.Properties{})
	if err != nil {
		return fmt.Errorf("make catalog tables: %w", err)
	}
	for _, text := range []string{inventory.SQL, inventory.IndexSQL, ledgerSQL, fence.SQL, published.SQL} { // the links come with the form
		if _, err := cat.db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("make catalog tables: %w", err)
		}
	}
	if err := cat.claimCatalog(ctx, ice); err != nil || cat.form < FormLinks {
		return err
	}
	return cat.makeLinks(ctx)
}

// How often and after which wait a new database is asked again that another
// carat makes in the same moment: the switch to a write-ahead log is refused at
// once, whatever the pragma busy_timeout says.
const (
	reachTries = 600
	reachWait  = 50 * time.Millisecond
)

// reach connects to the database.
func (cat *Catalog) reach(ctx context.Context) error {
	err := cat.db.PingContext(ctx)
	for range reachTries {
		var locked *sqlite.Error
		if !errors.As(err, &locked) || locked.Code()&0xff != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(reachWait):
		}
		err = cat.db.PingContext(ctx)
	}
	return err
}

// claimCatalog makes the namespace, or checks that it is this lake's. A
// catalog in PostgreSQL isn't copied with the folder: two folders that both
// commit to it would lose each other's files.
func (cat *Catalog) claimCatalog(ctx context.Context, ice *icesql.Catalog) error {
	ns := table.Identifier{Namespace}
	exists, err := ice.CheckNamespaceExists(ctx, ns)
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	mine := iceberg.Properties{propLakeID: cat.id.ID, propLakeRoot: cat.Disk.Place(), propForm: strconv.Itoa(FormNow)}
	if !exists {
		if cat.Disk.HoldsTables() {
			return identity.Lost(cat.Disk, cat.dsn)
		}
		err := ice.CreateNamespace(ctx, ns, mine)
		if err == nil {
			cat.form = FormNow
			return nil
		}
		if !errors.Is(err, catalog.ErrNamespaceAlreadyExists) { // as another carat made it in the same moment
			return fmt.Errorf("make namespace: %w", err)
		}
	}
	props, err := ice.LoadNamespaceProperties(ctx, ns)
	if err == nil {
		cat.form, err = formOf(props)
		err = errors.Join(err, pointers.Lost(ctx, cat.db, cat.Disk.Root, props[propLakeID], cat.form))
	}
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	if id := props[propLakeID]; id != cat.id.ID {
		return pipeline.Errorf(pipeline.KindUsage, "open catalog", "", "it belongs to another lake (%s, in %s)", id, props[propLakeRoot]).
			WithHint("give each lake its own database or schema in `catalog` of carat.yaml")
	}
	if props[propLakeRoot] == cat.Disk.Place() {
		return nil
	}
	if cat.dialect == icesql.Postgres && identity.LiesIn(cat.Disk, props[propLakeRoot], cat.id.ID) {
		return pipeline.Errorf(pipeline.KindUsage, "open lake", cat.Disk.Place(), "it is a copy, and its catalog belongs to the lake in %s", props[propLakeRoot]).
			WithHint("copy the catalog's database too and name it in `catalog` of carat.yaml")
	}
	_, err = ice.UpdateNamespaceProperties(ctx, ns, nil, iceberg.Properties{propLakeRoot: cat.Disk.Place()})
	return err
}

// locations gives each table's current metadata file, as recorded.
func (cat *Catalog) locations(ctx context.Context) (map[string]string, error) {
	found, _, err := cat.current(ctx)
	return found, err
}

// current gives each table's current metadata file, as recorded, and the number of the
// last link, both of one moment.
func (cat *Catalog) current(ctx context.Context) (locations map[string]string, last int64, err error) {
	number := "(select coalesce(max(link_no), 0) from carat_links)"
	if cat.form < FormLinks {
		number = "0"
	}
	rows, err := cat.db.QueryContext(ctx, cat.bind(
		"select table_name, metadata_location, "+number+" from iceberg_tables where catalog_name = ? and table_namespace = ?"), Namespace, Namespace)
	if err != nil {
		return nil, 0, fmt.Errorf("read catalog: %w", err)
	}
	defer rows.Close()
	locations = map[string]string{}
	for rows.Next() {
		var name, location string
		if err := rows.Scan(&name, &location, &last); err != nil {
			return nil, 0, fmt.Errorf("read catalog: %w", err)
		}
		locations[name] = location
	}
	return locations, last, rows.Err()
}

// Refresh loads the tables that changed since they were last seen.
func (cat *Catalog) Refresh(ctx context.Context) error { return cat.refreshTables(ctx, true) }

// RefreshRaw is refresh for what needs what came in and no results: it only notes
// that tables of results changed. They are of as many snapshots as there were
// runs, and reading those takes a second after some years.
func (cat *Catalog) RefreshRaw(ctx context.Context) error { return cat.refreshTables(ctx, false) }

func (cat *Catalog) refreshTables(ctx context.Context, results bool) error {
	locations, last, err := cat.current(ctx)
	if err != nil {
		return err
	}
	cat.mu.Lock()
	defer cat.mu.Unlock()
	var changed []string
	for name, location := range locations {
		raw := !cat.isResult(name)
		have := cat.tables[name]
		switch moved := have == nil || have.Location != location; {
		case moved && (raw || results), results && have.Iceberg == nil:
			changed = append(changed, name)
		case moved:
			cat.tables[name] = &Table{Location: location}
		}
	}
	slices.Sort(changed)
	loaded := make([]*Table, len(changed))
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range changed {
		if own := cat.made[name]; own != nil && own.Location == locations[name] {
			loaded[i] = own // no need to read back what was written: of a hundred snapshots that is half of a small commit
			continue
		}
		all.Go(func() (err error) {
			loaded[i], err = cat.load(name, locations[name])
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for i, name := range changed {
		cat.tables[name] = loaded[i]
		delete(cat.made, name)
	}
	return cat.noteLast(ctx, last)
}

// isResult says whether a table holds results of runs.
func (cat *Catalog) isResult(name string) bool { return !cat.isRaw(name) && name != links.Table }

// isRaw says whether a table holds what came in, not results.
func (cat *Catalog) isRaw(name string) bool {
	_, raw := cat.raw[name]
	return raw || name == pages.RejectsTable
}

// Whole gives a table with its metadata, which RefreshRaw leaves out.
func (cat *Catalog) Whole(ctx context.Context, name string, t *Table) (*Table, error) {
	if t.Iceberg != nil {
		return t, nil
	}
	cat.mu.Lock()
	defer cat.mu.Unlock()
	have := cat.tables[name]
	if have != nil && have.Location == t.Location && have.Iceberg != nil {
		return have, nil
	}
	loaded, err := cat.load(name, t.Location)
	if err == nil && have != nil && have.Location == t.Location {
		cat.tables[name] = loaded
	}
	return loaded, err
}

func (cat *Catalog) load(name, location string) (*Table, error) {
	meta, err := parsed.Read(cat.files.ReadFile, location)
	if err != nil {
		return nil, fmt.Errorf("load table %s from %s: %w", name, location, err)
	}
	return &Table{Location: location, Iceberg: cat.TableOf(name, meta, location)}, nil
}

// TableOf gives a table in a state that may not be committed yet.
func (cat *Catalog) TableOf(name string, meta table.Metadata, location string) *table.Table {
	return table.New(table.Identifier{Namespace, name}, meta, location, cat.fsys, nil)
}

func (cat *Catalog) fsys(context.Context) (iceio.IO, error) { return cat.files, nil }

// Tables gives all tables as last seen, by name.
func (cat *Catalog) Tables() map[string]*Table {
	cat.mu.Lock()
	defer cat.mu.Unlock()
	return maps.Clone(cat.tables)
}

// Results gives the result tables as last seen, by name.
func (cat *Catalog) Results() map[string]*Table {
	tables := cat.Tables()
	maps.DeleteFunc(tables, func(name string, _ *Table) bool { return !cat.isResult(name) })
	return tables
}

// TableDir is where a table lies on this machine.
func (cat *Catalog) TableDir(table string) string {
	return filepath.Join(cat.Disk.Root, Namespace+".db", table)
}

// Table gives a table as last seen.
func (cat *Catalog) Table(name string) (*Table, bool) {
	cat.mu.Lock()
	defer cat.mu.Unlock()
	t, ok := cat.tables[name]
	return t, ok
}
