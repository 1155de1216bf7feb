package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Access is one reading of the history by a person, or what one asked for and may not have.
type Access struct {
	ID      string
	At      time.Time
	Who     string
	Verb    string // query, trace, exceptions, evidence, publish, erase; of what was refused any
	Text    string // what was asked
	Rows    *int64 // given; nil while it runs, or when it was cut short
	Outcome string // running, done, or why it failed
}

// The outcomes of an access that did not fail.
const (
	AccessRunning = "running"
	AccessDone    = "done"
)

// AccessRefused begins the outcome of what somebody asked for and may not have.
const AccessRefused = "refused: "

// What is refused is recorded so often that it is noticed, and no more: whoever may do
// nothing can't fill the disk with it. An hour has refusedOfOne of one person and verb,
// a day refusedInAll, whoever asked; the last of these says that no more are recorded.
const (
	refusedOfOne = 5
	refusedInAll = 200
)

// RecordRefused records what somebody asked for and may not have, by one record with
// its outcome. Beyond the bounds it records nothing.
func (s *Store) RecordRefused(ctx context.Context, a Access) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		count := func(since time.Time, more string, values ...any) (n int, err error) {
			query := "select count(*) from carat_access where at > ? and at <= ? and outcome like '" + AccessRefused + "%'" + more
			err = tx.QueryRowContext(ctx, s.bind(query), append([]any{since.UnixMicro(), a.At.UnixMicro()}, values...)...).Scan(&n)
			return n, err
		}
		day, err := count(a.At.Add(-24*time.Hour), "")
		if err != nil {
			return err
		}
		hour, err := count(a.At.Add(-time.Hour), " and who = ? and verb = ?", a.Who, a.Verb)
		if err != nil || hour >= refusedOfOne || day >= refusedInAll {
			return err
		}
		if day == refusedInAll-1 {
			a.Outcome += fmt.Sprintf(" (the last of %d in a day that is recorded)", refusedInAll)
		}
		id := uuid.NewString()
		if _, err := tx.ExecContext(ctx, s.bind("insert into carat_access (access_id, at, who, verb, query, outcome) values (?, ?, ?, ?, ?, ?)"),
			id, a.At.UnixMicro(), a.Who, a.Verb, a.Text, a.Outcome); err != nil {
			return err
		}
		return s.Record(ctx, tx, "carat_access", id)
	})
	if err != nil {
		return fmt.Errorf("record what was refused: %w", err)
	}
	return nil
}

// RefusedBetween gives what was refused after one time and up to another, as it was
// recorded: refused verbs of those without a right, and readings.
func (s *Store) RefusedBetween(ctx context.Context, after, until time.Time) ([]Access, error) {
	return s.accesses(ctx, " where at > ? and at <= ? and outcome like '"+AccessRefused+"%'", after.UnixMicro(), until.UnixMicro())
}

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
func (s *Store) Accesses(ctx context.Context) ([]Access, error) { return s.accesses(ctx, "") }

func (s *Store) accesses(ctx context.Context, where string, values ...any) ([]Access, error) {
	rows, err := s.db.QueryContext(ctx, s.bind("select access_id, at, who, verb, query, row_count, outcome from carat_access"+where+" order by "+firstRecord("carat_access", "access_id")+", at, access_id"), values...)
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
