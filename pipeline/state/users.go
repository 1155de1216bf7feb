package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Grant is one role of one user.
type Grant struct {
	User   string
	Role   string
	By     string
	OSUser string // whom the operating system says By was
	At     time.Time
}

// Grants gives every role of every user, by user and role.
func (s *Store) Grants(ctx context.Context) ([]Grant, error) {
	rows, err := s.db.QueryContext(ctx, "select user_name, role, granted_by, os_user, granted_at from carat_users order by user_name, role")
	if err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	defer rows.Close()
	var list []Grant
	for rows.Next() {
		var g Grant
		var at int64
		if err := rows.Scan(&g.User, &g.Role, &g.By, &g.OSUser, &at); err != nil {
			return nil, fmt.Errorf("read users: %w", err)
		}
		g.At = time.UnixMicro(at).UTC()
		list = append(list, g)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	return list, nil
}

// Grant gives a user a role; one that it has already stays as it was granted.
func (s *Store) Grant(ctx context.Context, g Grant) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.bind(`insert into carat_users (user_name, role, granted_by, os_user, granted_at) values (?, ?, ?, ?, ?)
			on conflict (user_name, role) do nothing`), g.User, g.Role, g.By, g.OSUser, g.At.UnixMicro())
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return s.Record(ctx, tx, "carat_users", g.User, g.Role)
	})
	if err != nil {
		return fmt.Errorf("grant %s to %s: %w", g.Role, g.User, err)
	}
	return nil
}

// Revoke takes a role from a user, and says whether it had it.
func (s *Store) Revoke(ctx context.Context, user, role string) (bool, error) {
	n := int64(0)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.bind("delete from carat_users where user_name = ? and role = ?"), user, role)
		if err != nil {
			return err
		}
		if n, err = done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return s.Record(ctx, tx, "carat_users", user, role)
	})
	if err != nil {
		return false, fmt.Errorf("revoke %s of %s: %w", role, user, err)
	}
	return n > 0, nil
}
