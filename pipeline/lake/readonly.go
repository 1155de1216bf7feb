package lake

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/store"
)

// A lake on media that can't be written to is read: its databases, which SQLite
// opens to write its log, are copied to a folder of their own for as long as the lake
// is open. What is recorded there is lost with it, and whoever opened the lake is to say so.

// ReadOnly says whether the lake lies where nothing can be written.
func (l *Lake) ReadOnly() bool { return l.disk.Databases != "" }

// CatalogPath is the file of the SQLite database that the catalog is in.
func (l *Lake) CatalogPath() string { return l.disk.Database(store.CatalogFile) }

// accessWrite asks whether a folder may be written to (unistd.h's W_OK).
const accessWrite = 2

// readOnly says whether a lake lies in a folder, and can't be written to.
func readOnly(root string) bool {
	if !store.Exists(filepath.Join(root, "lake.json")) {
		return false
	}
	err := syscall.Access(root, accessWrite)
	return errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.EACCES)
}

// openReadOnly is open of a lake that can't be written to.
func (l *Lake) openReadOnly(ctx context.Context, root string) (err error) {
	if l.cfg.Root, err = filepath.EvalSymlinks(root); err != nil {
		return err
	}
	l.disk.Root = l.cfg.Root
	if err := catalog.WantFiles(l.disk, l.cfg.CatalogDSN); err != nil {
		return err
	}
	if err := l.copyDatabases(); err != nil {
		return err
	}
	if l.catalog, err = catalog.Open(ctx, l.disk, l.cfg.CatalogDSN, l.pageTables()); err != nil {
		return err
	}
	if err := l.openRecorder(ctx); err != nil {
		return err
	}
	return l.catalog.RefreshRaw(ctx)
}

// copyDatabases puts copies of the databases of a lake, with SQLite's logs, where they
// can be opened.
func (l *Lake) copyDatabases() error {
	folder, err := os.MkdirTemp("", "carat-readonly-")
	if err != nil {
		return err
	}
	l.disk.Databases = folder
	for _, name := range []string{store.CatalogFile, store.PeopleFile} {
		for _, ending := range []string{"", "-wal"} {
			from, to := filepath.Join(l.disk.Root, filepath.FromSlash(name)+ending), l.disk.Database(name)+ending
			if !store.Exists(from) {
				continue
			}
			if err := copyFile(from, to); err != nil {
				return err
			}
		}
	}
	return nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// refuseReadOnly is a usage error where nothing can be written.
func (l *Lake) refuseReadOnly() error {
	if !l.ReadOnly() {
		return nil
	}
	return pipeline.Errorf(pipeline.KindUsage, "lock lake", l.cfg.Root, "it lies where nothing can be written").
		WithHint("`carat verify`, `query` and `trace` read it as it is; copy it to a disk to write to it")
}
