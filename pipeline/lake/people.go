package lake

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/pipeline"
)

// pendingPeople is the name, in a batch's staging folder, of the people that
// its rows name. It is written before the commit and taken after it.
const pendingPeople = "people.ndjson"

func clonePerson(p pipeline.Person) pipeline.Person {
	return pipeline.Person{CreatorID: strings.Clone(p.CreatorID), DisplayName: strings.Clone(p.DisplayName), Email: strings.Clone(p.Email)}
}

// allPeople gives the people of the batch in the order of the source.
func (s *Stage[T, P]) allPeople() []pipeline.Person {
	var seqs []int
	for seq := range s.people {
		seqs = append(seqs, seq)
	}
	slices.Sort(seqs)
	var all []pipeline.Person
	for _, seq := range seqs {
		all = append(all, s.people[seq]...)
	}
	return all
}

func (l *Lake) writePending(dir, batchID string, people []pipeline.Person) error {
	if len(people) == 0 {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, p := range people {
		if err := enc.Encode(p); err != nil {
			return err
		}
	}
	return l.disk.write(filepath.Join(dir, pendingPeople), b.Bytes())
}

// takePending puts a committed batch's people into the store.
func (l *Lake) takePending(ctx context.Context, dir string) error {
	f, err := os.Open(filepath.Join(dir, pendingPeople))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return l.withPeople(ctx, func(tx *sql.Tx) error {
		dec := json.NewDecoder(bufio.NewReader(f))
		for {
			var p pipeline.Person
			if err := dec.Decode(&p); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `insert into people (creator_id, display_name, email) values (?, ?, ?)
				on conflict (creator_id) do update set display_name = excluded.display_name, email = excluded.email`,
				p.CreatorID, p.DisplayName, p.Email); err != nil {
				return err
			}
		}
	})
}

// withPeople runs a transaction on the store of people. secure_delete makes
// SQLite overwrite what is deleted.
func (l *Lake) withPeople(ctx context.Context, do func(*sql.Tx) error) (err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(l.cfg.Root, "people", "people.sqlite")+
		"?_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)&_pragma=secure_delete(ON)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "create table if not exists people (creator_id text primary key, display_name text not null, email text not null)"); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// People gives the names and addresses of creators by id, as last ingested.
func (l *Lake) People(ctx context.Context) (map[string]pipeline.Person, error) {
	people := map[string]pipeline.Person{}
	if !fileExists(filepath.Join(l.cfg.Root, "people", "people.sqlite")) {
		return people, nil
	}
	err := l.withPeople(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "select creator_id, display_name, email from people")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p pipeline.Person
			if err := rows.Scan(&p.CreatorID, &p.DisplayName, &p.Email); err != nil {
				return err
			}
			people[p.CreatorID] = p
		}
		return rows.Err()
	})
	return people, l.fail("read people of", l.cfg.Root, err)
}

// Erase forgets a person: the name, the address, and the kept source files of
// the creators feed that mention the id. The history, which holds ids and
// terms only, stays as it is. It gives the number of source files removed, and
// fails with KindNotFound when nothing is known of the person.
func (l *Lake) Erase(ctx context.Context, creatorID string) (filesRemoved int, err error) {
	known := int64(0)
	err = l.withPeople(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "delete from people where creator_id = ?", creatorID)
		if err != nil {
			return err
		}
		known, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return 0, l.fail("erase", creatorID, err)
	}
	err = filepath.WalkDir(l.rawDir("creators"), func(path string, d fs.DirEntry, err error) error {
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
		if err := l.disk.remove(path); err != nil {
			return err
		}
		return l.unlist(ctx, path)
	})
	if err != nil {
		return filesRemoved, l.fail("erase", creatorID, err)
	}
	if known == 0 && filesRemoved == 0 {
		return 0, pipeline.Errorf(pipeline.KindNotFound, "erase", creatorID, "nothing is known of this creator as a person")
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
	r, err := l.plainText("creators", sha)
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
