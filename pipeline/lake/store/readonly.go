package store

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// CopyDatabases puts copies of the databases of a lake, with SQLite's logs, where they
// can be opened: a folder of their own, which Databases then names and the caller
// removes, also after an error.
func (d *Disk) CopyDatabases() error {
	folder, err := os.MkdirTemp("", "carat-readonly-")
	if err != nil {
		return err
	}
	d.Databases = folder
	for _, name := range []string{CatalogFile, PeopleFile} {
		for _, ending := range []string{"", "-wal"} {
			from, to := filepath.Join(d.Root, filepath.FromSlash(name)+ending), d.Database(name)+ending
			if !Exists(from) {
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
