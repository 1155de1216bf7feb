package lake

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
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
// terms only, stays as it is. It gives the number of source files removed, and
// fails as misnamed when nothing is known of the person.
func (l *Lake) Erase(ctx context.Context, creatorID, folder string) (filesRemoved int, err error) {
	known, added := int64(0), []string(nil)
	err = l.people.Write(ctx, func(tx *sql.Tx) error {
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
		mentions, err := l.mentions(path, creatorID)
		if err != nil || !mentions {
			return err
		}
		filesRemoved++
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
			if err := l.people.Write(ctx, func(tx *sql.Tx) error { return people.Unforget(ctx, tx, added) }); err != nil {
				return 0, l.fail("erase", creatorID, err)
			}
		}
		return 0, pipeline.Misnamed("erase", creatorID, "", nil, "nothing is known of this creator as a person")
	}
	return filesRemoved, nil
}

// mentions says whether a kept file may hold an id. A packed file (zip,
// Parquet), whose bytes don't show it, is taken to.
func (l *Lake) mentions(path, id string) (bool, error) {
	sha, ext, _ := strings.Cut(filepath.Base(path), ".")
	if ext == "zip" || ext == "parquet" {
		return true, nil
	}
	r, err := l.sources.Text("creators", sha)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", path, err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", path, err)
	}
	return bytes.Contains(content, []byte(id)), nil
}
