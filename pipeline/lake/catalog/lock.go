package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/identity"
	icesql "github.com/apache/iceberg-go/catalog/sql"
)

// Lock is an advisory lock in PostgreSQL. It lives as long as its
// connection: a server that was restarted has forgotten it.
type Lock struct {
	conn *sql.Conn // nil with SQLite, where the file's lock is all
	key  int64
	dsn  string
}

// Lock also takes an advisory lock in PostgreSQL, for carats on other
// machines that share the catalog.
func (cat *Catalog) Lock(ctx context.Context, what string) (*Lock, error) {
	if cat.dialect != icesql.Postgres {
		return &Lock{}, nil
	}
	conn, err := cat.db.Conn(ctx)
	if err != nil {
		return nil, identity.Scrub(err, cat.dsn)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(what + cat.id.ID))
	lock := &Lock{conn: conn, key: int64(h.Sum64()), dsn: cat.dsn}
	var got bool
	if err := conn.QueryRowContext(ctx, "select pg_try_advisory_lock($1)", lock.key).Scan(&got); err != nil {
		return nil, errors.Join(identity.Scrub(err, cat.dsn), conn.Close())
	}
	if !got {
		return nil, errors.Join(pipeline.Errorf(pipeline.KindBusy, "lock lake", cat.Disk.Root, "another carat holds the catalog's lock in PostgreSQL").
			WithHint("wait until it has ended and run again; nothing was changed"), conn.Close())
	}
	return lock, nil
}

// Hold says under which lock this process commits from now on; nil for none.
func (cat *Catalog) Hold(lock *Lock) { cat.held.Store(lock) }

// Holds is an error when the lock is lost: its connection broke, and another
// carat may have it now.
func (c *Lock) Holds(ctx context.Context) error {
	if c == nil || c.conn == nil {
		return nil
	}
	if err := c.conn.PingContext(ctx); err != nil {
		return fmt.Errorf("the catalog's lock was lost with its connection: %w", identity.Scrub(err, c.dsn))
	}
	return nil
}

// Unlock gives the lock and its connection back.
func (c *Lock) Unlock() {
	if c.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = c.conn.ExecContext(ctx, "select pg_advisory_unlock($1)", c.key)
	_ = c.conn.Close()
}
