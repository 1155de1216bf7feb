package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"carat/pipeline"
)

// Where the sending of a statement stands.
const (
	SentSending = "sending" // begun; after a crash: unknown
	SentDone    = "sent"    // the server took it
)

// Sent is a statement that was mailed: what it said is RowsSHA256, so one that
// says something else is another.
type Sent struct {
	Period                      pipeline.Period
	CreatorID, Entity, Currency string
	RowsSHA256                  string
	AddressHash                 string // of where it went, under a key that lies with the addresses
	Version                     int64
	State                       string
	At                          time.Time
}

// BeginSending records that a statement is about to be sent. When it was begun
// before it changes nothing and gives the state of that: "" says that this
// caller, and nobody else, is to send it now.
func (s *Store) BeginSending(ctx context.Context, m Sent) (before string, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.bind(`insert into carat_sent
			(period, creator_id, entity, currency, rows_sha256, version, address_sha256, address_hash, state, at)
			values (?, ?, ?, ?, ?, ?, '', ?, ?, ?) on conflict do nothing`),
			string(m.Period), m.CreatorID, m.Entity, m.Currency, m.RowsSHA256, m.Version, m.AddressHash, SentSending, m.At.UnixMicro())
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		if err != nil {
			return err
		}
		if n == 1 {
			return s.Record(ctx, tx, "carat_sent", m.key()...)
		}
		return tx.QueryRowContext(ctx, s.bind("select state from carat_sent where "+sentKey), m.key()...).Scan(&before)
	})
	if err != nil {
		return "", fmt.Errorf("record sending to %s: %w", m.CreatorID, err)
	}
	return before, nil
}

const sentKey = "period = ? and creator_id = ? and entity = ? and currency = ? and rows_sha256 = ?"

func (m Sent) key() []any {
	return []any{string(m.Period), m.CreatorID, m.Entity, m.Currency, m.RowsSHA256}
}

// FinishSending records that the server took a statement.
func (s *Store) FinishSending(ctx context.Context, m Sent) error {
	return s.changeSent(ctx, m, "update carat_sent set state = '"+SentDone+"' where "+sentKey)
}

func (s *Store) changeSent(ctx context.Context, m Sent, query string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.bind(query), m.key()...)
		return s.recordIf(ctx, tx, done, err, "carat_sent", m.key()...)
	})
	if err != nil {
		return fmt.Errorf("record sending to %s: %w", m.CreatorID, err)
	}
	return nil
}

// AbandonSending takes back BeginSending: the server refused the statement for certain, and it may be tried again.
func (s *Store) AbandonSending(ctx context.Context, m Sent) error {
	return s.changeSent(ctx, m, "delete from carat_sent where "+sentKey+" and state = '"+SentSending+"'")
}

// SendingState gives where a statement stands, "" when it was never begun.
func (s *Store) SendingState(ctx context.Context, m Sent) (string, error) {
	var at string
	err := s.db.QueryRowContext(ctx, s.bind("select state from carat_sent where "+sentKey), m.key()...).Scan(&at)
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return at, nil
	}
	return "", fmt.Errorf("read sending to %s: %w", m.CreatorID, err)
}

// LastAddress gives the hash of the address that the last letter to a creator went to, ""
// when none did: the last is the one that was recorded last, whatever the clock said. It
// reads as many rows as there were letters to them.
func (s *Store) LastAddress(ctx context.Context, creator string) (hash string, err error) {
	letters, err := s.rowsOf(ctx, s.db, "carat_sent", " where creator_id = ? and state = '"+SentDone+"' and address_hash <> '' order by at, period, entity, currency, version", creator)
	if err != nil {
		return "", fmt.Errorf("read what was sent to %s: %w", creator, err)
	}
	moved := slices.ContainsFunc(letters, func(m row) bool { return *m["address_hash"] != *letters[0]["address_hash"] })
	newest := int64(-1)
	for _, m := range letters {
		if !moved { // all went to one address
			return *m["address_hash"], nil
		}
		var no int64
		err := s.db.QueryRowContext(ctx, s.bind("select coalesce(min(record_no), 0) from carat_records where table_name = 'carat_sent' and row_key = ? and content <> ''"), keyOf(m, "carat_sent")).Scan(&no)
		if err != nil {
			return "", fmt.Errorf("read what was sent to %s: %w", creator, err)
		}
		if no >= newest {
			newest, hash = no, *m["address_hash"]
		}
	}
	return hash, nil
}

// addressesKeyed is the name of the note that the letters of an older carat were brought over.
const addressesKeyed = "addresses keyed"

// KeyAddresses brings the addresses of an older carat's letters over, once: what no record
// held, the hash of an address, is kept from then on as what keyed makes of it.
func (s *Store) KeyAddresses(ctx context.Context, keyed func(creator, sha256 string) string) error {
	if done, err := s.Note(ctx, addressesKeyed); err != nil || done != "" {
		return err
	}
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.bind("insert into carat_settings (name, value) values (?, 'yes') on conflict (name) do nothing"), addressesKeyed)
		if err := s.recordIf(ctx, tx, done, err, "carat_settings", addressesKeyed); err != nil {
			return err
		}
		old, err := s.plainAddresses(ctx, tx)
		for _, m := range old {
			if _, err := tx.ExecContext(ctx, s.bind("update carat_sent set address_sha256 = '', address_hash = ? where "+sentKey), append([]any{keyed(m.CreatorID, m.AddressHash)}, m.key()...)...); err != nil {
				return err
			}
		}
		if err != nil || len(old) == 0 {
			return err
		}
		return s.recordAll(ctx, tx, "carat_sent", " where address_hash <> ''")
	})
	if err != nil {
		return fmt.Errorf("bring over where letters went: %w", err)
	}
	return nil
}

// plainAddresses gives the letters of an older carat, with the hash that it kept.
func (s *Store) plainAddresses(ctx context.Context, tx *sql.Tx) (list []Sent, err error) {
	rows, err := tx.QueryContext(ctx, "select period, creator_id, entity, currency, rows_sha256, address_sha256 from carat_sent where address_hash = '' and address_sha256 <> ''")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m Sent
		if err := rows.Scan(&m.Period, &m.CreatorID, &m.Entity, &m.Currency, &m.RowsSHA256, &m.AddressHash); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// ForgetAddresses takes what remembers the addresses that a creator's letters went to out
// of the rows: who was erased gets no letter.
func (s *Store) ForgetAddresses(ctx context.Context, creator string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.bind("update carat_sent set address_sha256 = '', address_hash = '' where creator_id = ? and (address_sha256 <> '' or address_hash <> '')"), creator)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return s.recordAll(ctx, tx, "carat_sent", " where creator_id = ?", creator)
	})
	if err != nil {
		return fmt.Errorf("forget the addresses of %s: %w", creator, err)
	}
	return nil
}
