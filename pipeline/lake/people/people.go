package people

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/store"
)

// pendingPeople is the name, in a batch's staging folder, of the people that
// its rows name. It is written before the commit and taken after it.
const pendingPeople = "people.ndjson"

// Store is what is known of persons, outside the history.
type Store struct {
	Disk *store.Disk
	Now  func() time.Time // the clock
	// Chain gives what chains the rows; nil: nothing does.
	Chain func() Chain
}

// Named gives whom a row of a feed names, copied out of the buffer of its file; false
// where it names nobody.
func Named(row any) (who pipeline.Person, named bool) {
	switch r := row.(type) {
	case *pipeline.Creator:
		p := r.Person
		who = pipeline.Person{CreatorID: strings.Clone(p.CreatorID), DisplayName: strings.Clone(p.DisplayName), Email: strings.Clone(p.Email)}
	case *pipeline.Payee:
		i := r.Identity
		who = pipeline.Person{CreatorID: strings.Clone(r.PayeeID), Identity: pipeline.Identity{LegalName: strings.Clone(i.LegalName),
			Address: strings.Clone(i.Address), BirthDate: strings.Clone(i.BirthDate), TaxIDs: strings.Clone(i.TaxIDs), Account: strings.Clone(i.Account), Email: strings.Clone(i.Email)}}
	default: // a month's gifts, row by row
		return who, false
	}
	return who, who != (pipeline.Person{})
}

// WritePending writes the people that a batch names into its staging folder,
// before the commit.
func (p *Store) WritePending(dir, batchID string, people []pipeline.Person) error {
	if len(people) == 0 {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, one := range people {
		if err := enc.Encode(one); err != nil {
			return err
		}
	}
	return p.Disk.Write(filepath.Join(dir, pendingPeople), b.Bytes())
}

// TakePending puts a committed batch's people into the store.
func (p *Store) TakePending(ctx context.Context, dir string) error {
	f, err := os.Open(filepath.Join(dir, pendingPeople))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return p.Write(ctx, Persons, func(tx *sql.Tx) error {
		forgotten, err := forgottenIn(ctx, tx) // perhaps since the batch was committed
		if err != nil {
			return err
		}
		dec := json.NewDecoder(bufio.NewReader(f))
		for {
			var one pipeline.Person
			if err := dec.Decode(&one); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			if forgottenPerson(forgotten, one) {
				continue
			}
			if i := one.Identity; i != (pipeline.Identity{}) {
				if _, err := tx.ExecContext(ctx, `insert or replace into payees (payee_id, legal_name, address, birth_date, tax_ids, account, email) values (?, ?, ?, ?, ?, ?, ?)`,
					one.CreatorID, i.LegalName, i.Address, i.BirthDate, i.TaxIDs, i.Account, i.Email); err != nil {
					return err
				}
				continue
			}
			if err := noteChanged(ctx, tx, one.CreatorID, one.Email, p.Now()); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `insert into people (creator_id, display_name, email) values (?, ?, ?)
				on conflict (creator_id) do update set display_name = excluded.display_name, email = excluded.email`,
				one.CreatorID, one.DisplayName, one.Email); err != nil {
				return err
			}
		}
	})
}

// With runs a transaction on the store of people. secure_delete makes
// SQLite overwrite what is deleted.
func (p *Store) With(ctx context.Context, do func(*sql.Tx) error) (err error) {
	return p.with(ctx, "", do)
}

// immediate makes a transaction lock the store when it begins: two that write wait for
// each other then, where else the second would fail.
const immediate = "&_txlock=immediate"

func (p *Store) with(ctx context.Context, lock string, do func(*sql.Tx) error) (err error) {
	if _, err := p.kept(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+p.Disk.Database(store.PeopleFile)+
		"?_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)&_pragma=secure_delete(ON)"+lock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "create table if not exists people (creator_id text primary key, display_name text not null, email text not null);"+payeesTable+forgottenTables); err != nil {
		return err
	}
	if err := addEmail(ctx, db); err != nil {
		return err
	}
	if err := p.noteMade(); err != nil {
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

// payeesTable holds who is paid as a tax return names them.
const payeesTable = `create table if not exists payees (payee_id text primary key, legal_name text not null, address text not null,
	birth_date text not null, tax_ids text not null, account text not null, email text not null default '');
`

// addEmail adds the column to a table of payees of before it had one.
func addEmail(ctx context.Context, db *sql.DB) error {
	var has bool
	err := db.QueryRowContext(ctx, "select count(*) > 0 from pragma_table_info('payees') where name = 'email'").Scan(&has)
	if err == nil && !has {
		_, err = db.ExecContext(ctx, "alter table payees add column email text not null default ''")
	}
	return err
}

// Payees gives who is paid, by id, as last ingested.
func (p *Store) Payees(ctx context.Context) (map[string]pipeline.Identity, error) {
	payees := map[string]pipeline.Identity{}
	there, err := p.present(ctx)
	if err != nil || !there {
		return payees, err
	}
	err = p.read(ctx, Persons, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "select payee_id, legal_name, address, birth_date, tax_ids, account, email from payees")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			var i pipeline.Identity
			if err := rows.Scan(&id, &i.LegalName, &i.Address, &i.BirthDate, &i.TaxIDs, &i.Account, &i.Email); err != nil {
				return err
			}
			payees[id] = i
		}
		return rows.Err()
	})
	return payees, p.Disk.Fail("read payees of", p.Disk.Root, err)
}

// All gives the names and addresses of creators by id, as last ingested.
func (p *Store) All(ctx context.Context) (map[string]pipeline.Person, error) {
	people := map[string]pipeline.Person{}
	there, err := p.present(ctx)
	if err != nil || !there {
		return people, err
	}
	err = p.read(ctx, Persons, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "select creator_id, display_name, email from people")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one pipeline.Person
			if err := rows.Scan(&one.CreatorID, &one.DisplayName, &one.Email); err != nil {
				return err
			}
			people[one.CreatorID] = one
		}
		return rows.Err()
	})
	return people, p.Disk.Fail("read people of", p.Disk.Root, err)
}

// Save writes a consistent copy of the store of people to a file that is
// not there yet; false when there is no store.
func (p *Store) Save(ctx context.Context, file string) (saved bool, err error) {
	there, err := p.kept()
	if err != nil || !there {
		return false, err
	}
	db, err := sql.Open("sqlite", "file:"+p.Disk.Database(store.PeopleFile)+"?_pragma=busy_timeout(10000)&mode=ro")
	if err != nil {
		return false, p.Disk.Fail("save people of", p.Disk.Root, err)
	}
	_, err = db.ExecContext(ctx, "vacuum into ?", file)
	return err == nil, p.Disk.Fail("save people of", p.Disk.Root, errors.Join(err, db.Close()))
}
