package state

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/state/migrations"
)

// migrationLock serialises migrations on PostgreSQL ("carat" in ASCII). SQLite
// needs none: its transactions are immediate.
const migrationLock = 0x6361726174

// Migrations with which rows begin to be recorded: what a database of an older carat
// holds of them is adopted then, and never again.
const (
	recordsMigration = "0006_records.sql"
	chainedMigration = "0011_chained.sql" // of the tables in chainedLate
)

// migrate applies the migrations that the database lacks, in one transaction.
func (s *Store) migrate(ctx context.Context) error {
	entries, err := migrations.All()
	if err != nil {
		return err
	}
	if version, err := s.version(ctx); err == nil && version == len(entries) {
		return nil
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if s.postgres {
			if _, err := tx.ExecContext(ctx, fmt.Sprintf("select pg_advisory_xact_lock(%d)", migrationLock)); err != nil {
				return fmt.Errorf("lock migrations: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, migrations.Table); err != nil {
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
			if _, err := tx.ExecContext(ctx, e.SQL); err != nil {
				return fmt.Errorf("migrate state %s: %w", e.Name, err)
			}
			if _, err := tx.ExecContext(ctx, s.bind("insert into carat_migrations (version, name) values (?, ?)"), done+i+1, e.Name); err != nil {
				return fmt.Errorf("migrate state %s: %w", e.Name, err)
			}
			if err := s.fault("migrate"); err != nil {
				return err
			}
		}
		if done == len(entries) {
			return nil
		}
		now := func(name string) bool {
			return slices.ContainsFunc(entries[done:], func(e migrations.Migration) bool { return e.Name == name })
		}
		// Whose row was taken away, so that it is applied again, adopts nothing: those
		// tables have records.
		var known int
		if err := tx.QueryRowContext(ctx, "select count(*) from carat_records where table_name in ('"+strings.Join(chainedLate, "', '")+"')").Scan(&known); err != nil {
			return fmt.Errorf("migrate state: %w", err)
		}
		return s.adopt(ctx, tx, func(table string) bool {
			return now(recordsMigration) || known == 0 && now(chainedMigration) && slices.Contains(chainedLate, table)
		})
	})
}

// statements make all that carat keeps in the database: the state, and what lies beside
// it.
func (s *Store) statements() ([]string, error) {
	list, err := migrations.Statements()
	return append(list, s.options.Beside...), err
}

// version gives how many migrations the database has; an error when it has no
// table of them.
func (s *Store) version(ctx context.Context) (int, error) {
	var n int
	err := s.db.QueryRowContext(ctx, "select count(*) from carat_migrations").Scan(&n)
	return n, err
}
