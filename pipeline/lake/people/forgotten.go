package people

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"

	"carat/pipeline"
)

// forgottenTables hold who was erased: a hash of each id under a key that lies
// nowhere else, so that an id can be asked for and none be read out.
const forgottenTables = `create table if not exists forgotten_key (key blob not null);
create table if not exists forgotten (subject text primary key)`

// Forget takes a person out of the store and remembers, by a keyed hash, that they
// were: of the id, of what ids that look like it fold to, of the name of their folder of
// statements, and of name and address together. It says how much was known, and what is
// remembered that wasn't before.
func Forget(ctx context.Context, tx *sql.Tx, creatorID, folder string) (known int64, added []string, err error) {
	key, err := key(ctx, tx, true)
	if err != nil {
		return 0, nil, err
	}
	marks, err := marksIn(ctx, tx, creatorID)
	if err != nil {
		return 0, nil, err
	}
	queries := []string{"delete from people where creator_id = ?", "delete from payees where payee_id = ?"}
	if has, err := hasMailboxes(ctx, tx); err != nil {
		return 0, nil, err
	} else if has {
		queries = append(queries, "delete from mailboxes where creator_id = ?")
	}
	if asked, err := asked(ctx, tx); err != nil {
		return 0, nil, err
	} else if asked {
		queries = append(queries, "delete from questions where creator_id = ?")
	}
	for _, query := range queries {
		res, err := tx.ExecContext(ctx, query, creatorID)
		if err != nil {
			return 0, nil, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return 0, nil, err
		}
		known += n
	}
	erased, err := forgetAttached(ctx, tx, creatorID)
	if err != nil {
		return 0, nil, err
	}
	known += erased
	for _, subject := range append(subjects(creatorID, folder), marks...) {
		hash := keyed(key, subject)
		res, err := tx.ExecContext(ctx, "insert into forgotten (subject) values (?) on conflict do nothing", hash)
		if err != nil {
			return 0, nil, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return 0, nil, err
		}
		if n > 0 {
			added = append(added, hash)
		}
	}
	return known, added, nil
}

// Unforget takes back what Forget added to what is remembered, of an id of which nothing
// was known: it was misspelt, and whoever has it may come yet.
func Unforget(ctx context.Context, tx *sql.Tx, added []string) error {
	for _, hash := range added {
		if _, err := tx.ExecContext(ctx, "delete from forgotten where subject = ?", hash); err != nil {
			return err
		}
	}
	return nil
}

// subjects are what is remembered of a person who was erased.
func subjects(creatorID, folder string) []string {
	return []string{"id " + creatorID, "folded " + folded(creatorID), "folder " + folder}
}

// marksIn are the marks of what is known of a person.
func marksIn(ctx context.Context, tx *sql.Tx, id string) ([]string, error) {
	one := pipeline.Person{CreatorID: id}
	err := tx.QueryRowContext(ctx, "select display_name, email from people where creator_id = ?", id).Scan(&one.DisplayName, &one.Email)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	i := &one.Identity
	err = tx.QueryRowContext(ctx, "select legal_name, tax_ids, account, email from payees where payee_id = ?", id).Scan(&i.LegalName, &i.TaxIDs, &i.Account, &i.Email)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	return marks(one), nil
}

// forgottenPerson says whether a person was erased: by the id, by one that looks like
// it, or by name and address under any id.
func forgottenPerson(forgotten func(subject string) bool, one pipeline.Person) bool {
	fold := folded(one.CreatorID)
	return forgotten("id "+one.CreatorID) || forgotten("folded "+fold) || forgotten("id "+fold) || slices.ContainsFunc(marks(one), forgotten)
}

// key gives the key of the hashes, made when it is first needed; nil when there is
// none.
func key(ctx context.Context, tx *sql.Tx, make bool) (key []byte, err error) {
	err = tx.QueryRowContext(ctx, "select key from forgotten_key").Scan(&key)
	if !errors.Is(err, sql.ErrNoRows) || !make {
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return key, err
	}
	key = []byte(rand.Text() + rand.Text())
	_, err = tx.ExecContext(ctx, "insert into forgotten_key (key) values (?)", key)
	return key, err
}

func keyed(key []byte, subject string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(subject))
	return hex.EncodeToString(h.Sum(nil))
}

// forgottenIn gives what asks whether a subject was erased.
func forgottenIn(ctx context.Context, tx *sql.Tx) (func(subject string) bool, error) {
	key, err := key(ctx, tx, false)
	if err != nil || key == nil {
		return func(string) bool { return false }, err
	}
	rows, err := tx.QueryContext(ctx, "select subject from forgotten")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]bool{}
	for rows.Next() {
		var hash string
		if err := rows.Scan(&hash); err != nil {
			return nil, err
		}
		all[hash] = true
	}
	return func(subject string) bool { return all[keyed(key, subject)] }, rows.Err()
}

// Known leaves those people out who were erased, and says how often they were named.
func (p *Store) Known(ctx context.Context, people []pipeline.Person) (known []pipeline.Person, erased int64, err error) {
	there, err := p.kept()
	if len(people) == 0 || err != nil || !there {
		return people, 0, err
	}
	err = p.read(ctx, Persons, func(tx *sql.Tx) error {
		forgotten, err := forgottenIn(ctx, tx)
		if err != nil {
			return err
		}
		known, erased = nil, 0
		for _, one := range people {
			if forgottenPerson(forgotten, one) {
				erased++
			} else {
				known = append(known, one)
			}
		}
		return nil
	})
	return known, erased, err
}

// Forgot says whether anybody was ever erased.
func (p *Store) Forgot(ctx context.Context) (anybody bool, err error) {
	there, err := p.kept()
	if err != nil || !there {
		return false, err
	}
	err = p.read(ctx, Persons, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "select count(*) > 0 from forgotten").Scan(&anybody)
	})
	return anybody, err
}

// ForgottenFolders gives what says whether a folder of statements was an erased
// person's.
func (p *Store) ForgottenFolders(ctx context.Context) (is func(folder string) bool, err error) {
	is = func(string) bool { return false }
	there, err := p.kept()
	if err != nil || !there {
		return is, err
	}
	err = p.read(ctx, Persons, func(tx *sql.Tx) error {
		forgotten, err := forgottenIn(ctx, tx)
		if err == nil {
			is = func(folder string) bool { return forgotten("folder " + folder) }
		}
		return err
	})
	return is, p.Disk.Fail("read people of", p.Disk.Root, err)
}
