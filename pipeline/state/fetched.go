package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Fetched is one content that was taken from a source. There is one row for each that
// a remote file was found to have; the rows are those that files came by, for ever.
type Fetched struct {
	No         int64
	Source     string
	Kind       string
	RemoteName string
	Version    string // as the source tells it; "": it tells none
	Size       int64  // in bytes
	SHA256     string
	File       string // the name in the source's folder of the inbox
	Origin     string // whence, and by what the other side was known; no secret
	Shape      string // what the file looks like: its format and the names of its columns
	At         time.Time
	By         string
}

const fetchedColumns = "fetch_no, source, kind, remote_name, version, size, sha256, file, origin, shape, fetched_at, fetched_by"

// AddFetched records a content that was taken, and gives its number.
func (s *Store) AddFetched(ctx context.Context, f Fetched) (no int64, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if s.postgres {
			if _, err := tx.ExecContext(ctx, "lock table carat_fetched in exclusive mode"); err != nil {
				return err
			}
		}
		if err := tx.QueryRowContext(ctx, "select coalesce(max(fetch_no), 0) + 1 from carat_fetched").Scan(&no); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.bind("insert into carat_fetched ("+fetchedColumns+") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
			no, f.Source, f.Kind, f.RemoteName, f.Version, f.Size, f.SHA256, f.File, f.Origin, f.Shape, f.At.UnixMicro(), f.By)
		if err != nil {
			return err
		}
		return s.Record(ctx, tx, "carat_fetched", no)
	})
	if err != nil {
		return 0, fmt.Errorf("record what was fetched: %w", err)
	}
	return no, nil
}

// FetchedNames gives what was taken of remote files of a source, by name, oldest
// first. It costs by the names that are asked for.
func (s *Store) FetchedNames(ctx context.Context, source string, names []string) (map[string][]Fetched, error) {
	byName := map[string][]Fetched{}
	for len(names) > 0 {
		some := names[:min(len(names), 500)]
		names = names[len(some):]
		arguments := []any{source}
		for _, n := range some {
			arguments = append(arguments, n)
		}
		list, err := s.fetched(ctx, " where source = ? and remote_name in (?"+strings.Repeat(", ?", len(some)-1)+") order by fetch_no", arguments...)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			byName[f.RemoteName] = append(byName[f.RemoteName], f)
		}
	}
	return byName, nil
}

// LastFetched gives the newest contents of a source, newest first.
func (s *Store) LastFetched(ctx context.Context, source string, most int) ([]Fetched, error) {
	return s.fetched(ctx, fmt.Sprintf(" where source = ? order by fetch_no desc limit %d", most), source)
}

// CountFetched counts the contents that were taken from a source.
func (s *Store) CountFetched(ctx context.Context, source string) (n int64, err error) {
	if err = s.db.QueryRowContext(ctx, s.bind("select count(*) from carat_fetched where source = ?"), source).Scan(&n); err != nil {
		err = fmt.Errorf("count what was fetched: %w", err)
	}
	return n, err
}

// AllFetched gives every content that was taken, in order.
func (s *Store) AllFetched(ctx context.Context) ([]Fetched, error) {
	return s.fetched(ctx, " order by fetch_no")
}

func (s *Store) fetched(ctx context.Context, where string, arguments ...any) (list []Fetched, err error) {
	rows, err := s.db.QueryContext(ctx, s.bind("select "+fetchedColumns+" from carat_fetched"+where), arguments...)
	if err != nil {
		return nil, fmt.Errorf("read what was fetched: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f Fetched
		var at int64
		if err := rows.Scan(&f.No, &f.Source, &f.Kind, &f.RemoteName, &f.Version, &f.Size, &f.SHA256, &f.File, &f.Origin, &f.Shape, &at, &f.By); err != nil {
			return nil, fmt.Errorf("read what was fetched: %w", err)
		}
		f.At = time.UnixMicro(at).UTC()
		list = append(list, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read what was fetched: %w", err)
	}
	return list, nil
}

// SourceTry is how the last tries of a source went.
type SourceTry struct {
	Source    string
	TriedAt   time.Time
	ReachedAt time.Time // when it last answered; zero: never
	AgainAt   time.Time // when what rarely changes was last looked at again
	Waiting   int64     // files that are listed, and not there yet
	Error     string    // of the last try; "": it went well
}

// SourceTry gives how the last tries of a source went; all zero when there was none.
func (s *Store) SourceTry(ctx context.Context, source string) (t SourceTry, err error) {
	t.Source = source
	var tried, reached, again int64
	err = s.db.QueryRowContext(ctx, s.bind("select tried_at, reached_at, again_at, waiting, error from carat_sources where source = ?"), source).
		Scan(&tried, &reached, &again, &t.Waiting, &t.Error)
	if errors.Is(err, sql.ErrNoRows) {
		return t, nil
	}
	if err != nil {
		return t, fmt.Errorf("read the tries of %s: %w", source, err)
	}
	t.TriedAt, t.ReachedAt, t.AgainAt = instantOf(tried), instantOf(reached), instantOf(again)
	return t, nil
}

// SaveSourceTry records how a try went.
func (s *Store) SaveSourceTry(ctx context.Context, t SourceTry) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.bind(`insert into carat_sources (source, tried_at, reached_at, again_at, waiting, error) values (?, ?, ?, ?, ?, ?)
			on conflict (source) do update set tried_at = excluded.tried_at, reached_at = excluded.reached_at, again_at = excluded.again_at,
			waiting = excluded.waiting, error = excluded.error`),
			t.Source, microsOf(t.TriedAt), microsOf(t.ReachedAt), microsOf(t.AgainAt), t.Waiting, t.Error)
		if err != nil {
			return err
		}
		return s.Record(ctx, tx, "carat_sources", t.Source)
	})
	if err != nil {
		return fmt.Errorf("record the try of %s: %w", t.Source, err)
	}
	return nil
}

// instantOf reads an instant, of which 0 is none.
func instantOf(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

func microsOf(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}
