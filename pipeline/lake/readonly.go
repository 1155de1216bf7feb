package lake

import (
	"context"
	"path/filepath"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/certificates"
	"carat/pipeline/lake/identity"
	"carat/pipeline/lake/store"
)

// A lake on media that can't be written to is read: its databases, which SQLite
// opens to write its log, are copied to a folder of their own for as long as the lake
// is open. What is recorded there is lost with it, and whoever opened the lake is to say so.

// ReadOnly says whether the lake lies where nothing can be written.
func (l *Lake) ReadOnly() bool { return l.disk.Databases != "" }

// CatalogPath is the file of the SQLite database that the catalog is in.
func (l *Lake) CatalogPath() string { return l.disk.Database(store.CatalogFile) }

// openReadOnly is open of a lake that can't be written to.
func (l *Lake) openReadOnly(ctx context.Context, root string) (err error) {
	if l.cfg.Root, err = filepath.EvalSymlinks(root); err != nil {
		return err
	}
	l.disk.Root = l.cfg.Root
	if err := identity.WantFiles(l.disk, l.cfg.CatalogDSN); err != nil {
		return err
	}
	if err := l.disk.CopyDatabases(); err != nil {
		return err
	}
	if l.catalog, err = catalog.Open(ctx, l.disk, l.cfg.CatalogDSN, l.pageTables()); err != nil {
		return err
	}
	if err := l.catalog.WantForm(); err != nil {
		return err
	}
	l.Folder = certificates.New(l.disk, l.catalog)
	if err := l.openRecorder(ctx); err != nil {
		return err
	}
	return l.catalog.RefreshRaw(ctx)
}

// WantWritable is a usage error where nothing can be written: for whatever writes without
// the lock, to the state.
func (l *Lake) WantWritable() error {
	if !l.ReadOnly() {
		return nil
	}
	return pipeline.Errorf(pipeline.KindUsage, "lock lake", l.cfg.Root, "it lies where nothing can be written").
		WithHint("`carat verify`, `query` and `trace` read it as it is; copy it to a disk to write to it")
}
