package fence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/identity"
)

// SQL makes the table of the lock in the catalog's database: who wrote last, and how
// often the lock was taken.
const SQL = `create table if not exists carat_lock (
    lake     text   primary key,
    epoch    bigint not null,
    holder   text   not null,
    taken_at text   not null
)`

// Database is where writers of a lake meet.
type Database struct {
	DB       *sql.DB
	Bind     func(query string) string // writes ? as the database wants them
	Postgres bool
	DSN      string // whose password no error holds
	Lake     string // its id
	Root     string // its folder, for what is told
	// Record chains the lock's row in the transaction that wrote it; nil: nothing does.
	Record func(ctx context.Context, tx *sql.Tx, table string, key ...any) error
}

// Lock is an advisory lock in PostgreSQL, which lives as long as its connection: a
// server that was restarted has forgotten it. With SQLite the file's lock is all. Once
// raised it has an epoch too, which outlives both.
type Lock struct {
	in     Database
	conn   *sql.Conn // nil with SQLite
	key    int64
	holder string
	epoch  int64 // 0 until it is raised
}

// Lock takes an advisory lock in PostgreSQL, for carats on other machines that share
// the catalog. It doesn't wait: a busy error says that another holds it.
func (d Database) Lock(ctx context.Context, what string) (*Lock, error) {
	if !d.Postgres {
		return &Lock{in: d}, nil
	}
	conn, err := d.DB.Conn(ctx)
	if err != nil {
		return nil, identity.Scrub(err, d.DSN)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(what + d.Lake))
	lock := &Lock{in: d, conn: conn, key: int64(h.Sum64())}
	var got bool
	if err := conn.QueryRowContext(ctx, "select pg_try_advisory_lock($1)", lock.key).Scan(&got); err != nil {
		return nil, errors.Join(identity.Scrub(err, d.DSN), conn.Close())
	}
	if !got {
		return nil, errors.Join(pipeline.Errorf(pipeline.KindBusy, "lock lake", d.Root, "another carat holds the catalog's lock in PostgreSQL").
			WithHint("wait until it has ended and run again; nothing was changed"), conn.Close())
	}
	return lock, nil
}

// Raise begins an epoch of the lake's writer: whoever held the lock before, and doesn't
// know that it lost it, commits and deletes nothing from now on.
func (l *Lock) Raise(ctx context.Context, holder string, at time.Time) error {
	l.holder = holder
	tx, err := l.in.DB.BeginTx(ctx, nil)
	if err == nil {
		if err = l.raise(ctx, tx, at); err == nil {
			err = tx.Commit()
		} else {
			err = errors.Join(err, tx.Rollback())
		}
	}
	if err != nil {
		return fmt.Errorf("take the catalog's lock: %w", identity.Scrub(err, l.in.DSN))
	}
	return nil
}

func (l *Lock) raise(ctx context.Context, tx *sql.Tx, at time.Time) error {
	err := tx.QueryRowContext(ctx, l.in.Bind(`insert into carat_lock (lake, epoch, holder, taken_at) values (?, 1, ?, ?)
		on conflict (lake) do update set epoch = carat_lock.epoch + 1, holder = excluded.holder, taken_at = excluded.taken_at returning epoch`),
		l.in.Lake, l.holder, at.UTC().Format(time.RFC3339)).Scan(&l.epoch)
	if err != nil || l.in.Record == nil {
		return err
	}
	return l.in.Record(ctx, tx, "carat_lock", l.in.Lake)
}

// Holds is an error when the lock is lost: its connection broke, and another
// carat may have it now.
func (l *Lock) Holds(ctx context.Context) error {
	if l == nil || l.conn == nil {
		return nil
	}
	if err := l.conn.PingContext(ctx); err != nil {
		return fmt.Errorf("the catalog's lock was lost with its connection: %w", identity.Scrub(err, l.in.DSN))
	}
	return nil
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Fence is a busy error when another has begun an epoch. Within tx nobody can begin one
// any more.
func (l *Lock) Fence(ctx context.Context, tx *sql.Tx) error {
	if l == nil {
		return nil
	}
	update := ""
	if l.in.Postgres {
		update = " for update" // SQLite's transactions lock the database when they begin
	}
	return l.compare(ctx, tx, update)
}

// Current asks the catalog whether the epoch is still the holder's: else it may delete
// nothing.
func (l *Lock) Current() error {
	if l == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // the caller's may be why something is deleted
	defer cancel()
	return l.compare(ctx, l.in.DB, "")
}

func (l *Lock) compare(ctx context.Context, db querier, update string) error {
	if l.epoch == 0 {
		return nil
	}
	var epoch int64
	var holder string
	err := db.QueryRowContext(ctx, l.in.Bind("select epoch, holder from carat_lock where lake = ?"+update), l.in.Lake).Scan(&epoch, &holder)
	if err != nil {
		return fmt.Errorf("read the catalog's lock: %w", identity.Scrub(err, l.in.DSN))
	}
	if epoch != l.epoch || holder != l.holder {
		return pipeline.Errorf(pipeline.KindBusy, "write lake", l.in.Root, "%s has taken its lock over (epoch %d; this one's was %d)", holder, epoch, l.epoch).
			WithHint("wait until it has ended and run again; nothing more was changed, and the next writer sweeps what lies about")
	}
	return nil
}

// Epoch is that of the holder; 0: there is none.
func (l *Lock) Epoch() int64 {
	if l == nil {
		return 0
	}
	return l.epoch
}

// Unlock gives the lock and its connection back.
func (l *Lock) Unlock() {
	if l.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = l.conn.ExecContext(ctx, "select pg_advisory_unlock($1)", l.key)
	_ = l.conn.Close()
}
