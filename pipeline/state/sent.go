package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"carat/pipeline"
	"carat/pipeline/state/chain"
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
	RowsSHA256, AddressSHA256   string
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
			(period, creator_id, entity, currency, rows_sha256, version, address_sha256, state, at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`),
			string(m.Period), m.CreatorID, m.Entity, m.Currency, m.RowsSHA256, m.Version, m.AddressSHA256, SentSending, m.At.UnixMicro())
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

// AbandonSending takes back BeginSending: the server refused the statement for
// certain, and it may be tried again.
func (s *Store) AbandonSending(ctx context.Context, m Sent) error {
	return s.changeSent(ctx, m, "delete from carat_sent where "+sentKey+" and state = '"+SentSending+"'")
}

// SendingState gives where a statement stands, "" when it was never begun.
func (s *Store) SendingState(ctx context.Context, m Sent) (string, error) {
	var at string
	err := s.db.QueryRowContext(ctx, s.bind("select state from carat_sent where "+sentKey), m.key()...).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read sending to %s: %w", m.CreatorID, err)
	}
	return at, nil
}

// LastAddresses gives, by creator, the hash of the address that the last letter
// went to, of those sent since a day: what a month's letters are compared with. The
// last is the one that was recorded last, whatever the clock said. It reads as many
// rows as there were letters since then.
func (s *Store) LastAddresses(ctx context.Context, since time.Time) (map[string]string, error) {
	letters, err := s.addressed(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("read what was sent: %w", err)
	}
	last, moved := map[string]string{}, map[string]bool{}
	for _, m := range letters {
		before, seen := last[m.CreatorID]
		moved[m.CreatorID] = moved[m.CreatorID] || seen && before != m.AddressSHA256
		last[m.CreatorID] = m.AddressSHA256
	}
	newest := map[string]int64{}
	for _, m := range letters {
		if !moved[m.CreatorID] { // all went to one address
			continue
		}
		var no int64
		err := s.db.QueryRowContext(ctx, s.bind("select coalesce(max(record_no), 0) from carat_records where table_name = 'carat_sent' and row_key = ?"), chain.RowKey(m.key())).Scan(&no)
		if err != nil {
			return nil, fmt.Errorf("read what was sent: %w", err)
		}
		if no >= newest[m.CreatorID] {
			newest[m.CreatorID], last[m.CreatorID] = no, m.AddressSHA256
		}
	}
	return last, nil
}

// addressed gives the letters sent since a day, by time.
func (s *Store) addressed(ctx context.Context, since time.Time) ([]Sent, error) {
	rows, err := s.db.QueryContext(ctx, s.bind("select period, creator_id, entity, currency, rows_sha256, address_sha256 from carat_sent where state = '"+SentDone+
		"' and address_sha256 <> '' and at >= ? order by at, period, creator_id, entity, currency, version"), since.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var letters []Sent
	for rows.Next() {
		var m Sent
		if err := rows.Scan(&m.Period, &m.CreatorID, &m.Entity, &m.Currency, &m.RowsSHA256, &m.AddressSHA256); err != nil {
			return nil, err
		}
		letters = append(letters, m)
	}
	return letters, rows.Err()
}

// ForgetAddresses takes the hashes of the addresses that a creator's letters went
// to out of the record: whoever guesses an address could know it by them.
func (s *Store) ForgetAddresses(ctx context.Context, creator string) error {
	if _, err := s.db.ExecContext(ctx, s.bind("update carat_sent set address_sha256 = '' where creator_id = ?"), creator); err != nil {
		return fmt.Errorf("forget the addresses of %s: %w", creator, err)
	}
	return nil
}
