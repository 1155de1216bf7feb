package lake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"carat/pipeline"
	icesql "github.com/apache/iceberg-go/catalog/sql"
)

// lockNotice is what the holder of the lock writes into it, for the one who
// finds it taken. The lock itself is the operating system's and ends with the
// process, so a notice left by a crash means nothing.
type lockNotice struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	Host  string    `json:"host"`
}

// Lock makes this process the lake's one writer. It doesn't wait: when another
// holds the lock it fails with KindBusy and says who. Taking it also sweeps
// what a crash left behind.
func (l *Lake) Lock(ctx context.Context) (release func(), err error) {
	path := filepath.Join(l.cfg.Root, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, l.fail("lock lake", l.cfg.Root, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		content, _ := os.ReadFile(path)
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, l.busy(content)
		}
		return nil, l.fail("lock lake", l.cfg.Root, err)
	}
	inCatalog, err := l.lockInCatalog(ctx, "carat lake ")
	if err != nil {
		_ = f.Close()
		return nil, l.fail("lock lake", l.cfg.Root, err)
	}
	host, _ := os.Hostname()
	notice, _ := json.Marshal(lockNotice{PID: os.Getpid(), Since: l.cfg.Now().UTC().Truncate(time.Second), Host: host})
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(append(notice, '\n'), 0) // only a courtesy to the next
	}
	l.held.Store(inCatalog)
	var once sync.Once
	release = func() {
		once.Do(func() {
			_ = f.Truncate(0)
			l.held.Store(nil)
			inCatalog.unlock()
			_ = f.Close()
		})
	}
	err = l.sweep(ctx)
	if err == nil {
		err = l.keepInventory(ctx)
	}
	if err != nil {
		release()
		return nil, l.fail("sweep lake", l.cfg.Root, err)
	}
	return release, nil
}

func (l *Lake) busy(content []byte) error {
	var n lockNotice
	who := "another carat is writing to it"
	if json.Unmarshal(content, &n) == nil && n.PID != 0 {
		who = fmt.Sprintf("process %d on %s has been writing to it since %s", n.PID, n.Host, n.Since.UTC().Format(time.RFC3339))
	}
	return pipeline.Errorf(pipeline.KindBusy, "lock lake", l.cfg.Root, "%s", who).WithHint("wait until it has ended and run again; nothing was changed")
}

// catalogLock is an advisory lock in PostgreSQL. It lives as long as its
// connection: a server that was restarted has forgotten it.
type catalogLock struct {
	conn *sql.Conn // nil with SQLite, where the file's lock is all
	key  int64
	dsn  string
}

// lockInCatalog also takes an advisory lock in PostgreSQL, for carats on other
// machines that share the catalog.
func (l *Lake) lockInCatalog(ctx context.Context, what string) (*catalogLock, error) {
	if l.dialect != icesql.Postgres {
		return &catalogLock{}, nil
	}
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return nil, scrub(err, l.cfg.CatalogDSN)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(what + l.id.ID))
	lock := &catalogLock{conn: conn, key: int64(h.Sum64()), dsn: l.cfg.CatalogDSN}
	var got bool
	if err := conn.QueryRowContext(ctx, "select pg_try_advisory_lock($1)", lock.key).Scan(&got); err != nil {
		return nil, errors.Join(scrub(err, l.cfg.CatalogDSN), conn.Close())
	}
	if !got {
		return nil, errors.Join(pipeline.Errorf(pipeline.KindBusy, "lock lake", l.cfg.Root, "another carat holds the catalog's lock in PostgreSQL").
			WithHint("wait until it has ended and run again; nothing was changed"), conn.Close())
	}
	return lock, nil
}

// holds is an error when the lock is lost: its connection broke, and another
// carat may have it now.
func (c *catalogLock) holds(ctx context.Context) error {
	if c == nil || c.conn == nil {
		return nil
	}
	if err := c.conn.PingContext(ctx); err != nil {
		return fmt.Errorf("the catalog's lock was lost with its connection: %w", scrub(err, c.dsn))
	}
	return nil
}

func (c *catalogLock) unlock() {
	if c.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = c.conn.ExecContext(ctx, "select pg_advisory_unlock($1)", c.key)
	_ = c.conn.Close()
}
