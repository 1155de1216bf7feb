package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Access is one reading of the history by a person.
type Access struct {
	ID      string
	At      time.Time
	Who     string
	Verb    string // query, trace, exceptions, evidence, publish, erase
	Text    string // what was asked
	Rows    *int64 // given; nil while it runs, or when it was cut short
	Outcome string // running, done, or why it failed
}

// The outcomes of an access that did not fail.
const (
	AccessRunning = "running"
	AccessDone    = "done"
)

// BeginAccess records an access before anything is read, and gives its id: an
// access that can't be recorded is not to take place.
func (s *Store) BeginAccess(ctx context.Context, a Access) (id string, err error) {
	id = uuid.NewString()
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.bind("insert into carat_access (access_id, at, who, verb, query, outcome) values (?, ?, ?, ?, ?, ?)"),
			id, a.At.UnixMicro(), a.Who, a.Verb, a.Text, AccessRunning)
		if err != nil {
			return err
		}
		return s.Record(ctx, tx, "carat_access", id)
	})
	if err != nil {
		return "", fmt.Errorf("record the access: %w", err)
	}
	return id, nil
}

// EndAccess completes the record of an access. rows is nil when it is not known
// how many were given.
func (s *Store) EndAccess(ctx context.Context, id string, rows *int64, outcome string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, s.bind("update carat_access set row_count = ?, outcome = ? where access_id = ?"), rows, outcome, id); err != nil {
			return err
		}
		return s.Record(ctx, tx, "carat_access", id)
	})
	if err != nil {
		return fmt.Errorf("record the access: %w", err)
	}
	return nil
}

// Accesses gives every access, in the order in which they were recorded.
func (s *Store) Accesses(ctx context.Context) ([]Access, error) {
	rows, err := s.db.QueryContext(ctx, "select access_id, at, who, verb, query, row_count, outcome from carat_access order by "+firstRecord("carat_access", "access_id")+", at, access_id")
	if err != nil {
		return nil, fmt.Errorf("read the accesses: %w", err)
	}
	defer rows.Close()
	var all []Access
	for rows.Next() {
		var a Access
		var at int64
		var n sql.NullInt64
		if err := rows.Scan(&a.ID, &at, &a.Who, &a.Verb, &a.Text, &n, &a.Outcome); err != nil {
			return nil, fmt.Errorf("read the accesses: %w", err)
		}
		a.At = time.UnixMicro(at).UTC()
		if n.Valid {
			a.Rows = &n.Int64
		}
		all = append(all, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the accesses: %w", err)
	}
	return all, nil
}
