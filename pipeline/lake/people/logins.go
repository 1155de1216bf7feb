package people

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
)

// Login is who somebody is at a provider of sign-ins, and whose that is here.
type Login struct {
	Person, Issuer, Subject string
	Hash                    string // by which a record of the chain tells of it
}

// Logins are who people are at a provider. They lie with names and addresses, so that they
// go when a person ends. The chain holds a hash of each under a key that lies here: a row
// that another program changed has no such hash, so that nothing else need guard them.
type Logins struct{ Store *Store }

// loginKeyBytes is how long each key is; one of another length is none.
const loginKeyBytes = 32

// loginsTable is made when somebody is first linked.
const loginsTable = `create table if not exists logins (issuer text not null, subject text not null, person text not null, login_key blob not null, primary key (issuer, subject))`

func hasLogins(ctx context.Context, tx *sql.Tx) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, "select count(*) > 0 from sqlite_master where type = 'table' and name = 'logins'").Scan(&yes)
	return yes, err
}

// Put keeps that somebody is a person, under a new key, in the place of what was kept of
// them, and gives it with its hash.
func (l Logins) Put(ctx context.Context, one Login) (Login, error) {
	key := make([]byte, loginKeyBytes)
	_, _ = rand.Read(key) // which never fails
	err := l.Store.Write(ctx, Saved, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, loginsTable); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "insert or replace into logins (issuer, subject, person, login_key) values (?, ?, ?, ?)", one.Issuer, one.Subject, one.Person, key)
		return err
	})
	one.Hash = one.hash(key)
	return one, l.Store.Disk.Fail("keep who signs in of", l.Store.Disk.Root, err)
}

// hash is over the length of each part too, so that no two logins have one text.
func (one Login) hash(key []byte) string {
	h := hmac.New(sha256.New, key)
	for _, part := range []string{"carat login", one.Issuer, one.Subject} {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Find gives whose a subject of an issuer is; false for nobody's.
func (l Logins) Find(ctx context.Context, issuer, subject string) (one Login, found bool, err error) {
	there, err := l.Store.present(ctx)
	if err != nil || !there {
		return one, false, err
	}
	one = Login{Issuer: issuer, Subject: subject}
	err = l.Store.With(ctx, func(tx *sql.Tx) error {
		if has, err := hasLogins(ctx, tx); err != nil || !has {
			return err
		}
		var key []byte
		err := tx.QueryRowContext(ctx, "select person, login_key from logins where issuer = ? and subject = ?", issuer, subject).Scan(&one.Person, &key)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if found = err == nil && len(key) == loginKeyBytes; found {
			one.Hash = one.hash(key)
		}
		return err
	})
	return one, found, l.Store.Disk.Fail("read who signs in of", l.Store.Disk.Root, err)
}

// Forget erases who a person is at any provider, where they are written to and what they saved, with the keys: nothing in the chain tells
// of them from then on.
func (l Logins) Forget(ctx context.Context, person string) error {
	there, err := l.Store.present(ctx)
	if err != nil || !there {
		return err
	}
	return l.Store.Disk.Fail("erase who signs in of", l.Store.Disk.Root, l.Store.Write(ctx, Saved, func(tx *sql.Tx) error {
		for table, has := range map[string]func(context.Context, *sql.Tx) (bool, error){"logins": hasLogins, "addresses": hasAddresses, "views": hasViews} {
			there, err := has(ctx, tx)
			if err == nil && there {
				_, err = tx.ExecContext(ctx, "delete from "+table+" where person = ?", person)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
}
