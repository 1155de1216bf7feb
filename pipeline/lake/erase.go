package lake

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"carat/pipeline"
	"carat/pipeline/lake/people"
)

// Erase forgets a person: the name, the address, and the kept source files of
// the creators feed that mention the id. That they were erased is remembered by a
// keyed hash, so that the next file which names them brings nothing back; folder
// is the name of their statements' folder. The history, which holds ids and
// terms only, stays as it is. removing is told the hash of each source file before it is
// removed. It gives the number of them, and fails as misnamed when nothing is known of the person.
func (l *Lake) Erase(ctx context.Context, creatorID, folder string, removing func(sha256 string) error) (filesRemoved int, err error) {
	known, added := int64(0), []string(nil)
	err = l.people.Write(ctx, people.Everything, func(tx *sql.Tx) error {
		var err error
		known, added, err = people.Forget(ctx, tx, creatorID, folder)
		return err
	})
	if err != nil {
		return 0, l.fail("erase", creatorID, err)
	}
	err = filepath.WalkDir(l.sources.Dir("creators"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		mentions, err := l.sources.Mentions(path, creatorID)
		if err != nil || !mentions {
			return err
		}
		filesRemoved++
		sha256, _, _ := strings.Cut(filepath.Base(path), ".")
		if err := removing(sha256); err != nil {
			return err
		}
		if err := l.disk.Remove(path); err != nil {
			return err
		}
		return l.catalog.Listed().Remove(ctx, path)
	})
	if err != nil {
		return filesRemoved, l.fail("erase", creatorID, err)
	}
	if known == 0 && filesRemoved == 0 {
		if len(added) > 0 {
			if err := l.people.Write(ctx, people.Persons, func(tx *sql.Tx) error { return people.Unforget(ctx, tx, added) }); err != nil {
				return 0, l.fail("erase", creatorID, err)
			}
		}
		return 0, pipeline.Misnamed("erase", creatorID, "", nil, "nothing is known of this creator as a person")
	}
	return filesRemoved, nil
}

// Alike gives the ids, other than one, that look like it and that something is known of
// as of a person: those that are the same person's by name, address or account, or of
// which nothing tells otherwise, and those that are somebody else's.
func (l *Lake) Alike(ctx context.Context, id string) (same, others []string, err error) {
	all, err := l.people.All(ctx)
	if err != nil {
		return nil, nil, err
	}
	payees, err := l.people.Payees(ctx)
	same, others = people.Alike(id, all, payees)
	return same, others, err
}
