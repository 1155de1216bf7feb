package people

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"carat/pipeline"
	"carat/pipeline/lake/store"
)

// madeFile is an empty file of the lake's folder: a store of people was made here. It
// lies apart from the store, so that a store that is gone is not taken for one that
// there never was: names would be missing without a word, and who was erased would
// come back with the next file.
const madeFile = "people-kept"

// kept says whether there is a store of people; a verification error when there was one.
func (p *Store) kept() (bool, error) {
	if store.Exists(p.Disk.Database(store.PeopleFile)) {
		return true, nil
	}
	if !store.Exists(filepath.Join(p.Disk.Root, madeFile)) {
		return false, nil
	}
	return false, pipeline.Errorf(pipeline.KindVerification, "read people of", p.Disk.Root, "%s is gone: names, addresses and who was erased are not known without it", store.PeopleFile).
		WithHint("put it back, or copy lake/%s from the newest backup and remove catalog.sqlite-seal, which is of the one that is gone. Where there is no backup: remove %s, ingest a full file of creators, and erase again whom `carat query \"select query from access where verb = 'erase'\"` lists",
			store.PeopleFile, filepath.Join(p.Disk.Root, madeFile))
}

// noteMade leaves the mark that there is a store, once.
func (p *Store) noteMade() error {
	if p.Disk.Databases != "" {
		return nil // the lake can't be written to
	}
	f, err := os.OpenFile(filepath.Join(p.Disk.Root, madeFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
