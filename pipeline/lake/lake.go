package lake

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/certificates"
	"carat/pipeline/lake/identity"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/people"
	"carat/pipeline/lake/raw"
	"carat/pipeline/lake/seal"
	"carat/pipeline/lake/store"
	"carat/pipeline/lake/store/bucket"
)

// Config says where the lake is.
type Config struct {
	Root       string           // absolute path of the lake folder
	CatalogDSN string           // "": SQLite inside the lake folder; else postgres://…
	Now        func() time.Time // the clock, for the lock's notice; time.Now when nil
	Clock      func() time.Time // dates what is committed; time.Now when nil

	// Bucket is where the lake lies, s3://BUCKET/PREFIX with its settings (see package
	// bucket), and Root then its cache on this machine; "": it lies in Root.
	Bucket        string
	BucketOptions bucket.Options // tests alone set them
	People        string         // then the folder of what says who somebody is; "": it is refused
	CacheBytes    int64          // what of the cache stays when the lake is closed; 0: place.CacheBytes
	// Fresh opens a lake in a bucket on a whole copy of the bucket's bytes, for who verifies
	// them. It is removed when the lake is closed.
	Fresh bool

	// Upgrading opens a lake of an earlier form too, which Upgrade alone may write to.
	Upgrading bool

	// Fault is called before each step that writes, and after each commit; its
	// error stops the step. Tests alone set it, to cut the power there.
	Fault func(step, path string) error

	// Recorder gives who chains what the lake writes to its catalog's database, which
	// is there by then; nil: nobody does. It is asked once, with the file that the
	// catalog is in when it isn't in PostgreSQL.
	Recorder func(ctx context.Context, file string) (Recorder, error)
}

// Lake is an open lake. It is safe for concurrent use; writing needs Lock.
type Lake struct {
	cfg     Config
	disk    *store.Disk
	catalog *catalog.Catalog
	sources *raw.Files
	people  *people.Store
	codec   *pages.Codec
	opening *seal.Opening
	copied  string // the folder of a whole copy, see Config.Fresh

	// certificates are kept beside the tables; its methods are the lake's.
	*certificates.Folder

	rawInfo    map[string]rawTable
	rejects    []pages.Column
	links      []pipeline.Column          // of the table of links
	compactors map[string]pages.Compactor // by raw table
}

// Open opens the lake and makes what is missing of it: the folder, the
// catalog, the raw tables of every feed and the rejects table. It fails with
// KindUsage when the folder can't be written or the catalog can't be reached.
func Open(ctx context.Context, cfg Config) (*Lake, error) {
	if err := identity.CheckRoot(cfg.Root); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &store.Disk{Root: cfg.Root, Fault: cfg.Fault}
	l := &Lake{cfg: cfg, disk: d, sources: &raw.Files{Disk: d}, people: &people.Store{Disk: d, Now: cfg.Now}, rawInfo: maps.Clone(rawTables())}
	l.people.Chain = func() people.Chain {
		return people.Chain{DB: l.catalog.DB(), Bind: l.catalog.Listed().Bind, Record: l.catalog.Recorder.Record, Broken: seal.Broken}
	}
	var err error
	if l.rejects, err = pages.RejectColumns(); err != nil {
		return nil, err
	}
	if l.links, err = links.Columns(); err != nil {
		return nil, err
	}
	l.compactors = pages.Compactors(l.pageTables(), l.rejects)
	if l.codec, err = pages.NewCodec(); err != nil {
		return nil, err
	}
	if err := l.open(ctx); err != nil {
		_ = l.Close()
		return nil, l.disk.Fail("open lake", cfg.Root, identity.Scrub(err, cfg.CatalogDSN))
	}
	return l, nil
}

// CheckRoot is an error of usage when a lake can't have the path.
func CheckRoot(root string) error { return identity.CheckRoot(root) }

func (l *Lake) open(ctx context.Context) error {
	root := filepath.Clean(l.cfg.Root)
	if l.cfg.Bucket != "" {
		if err := l.openBucket(ctx, &root); err != nil {
			return err
		}
	} else if store.IsReadOnly(root) {
		return l.openReadOnly(ctx, root)
	}
	if err := identity.WantFiles(l.disk, l.cfg.CatalogDSN); err != nil {
		return err
	}
	for _, dir := range []string{root, filepath.Join(root, "staging"), filepath.Join(root, "raw"), filepath.Join(root, "people")} {
		if err := l.disk.MkdirAll(dir); err != nil {
			return err
		}
	}
	actual, err := filepath.EvalSymlinks(root)
	if err != nil {
		return err
	}
	l.cfg.Root, l.disk.Root = actual, actual
	if l.opening, err = seal.Enter(l.disk); err != nil {
		return err
	}
	if l.catalog, err = catalog.Open(ctx, l.disk, l.cfg.CatalogDSN, l.pageTables()); err != nil {
		return err
	}
	if !l.cfg.Upgrading {
		if err := l.catalog.WantForm(); err != nil {
			return err
		}
	}
	l.reachObjects()
	l.catalog.Codec, l.disk.MayRemove = l.codec, l.catalog.MayRemove
	l.catalog.Clock, l.Folder = l.cfg.Clock, certificates.New(l.disk, l.catalog)
	if err := l.openRecorder(ctx); err != nil {
		return err
	}
	if err := l.catalog.BeginLedger(ctx); err != nil {
		return err
	}
	if l.catalog.Form() < catalog.FormNow {
		return l.catalog.RefreshRaw(ctx) // it is made whole once it is upgraded
	}
	return l.ensure(ctx)
}

// ensure makes what is missing of the tables.
func (l *Lake) ensure(ctx context.Context) error {
	if err := l.catalog.Ensure(ctx, l.shapes()); err != nil {
		return err
	}
	return l.catalog.RefreshRaw(ctx)
}

// openRecorder asks who chains what the lake writes.
func (l *Lake) openRecorder(ctx context.Context) (err error) {
	if l.cfg.Recorder != nil {
		l.catalog.Recorder, err = l.cfg.Recorder(ctx, l.CatalogPath())
	}
	return err
}

// Close gives back what the lake holds open.
func (l *Lake) Close() error {
	var err error
	if l.catalog != nil {
		err = l.catalog.Close()
	}
	if l.opening != nil {
		err = errors.Join(err, l.opening.Leave())
		l.opening = nil
	}
	if l.ReadOnly() {
		err = errors.Join(err, os.RemoveAll(l.disk.Databases))
	}
	if l.copied != "" {
		err = errors.Join(err, os.RemoveAll(l.copied))
	}
	return err
}

func (l *Lake) fail(action, object string, err error) error { return l.disk.Fail(action, object, err) }

// Root is the lake's folder.
func (l *Lake) Root() string { return l.cfg.Root }

// DB is the catalog's database, in which Publish runs its transaction.
func (l *Lake) DB() *sql.DB { return l.catalog.DB() }

// StagingDir makes a folder for files on their way into the lake, on its file
// system. Everything in it is swept when the lock is next taken.
func (l *Lake) StagingDir(name string) (string, error) {
	return l.disk.StagingDir(name)
}
