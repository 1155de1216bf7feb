// Package state keeps what carat knows about a lake beside its tables: the
// first period, the runs and the periods. It lies in the database of the
// catalog (SQLite, or PostgreSQL by DSN), so that the row of a run is written
// in the transaction that publishes the run's tables.
//
// It promises that migrations run once and in order, that a database of a
// newer carat is refused and not harmed, and that each change of who did, read,
// signed, decided or may do what is a record of one chain (records.go), so that a
// change by anybody else is named. It must not import the other adapters
// under pipeline/, and it reads no clock: times are handed in.
package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // driver "sqlite"

	"carat/pipeline"
	"carat/pipeline/postgres"
	"carat/pipeline/state/database"
)

// sqlitePragmas: without them two connections end in SQLITE_BUSY, or a commit
// is not on the disk when it returns.
const sqlitePragmas = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(30000)&_pragma=synchronous(FULL)&_txlock=immediate"

// Store is an open state database. It is safe for concurrent use.
type Store struct {
	db       *sql.DB
	postgres bool
	options  Options
	behind   atomic.Int64 // see ClockBehind
	headBad  bool         // the head on file is to stay as it was found
	heading  sync.Mutex   // while the head is written to its file
}

// Options say how a state is opened.
type Options struct {
	Now func() time.Time // dates the records; nil: they have no date
	// HeadFile keeps the head of the chain of records outside the database; "": nothing does.
	HeadFile string
	// Beside are the statements that make what else carat keeps in the same database:
	// whatever they don't make, and this package doesn't, is named as foreign.
	Beside []string
	// Fault is called before and after each transaction is committed; its error stops
	// it. Tests alone set it, to cut the power there.
	Fault func(step, object string) error
}

// Open opens the state in a PostgreSQL database (postgres://…) or in the SQLite
// file of that path, and brings its tables up to date. A database of a newer
// carat is a usage error.
func Open(ctx context.Context, dsn string, options Options) (*Store, error) {
	s := &Store{postgres: strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://"), options: options}
	var err error
	if s.postgres {
		s.db, err = database.Open(postgres.Driver, dsn)
	} else {
		s.db, err = database.Open("sqlite", "file:"+sqlitePath.Replace(dsn)+sqlitePragmas)
	}
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "open", "state database", "%w", err)
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	if err := s.lookAtHead(ctx); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

// sqlitePath escapes what a file: URI would read as something else.
var sqlitePath = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// bind gives the query with the database's own placeholders; see database.Bind.
func (s *Store) bind(query string) string { return database.Bind(query, s.postgres) }

// inTx runs fn in a transaction and commits it if fn returns nil.
func (s *Store) inTx(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return database.Busy(fmt.Errorf("begin: %w", err))
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := s.fault("commit"); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := s.fault("committed"); err != nil {
		return err
	}
	s.keepHead(ctx)
	return nil
}

func (s *Store) fault(step string) error {
	if s.options.Fault == nil {
		return nil
	}
	return s.options.Fault(step, "state")
}

// now dates a record.
func (s *Store) now() time.Time {
	if s.options.Now == nil {
		return time.UnixMicro(0)
	}
	return s.options.Now()
}

// consistent are the options of a transaction that only reads, and reads one state.
func (s *Store) consistent() *sql.TxOptions {
	if s.postgres {
		return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return &sql.TxOptions{ReadOnly: true}
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// settingFirstPeriod is the name of the first period in carat_settings.
const settingFirstPeriod = "first_period"

// FirstPeriod gives the period at which carat began, "" when no ingest has
// fixed it yet.
func (s *Store) FirstPeriod(ctx context.Context) (pipeline.Period, error) {
	value, err := s.Note(ctx, settingFirstPeriod)
	return pipeline.Period(value), err
}

// Note gives what was kept last under a name, "" when nothing was.
func (s *Store) Note(ctx context.Context, name string) (value string, err error) {
	err = s.db.QueryRowContext(ctx, s.bind("select value from carat_settings where name = ?"), name).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return value, nil
}

// KeepNote keeps a text under a name, in the place of what was kept there.
func (s *Store) KeepNote(ctx context.Context, name, value string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.bind(`insert into carat_settings (name, value) values (?, ?)
			on conflict (name) do update set value = excluded.value where carat_settings.value <> excluded.value`), name, value)
		return s.recordIf(ctx, tx, done, err, "carat_settings", name)
	})
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return nil
}

// FixFirstPeriod fixes the first period if none is fixed yet, and gives the
// one in force.
func (s *Store) FixFirstPeriod(ctx context.Context, p pipeline.Period) (pipeline.Period, error) {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx,
			s.bind("insert into carat_settings (name, value) values (?, ?) on conflict (name) do nothing"), settingFirstPeriod, string(p))
		return s.recordIf(ctx, tx, done, err, "carat_settings", settingFirstPeriod)
	})
	if err != nil {
		return "", fmt.Errorf("fix first period: %w", err)
	}
	return s.FirstPeriod(ctx)
}
