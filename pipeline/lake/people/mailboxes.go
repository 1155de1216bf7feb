package people

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"carat/pipeline/feed/address"
)

// Which address a creator signs in by is kept beside the one that the files say: another
// one of a later file waits, so that a line of a file takes nobody's account over.

// newAddressWait is how long an address that a later file brings isn't signed in by.
const newAddressWait = 7 * 24 * time.Hour

// mailboxesTable is made when an address first changes. It is digested with the creators.
const mailboxesTable = `create table if not exists mailboxes (creator_id text primary key, address text not null, changed_at integer not null, told_at integer not null)`

func hasMailboxes(ctx context.Context, tx *sql.Tx) (yes bool, err error) {
	err = tx.QueryRowContext(ctx, "select count(*) > 0 from sqlite_master where type = 'table' and name = 'mailboxes'").Scan(&yes)
	return yes, err
}

// Mailbox is where a creator is written to about signing in.
type Mailbox struct {
	CreatorID string
	Address   string    // that is signed in by
	New       string    // another, that the files say now; "" for none
	Changed   time.Time // when a file brought it; zero without one
	Told      time.Time // when the one of before was told; zero before that
}

// From is when a new address is signed in by: newAddressWait after the one of before was
// told; zero before that.
func (m Mailbox) From() time.Time {
	if m.Told.IsZero() {
		return m.Told
	}
	return m.Told.Add(newAddressWait)
}

// now is the mailbox at a time: a new address counts once its time is over.
func (m Mailbox) now(at time.Time) Mailbox {
	if m.New != "" && !m.Told.IsZero() && !at.Before(m.From()) {
		return Mailbox{CreatorID: m.CreatorID, Address: m.New}
	}
	return m
}

// noteChanged keeps the address of before where a file says another one.
func noteChanged(ctx context.Context, tx *sql.Tx, creator, email string, now time.Time) error {
	var known string
	err := tx.QueryRowContext(ctx, "select email from people where creator_id = ?", creator).Scan(&known)
	if errors.Is(err, sql.ErrNoRows) || err == nil && address.Spelled(known) == address.Spelled(email) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, mailboxesTable); err != nil {
		return err
	}
	box, err := mailboxIn(ctx, tx, creator)
	if err != nil {
		return err
	}
	before := box.now(now).Address
	if before == "" && known == "" {
		return nil // there never was one, which nobody signed in by
	}
	if address.Spelled(before) == address.Spelled(email) { // it is as it was
		_, err = tx.ExecContext(ctx, "delete from mailboxes where creator_id = ?", creator)
		return err
	}
	_, err = tx.ExecContext(ctx, "insert or replace into mailboxes (creator_id, address, changed_at, told_at) values (?, ?, ?, 0)", creator, before, now.UnixMicro())
	return err
}

// mailboxIn reads where a creator is written to; the address is "" of who has none.
func mailboxIn(ctx context.Context, tx *sql.Tx, creator string) (box Mailbox, err error) {
	box.CreatorID = creator
	err = tx.QueryRowContext(ctx, "select email from people where creator_id = ?", creator).Scan(&box.Address)
	if errors.Is(err, sql.ErrNoRows) {
		return box, nil
	}
	has, err := orHas(ctx, tx, err)
	if err != nil || !has {
		return box, err
	}
	var before string
	var changed, told int64
	err = tx.QueryRowContext(ctx, "select address, changed_at, told_at from mailboxes not indexed where creator_id = ?", creator).Scan(&before, &changed, &told)
	if errors.Is(err, sql.ErrNoRows) {
		return box, nil
	}
	if err == nil && address.Spelled(before) != address.Spelled(box.Address) {
		box.New, box.Address, box.Changed = box.Address, before, time.UnixMicro(changed).UTC()
		if told != 0 {
			box.Told = time.UnixMicro(told).UTC()
		}
	}
	return box, err
}

func orHas(ctx context.Context, tx *sql.Tx, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	return hasMailboxes(ctx, tx)
}

// Mailboxes are where creators are written to.
type Mailboxes struct{ Store *Store }

// From gives when a new address is signed in by whose one of before is told at a time.
func (Mailboxes) From(told time.Time) time.Time { return told.Add(newAddressWait) }

// Of gives where a creator signs in by now: an address that a later file brought counts
// once its time is over.
func (m Mailboxes) Of(ctx context.Context, creator string, now time.Time) (box Mailbox, err error) {
	there, err := m.Store.present(ctx)
	if err != nil || !there {
		return box, err
	}
	err = m.Store.read(ctx, Persons, func(tx *sql.Tx) error {
		box, err = mailboxIn(ctx, tx, creator)
		return err
	})
	return box.now(now), m.Store.Disk.Fail("read people of", m.Store.Disk.Root, err)
}

// Any says, unguarded and at once, whether an address ever changed, or one did of which
// nobody was told yet.
func (m Mailboxes) Any(ctx context.Context, untold bool) (any bool, err error) {
	there, err := m.Store.present(ctx)
	if err != nil || !there {
		return false, err
	}
	err = m.Store.With(ctx, func(tx *sql.Tx) error {
		if has, err := hasMailboxes(ctx, tx); err != nil || !has {
			return err
		}
		return tx.QueryRowContext(ctx, "select count(*) > 0 from mailboxes where told_at = 0 or not ?", untold).Scan(&any)
	})
	return any, m.Store.Disk.Fail("read people of", m.Store.Disk.Root, err)
}

// Waiting gives the creators whose address waits.
func (m Mailboxes) Waiting(ctx context.Context, now time.Time) (list []Mailbox, err error) {
	there, err := m.Store.present(ctx)
	if err != nil || !there {
		return nil, err
	}
	err = m.Store.read(ctx, Persons, func(tx *sql.Tx) error {
		list = nil
		if has, err := hasMailboxes(ctx, tx); err != nil || !has {
			return err
		}
		rows, err := tx.QueryContext(ctx, "select creator_id from mailboxes not indexed order by creator_id")
		if err != nil {
			return err
		}
		defer rows.Close()
		var ids []string
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, id := range ids {
			box, err := mailboxIn(ctx, tx, id)
			if err != nil {
				return err
			}
			if box = box.now(now); box.New != "" {
				list = append(list, box)
			}
		}
		return nil
	})
	return list, m.Store.Disk.Fail("read people of", m.Store.Disk.Root, err)
}

// Told keeps that the address of before was told of the new one.
func (m Mailboxes) Told(ctx context.Context, creator string, at time.Time) error {
	return m.Store.Disk.Fail("keep who was told in", m.Store.Disk.Root, m.Store.Write(ctx, Persons, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "update mailboxes set told_at = ? where creator_id = ? and told_at = 0", at.UnixMicro(), creator)
		return err
	}))
}

// Now gives the address that the files say, unguarded and at once: what was begun by another
// one ends. "" for nobody's.
func (m Mailboxes) Now(ctx context.Context, creator string) (email string, err error) {
	there, err := m.Store.present(ctx)
	if err != nil || !there {
		return "", err
	}
	err = m.Store.With(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, "select email from people where creator_id = ?", creator).Scan(&email)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return email, m.Store.Disk.Fail("read people of", m.Store.Disk.Root, err)
}

// Hashes gives what makes the hash by which a record remembers where a letter went: of whom
// it was to, and the SHA-256 of the address, under the key of the store.
func (m Mailboxes) Hashes(ctx context.Context) (of func(creator, sha256 string) string, err error) {
	var secret []byte
	read := func(tx *sql.Tx) error {
		secret, err = key(ctx, tx, false)
		return err
	}
	if err := m.Store.With(ctx, read); err != nil {
		return nil, m.Store.Disk.Fail("read people of", m.Store.Disk.Root, err)
	}
	if secret == nil {
		if err := m.Store.Write(ctx, Persons, func(*sql.Tx) error { return nil }); err != nil {
			return nil, err
		}
		if err := m.Store.With(ctx, read); err != nil {
			return nil, m.Store.Disk.Fail("read people of", m.Store.Disk.Root, err)
		}
	}
	return func(creator, sha256 string) string { return keyed(secret, "letter to "+creator+"\x00"+sha256) }, nil
}
