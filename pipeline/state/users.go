package state

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Grant is one role of one user.
type Grant struct {
	User     string
	Role     string
	By       string
	OSUser   string // whom the operating system says By was
	At       time.Time
	Signed   int64     // the number of the record that gave it; 0: none did
	Entities []string  // to which it is limited; none: all
	Until    time.Time // when it ends by itself; zero: never
}

// Grants gives every role of every user, by user and role.
func (s *Store) Grants(ctx context.Context) ([]Grant, error) {
	return s.grants(ctx, s.db)
}

func (s *Store) grants(ctx context.Context, db reader) ([]Grant, error) {
	rows, err := db.QueryContext(ctx, "select user_name, role, granted_by, os_user, granted_at, signed_no, entities, until_at from carat_users order by user_name, role")
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	defer rows.Close()
	var list []Grant
	for rows.Next() {
		var g Grant
		var at, until int64
		var entities string
		if err := rows.Scan(&g.User, &g.Role, &g.By, &g.OSUser, &at, &g.Signed, &entities, &until); err != nil {
			return nil, fmt.Errorf("read users: %w", err)
		}
		g.At = time.UnixMicro(at).UTC()
		if entities != "" {
			g.Entities = strings.Fields(entities)
		}
		if until != 0 {
			g.Until = time.UnixMicro(until).UTC()
		}
		list = append(list, g)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	return list, nil
}

// ChangeGrants asks what to grant and what to revoke, by user and role, of who
// has which role now, and writes it in the same transaction: two changes at a time
// can't each rest on what the other takes away. A role that a user has already stays
// as it was granted. What change refuses is given back as it is, and nothing is
// written.
func (s *Store) ChangeGrants(ctx context.Context, change func(list []Grant) (granted, revoked []Grant, err error)) error {
	return s.ProveGrants(ctx, nil, change)
}

// ProveGrants is ChangeGrants with a record of it.
func (s *Store) ProveGrants(ctx context.Context, p *Proof, change func(list []Grant) (granted, revoked []Grant, err error)) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if s.postgres { // SQLite's transactions lock the database when they begin
			if _, err := tx.ExecContext(ctx, "lock table carat_users in share row exclusive mode"); err != nil {
				return fmt.Errorf("lock users: %w", err)
			}
		}
		list, err := s.grants(ctx, tx)
		if err != nil {
			return err
		}
		granted, revoked, err := change(list)
		if err != nil {
			return err
		}
		if err := s.prove(ctx, tx, p); err != nil {
			return err
		}
		for _, g := range revoked {
			if err := s.revoke(ctx, tx, g); err != nil {
				return fmt.Errorf("revoke %s of %s: %w", g.Role, g.User, err)
			}
		}
		for _, g := range granted {
			g.Signed = p.number()
			if err := s.grant(ctx, tx, g); err != nil {
				return fmt.Errorf("grant %s to %s: %w", g.Role, g.User, err)
			}
		}
		return nil
	})
}

// micro gives a time as it is kept, 0 for none.
func micro(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

func (s *Store) grant(ctx context.Context, tx *sql.Tx, g Grant) error {
	done, err := tx.ExecContext(ctx, s.bind(`insert into carat_users (user_name, role, granted_by, os_user, granted_at, signed_no, entities, until_at)
		values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (user_name, role) do nothing`), g.User, g.Role, g.By, g.OSUser, g.At.UnixMicro(), g.Signed, strings.Join(g.Entities, " "), micro(g.Until))
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return s.Record(ctx, tx, "carat_users", g.User, g.Role)
}

func (s *Store) revoke(ctx context.Context, tx *sql.Tx, g Grant) error {
	done, err := tx.ExecContext(ctx, s.bind("delete from carat_users where user_name = ? and role = ?"), g.User, g.Role)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return s.Record(ctx, tx, "carat_users", g.User, g.Role)
}
