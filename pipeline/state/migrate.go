package state

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"sort"

	"carat/pipeline"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock serialises migrations on PostgreSQL ("carat" in ASCII). SQLite
// needs none: its transactions are immediate.
const migrationLock = 0x6361726174

// migrationsTable makes the table of the migrations that were applied.
const migrationsTable = "create table if not exists carat_migrations (version bigint primary key, name text not null)"

// recordsMigration begins the chain of records: what a database of an older carat
// holds is adopted then, and never again.
const recordsMigration = "0006_records.sql"

// migrate applies the migrations that the database lacks, in one transaction.
func (s *Store) migrate(ctx context.Context) error {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	if version, err := s.version(ctx); err == nil && version == len(entries) {
		return nil
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if s.postgres {
			if _, err := tx.ExecContext(ctx, fmt.Sprintf("select pg_advisory_xact_lock(%d)", migrationLock)); err != nil {
				return fmt.Errorf("lock migrations: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, migrationsTable); err != nil {
			return fmt.Errorf("migrate state: %w", err)
		}
		var done int
		if err := tx.QueryRowContext(ctx, "select count(*) from carat_migrations").Scan(&done); err != nil {
			return fmt.Errorf("migrate state: %w", err)
		}
		if done > len(entries) {
			return pipeline.Errorf(pipeline.KindUsage, "open", "state database",
				"it was written by a newer carat (version %d, this one knows %d)", done, len(entries)).WithHint("use the newer carat")
		}
		for i, e := range entries[done:] {
			text, err := migrations.ReadFile("migrations/" + e.Name())
			if err != nil {
				return fmt.Errorf("read migration: %w", err)
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return fmt.Errorf("migrate state %s: %w", e.Name(), err)
			}
			if _, err := tx.ExecContext(ctx, s.bind("insert into carat_migrations (version, name) values (?, ?)"), done+i+1, e.Name()); err != nil {
				return fmt.Errorf("migrate state %s: %w", e.Name(), err)
			}
			if err := s.fault("migrate"); err != nil {
				return err
			}
		}
		if done == len(entries) {
			return nil
		}
		begins := slices.ContainsFunc(entries[done:], func(e fs.DirEntry) bool { return e.Name() == recordsMigration })
		return s.adopt(ctx, tx, begins)
	})
}

// statements make all that carat keeps in the database: the state, and what lies beside
// it.
func (s *Store) statements() ([]string, error) {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	list := []string{migrationsTable}
	for _, e := range entries { // by name, as they are applied
		text, err := migrations.ReadFile("migrations/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		list = append(list, string(text))
	}
	return append(list, s.options.Beside...), nil
}

// version gives how many migrations the database has; an error when it has no
// table of them.
func (s *Store) version(ctx context.Context) (int, error) {
	var n int
	err := s.db.QueryRowContext(ctx, "select count(*) from carat_migrations").Scan(&n)
	return n, err
}
