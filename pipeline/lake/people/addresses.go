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

// addressesTable is made when somebody of the staff first gets an address. As with logins the
// chain holds a hash under a key that lies here, so that nothing else need guard a row.
const addressesTable = `create table if not exists addresses (person text primary key, address text not null, address_key blob not null)`

func hasAddresses(ctx context.Context, tx *sql.Tx) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, "select count(*) > 0 from sqlite_master where type = 'table' and name = 'addresses'").Scan(&yes)
	return yes, err
}

func addressHash(key []byte, person, address string) string {
	h := hmac.New(sha256.New, key)
	for _, part := range []string{"carat address", person, address} {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// PutAddress keeps where somebody of the staff is written to, under a new key, in the place
// of what was kept, and gives the hash for the record. No address ("") takes it away.
func (l Logins) PutAddress(ctx context.Context, person, address string) (hash string, err error) {
	key := make([]byte, loginKeyBytes)
	_, _ = rand.Read(key) // which never fails
	err = l.Store.Write(ctx, Saved, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, addressesTable); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "delete from addresses where person = ?", person); err != nil || address == "" {
			return err
		}
		hash = addressHash(key, person, address)
		_, err := tx.ExecContext(ctx, "insert into addresses (person, address, address_key) values (?, ?, ?)", person, address, key)
		return err
	})
	return hash, l.Store.Disk.Fail("keep an address in", l.Store.Disk.Root, err)
}

// Address gives where somebody of the staff is written to, if it is the address of a hash
// that a record says; "" for any other, and for nobody's.
func (l Logins) Address(ctx context.Context, person, hash string) (address string, err error) {
	there, err := l.Store.present(ctx)
	if err != nil || !there || hash == "" {
		return "", err
	}
	err = l.Store.With(ctx, func(tx *sql.Tx) error {
		address = ""
		if has, err := hasAddresses(ctx, tx); err != nil || !has {
			return err
		}
		var kept string
		var key []byte
		err := tx.QueryRowContext(ctx, "select address, address_key from addresses where person = ?", person).Scan(&kept, &key)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil && len(key) == loginKeyBytes && addressHash(key, person, kept) == hash {
			address = kept
		}
		return err
	})
	return address, l.Store.Disk.Fail("read an address of", l.Store.Disk.Root, err)
}
