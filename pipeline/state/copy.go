package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/state/database"
)

// CopyTo writes all that this database holds of carat, and the tables of also,
// into another one whose tables are there and empty: a usage error otherwise,
// which changes nothing. It reads one consistent state, and the other database
// has all of it or nothing; inTx, if not nil, is part of that.
func (s *Store) CopyTo(ctx context.Context, to *Store, also []string, inTx func(*sql.Tx) error) error {
	from, err := s.db.BeginTx(ctx, s.consistent())
	if err != nil {
		return fmt.Errorf("copy the state: %w", err)
	}
	defer func() { _ = from.Rollback() }()
	tables, err := s.ownTables(ctx, from)
	if err != nil {
		return fmt.Errorf("copy the state: %w", err)
	}
	tables = append(tables, also...)
	err = to.inTx(ctx, func(tx *sql.Tx) error {
		for _, table := range tables {
			var n int64
			if err := tx.QueryRowContext(ctx, "select count(*) from "+table).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				return pipeline.Errorf(pipeline.KindUsage, "copy the state into", "database", "it holds the state of a lake already").
					WithHint("give a new, empty database in `catalog` of carat.yaml")
			}
			if err := database.CopyTable(ctx, from, tx, to.bind, table); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}
		if inTx != nil {
			return inTx(tx)
		}
		return nil
	})
	var known *pipeline.Error
	if err != nil && !errors.As(err, &known) {
		return fmt.Errorf("copy the state: %w", err)
	}
	return err
}

// ownTables gives carat's tables, but for the record of migrations, which the
// other database has of its own.
func (s *Store) ownTables(ctx context.Context, tx *sql.Tx) ([]string, error) {
	query := "select name from sqlite_master where type = 'table'"
	if s.postgres {
		query = "select table_name from information_schema.tables where table_schema = current_schema()"
	}
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		if strings.HasPrefix(name, "carat_") && name != "carat_migrations" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, rows.Err()
}

// SaveTo writes a consistent copy of the SQLite database to a file that is not
// there yet. For PostgreSQL see CopyTo.
func (s *Store) SaveTo(ctx context.Context, file string) error {
	if s.postgres {
		return errors.New("save the state: it is in PostgreSQL")
	}
	if _, err := s.db.ExecContext(ctx, "vacuum into ?", file); err != nil {
		return fmt.Errorf("save the state to %s: %w", file, err)
	}
	return nil
}

// Postgres says whether the state is in PostgreSQL, and MayCreate who else may put something into its schema there; "" for nobody.
func (s *Store) Postgres() bool { return s.postgres }
func (s *Store) MayCreate(ctx context.Context) (who, schema string, err error) {
	return database.MayCreate(ctx, s.db, s.postgres)
}
