package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/store"
)

// The store of people changes in place and lies outside the history, so that it can be
// erased. What its rows come to is a row of carat_tables, which is chained: a keyed hash,
// whose key lies in the store, so that the chain tells nothing of a person. It is written
// around each write: before, with what the rows come to then and will, so that a crash
// is no reason for alarm, and after, with the latter alone. Each table has a digest of its
// own (digest.go), and who reads or writes one goes over that one.

// chainedAs is the name of the row; no table can have it.
const chainedAs = "#people"

// Chain is the catalog's database, and what chains a row of it (nil: nothing does).
type Chain struct {
	DB     *sql.DB
	Bind   func(query string) string
	Record func(ctx context.Context, tx *sql.Tx, table string, key ...any) error
	Broken func(root string) []string // what the seal says
}

// note writes what the rows come to, before and after a write.
func (c Chain) note(ctx context.Context, was, is string) error {
	tx, err := c.DB.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("note the people: %w", err)
	}
	_, err = tx.ExecContext(ctx, c.Bind(`insert into carat_tables (table_name, metadata_location, metadata_sha256, snapshot_id) values (?, ?, ?, 0)
		on conflict (table_name) do update set metadata_location = excluded.metadata_location, metadata_sha256 = excluded.metadata_sha256`), chainedAs, was, is)
	if err == nil && c.Record != nil {
		err = c.Record(ctx, tx, "carat_tables", chainedAs)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("note the people: %w", err), tx.Rollback())
	}
	return tx.Commit()
}

// settle notes that a write is over, if the chain still tells of that one: where another carat has written since, what it
// noted holds.
func (c Chain) settle(ctx context.Context, was, is string) error {
	tx, err := c.DB.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("note the people: %w", err)
	}
	done, err := tx.ExecContext(ctx, c.Bind("update carat_tables set metadata_location = ? where table_name = ? and metadata_location = ? and metadata_sha256 = ?"), is, chainedAs, was, is)
	var own int64
	if err == nil {
		own, err = done.RowsAffected()
	}
	if err == nil && own > 0 && c.Record != nil {
		err = c.Record(ctx, tx, "carat_tables", chainedAs)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("note the people: %w", err), tx.Rollback())
	}
	return tx.Commit()
}

// noted gives what the rows come to by the chain, nothing where somebody took that away;
// false in a lake of an older carat.
func (c Chain) noted(ctx context.Context) (was, is string, known bool, err error) {
	err = c.DB.QueryRowContext(ctx, c.Bind("select metadata_location, metadata_sha256 from carat_tables where table_name = ?"), chainedAs).Scan(&was, &is)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", c.recorded(ctx), nil // where it was, and was taken away, nothing holds
	}
	return was, is, err == nil, err
}

// recorded says whether the chain of records tells that there was such a row. A lake of
// before there were records has no table of them.
func (c Chain) recorded(ctx context.Context) (was bool) {
	err := c.DB.QueryRowContext(ctx, c.Bind("select count(*) > 0 from carat_records where table_name = 'carat_tables' and row_key = ?"), chainedAs).Scan(&was)
	return err == nil && was
}

// holds is a verification error when the rows are not as carat left them; are says whether
// they are those of a text that the chain holds.
func (p *Store) holds(ctx context.Context, are func(text string) bool) error {
	if p.Chain == nil {
		return nil
	}
	c := p.Chain()
	was, is, known, err := c.noted(ctx)
	switch {
	case err != nil:
		return err
	case known && !are(was) && !are(is):
		return p.changed("its rows are not those that carat wrote last")
	case known:
		return nil
	}
	for _, told := range c.Broken(p.Disk.Root) { // all there is of an older carat
		if strings.Contains(told, store.PeopleFile) {
			return p.changed("its seal doesn't hold")
		}
	}
	return nil
}

func (p *Store) changed(what string) error {
	return pipeline.Errorf(pipeline.KindVerification, "read people of", p.Disk.Root, "%s was changed by another program: %s", store.PeopleFile, what).
		WithHint("restore the newest backup that verifies. Where there is none: move %s and people-kept out of the lake's folder, ingest a full file of creators, and of payees, and erase again whom `carat query \"select query from access where verb = 'erase'\"` lists", store.PeopleFile)
}

// Write is With for what changes rows of the tables that it touches, and chains what they
// come to then. It is a verification error, and nothing is written, when those are not as
// carat left them. A store that is gone with its mark is begun anew.
func (p *Store) Write(ctx context.Context, touches Part, do func(*sql.Tx) error) error {
	there, err := p.kept()
	if err != nil {
		return err
	}
	var was, is string
	err = p.with(ctx, immediate, func(tx *sql.Tx) error {
		left, of, err := p.left(ctx, tx, touches)
		if err != nil {
			return err
		}
		before, are, err := judged(ctx, tx, of, left.older())
		if err != nil {
			return err
		}
		if there {
			if err := p.holds(ctx, are); err != nil {
				return err
			}
		}
		if err := do(tx); err != nil {
			return err
		}
		if _, err := key(ctx, tx, true); err != nil {
			return err
		}
		after, err := digestsOf(ctx, tx, of)
		if err != nil || p.Chain == nil {
			return err
		}
		was, is = before.beside(left.is), after.beside(left.is)
		if is == was && left.known && left.was == left.is && !left.older() { // in a lake of an older carat this is the first that is noted
			return nil
		}
		return p.Chain().note(ctx, was, is)
	})
	if err != nil || p.Chain == nil || is == was {
		return err
	}
	return p.over(ctx, was, is)
}

// noted is what the chain says that the rows come to.
type noted struct {
	was, is string
	known   bool
}

// older says that an older carat noted it.
func (n noted) older() bool {
	_, parts := parseDigests(n.is)
	return n.known && !parts
}

// left gives what carat left behind, and which tables a write must go over: all of them where
// it isn't certain what is in those that it doesn't touch.
func (p *Store) left(ctx context.Context, tx *sql.Tx, touches Part) (n noted, of Part, err error) {
	if p.Chain == nil {
		return n, touches, nil
	}
	n.was, n.is, n.known, err = p.Chain().noted(ctx)
	if err != nil {
		return n, touches, err
	}
	has, err := key(ctx, tx, false)
	if !n.known || n.was != n.is || n.older() || has == nil {
		touches = Everything
	}
	return n, touches, err
}

// judged gives what tables come to, and what says whether that is what a text of the chain tells.
func judged(ctx context.Context, tx *sql.Tx, of Part, older bool) (d digests, are func(text string) bool, err error) {
	if d, err = digestsOf(ctx, tx, of); err != nil || !older {
		return d, d.like, err
	}
	whole, err := olderDigest(ctx, tx)
	return d, func(text string) bool { return text == whole }, err
}

// How often, and after which wait, it is tried again to note that a write is over, where
// another session keeps the catalog locked for longer than a statement waits.
const settleTries = 3

var settleWait = 500 * time.Millisecond

// over notes that a write is over. The rows are kept by then, whatever becomes of it: who
// asked is not told that they were refused because the catalog is locked, nor does who
// interrupts now keep it from being noted. Until the next write notes it, the rows may be
// those of before as well, as after a crash between the two.
func (p *Store) over(ctx context.Context, was, is string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	for try := 1; ; try++ {
		err := p.Chain().settle(ctx, was, is)
		if err == nil || pipeline.KindOf(p.Disk.Fail("note", "people", err)) != pipeline.KindBusy {
			return err
		}
		if try == settleTries {
			return nil
		}
		time.Sleep(time.Duration(try) * settleWait)
	}
}

// readTries is how often rows are read again that seem changed: another carat may have
// written them between the two databases.
const readTries = 4

// read is With for what reads rows of tables, and fails as verification when those are not as
// carat left them.
func (p *Store) read(ctx context.Context, of Part, do func(*sql.Tx) error) error {
	for try := 1; ; try++ {
		var are func(string) bool
		err := p.With(ctx, func(tx *sql.Tx) error {
			if err := do(tx); err != nil {
				return err
			}
			left, _, err := p.left(ctx, tx, of)
			if err == nil {
				_, are, err = judged(ctx, tx, of, left.older())
			}
			return err
		})
		if err == nil {
			err = p.holds(ctx, are)
		}
		if err == nil || pipeline.KindOf(err) != pipeline.KindVerification || try == readTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try) * 50 * time.Millisecond):
		}
	}
}

// Check is a verification error when the store is not as carat left it, or is gone.
func (p *Store) Check(ctx context.Context) error {
	there, err := p.present(ctx)
	if err != nil || !there {
		return err
	}
	return p.read(ctx, Everything, func(tx *sql.Tx) error {
		var sound string // an index that lacks a row hides it from who asks by the index
		err := tx.QueryRowContext(ctx, "pragma integrity_check(1)").Scan(&sound)
		if err == nil && sound != "ok" {
			err = p.changed("it is damaged: " + sound)
		}
		if err == nil {
			err = p.checkTables(ctx, tx)
		}
		return errors.Join(err, p.checkAttached(ctx, tx))
	})
}

// ownTables are those that carat makes.
var ownTables = []string{"people", "payees", "forgotten_key", "forgotten", "mailboxes", "questions", "comments", "attached", "attached_contents", "views", "logins", "addresses"}

// checkTables names a table that somebody else put there.
func (p *Store) checkTables(ctx context.Context, tx *sql.Tx) error {
	there, err := tables(ctx, tx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		if !slices.Contains(ownTables, name) && !strings.HasPrefix(name, "sqlite_") {
			return p.changed("the table " + name + " is none of carat's")
		}
	}
	return nil
}

// present is kept, and also knows by the chain that there was a store.
func (p *Store) present(ctx context.Context) (bool, error) {
	there, err := p.kept()
	if there || err != nil || p.Chain == nil {
		return there, err
	}
	if _, _, known, err := p.Chain().noted(ctx); err != nil || !known {
		return false, err
	}
	return false, p.changed("it is gone, and so is the mark that there was one")
}
