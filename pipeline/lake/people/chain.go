package people

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/store"
)

// The store of people changes in place and lies outside the history, so that it can be
// erased. What its rows come to is a row of carat_tables, which is chained: a keyed hash,
// whose key lies in the store, so that the chain tells nothing of a person. It is written
// around each write: before, with what the rows come to then and will, so that a crash
// is no reason for alarm, and after, with the latter alone.

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

// holds is a verification error when the rows are not as carat left them.
func (p *Store) holds(ctx context.Context, digest string) error {
	if p.Chain == nil {
		return nil
	}
	c := p.Chain()
	was, is, known, err := c.noted(ctx)
	switch {
	case err != nil:
		return err
	case known && digest != was && digest != is:
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

// digestOf gives what the rows of the store come to.
func digestOf(ctx context.Context, tx *sql.Tx) (string, error) {
	key, err := key(ctx, tx, false)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, key)
	queries := []string{
		"select 'people', creator_id, display_name, email from people order by creator_id",
		"select 'payees', payee_id, legal_name, address, birth_date, tax_ids, account, email from payees order by payee_id",
		"select 'forgotten', subject from forgotten order by subject",
		"select 'key', hex(key) from forgotten_key order by key",
		"select type, name, sql from sqlite_master where type in ('trigger', 'view') order by name", // carat has none, and they would write rows
	}
	if asked, err := asked(ctx, tx); err != nil {
		return "", err
	} else if asked {
		queries = append(queries, "select 'questions', * from questions order by question_no")
	}
	if said, err := hasComments(ctx, tx); err != nil {
		return "", err
	} else if said {
		queries = append(queries, "select 'comments', * from comments order by comment_no")
	}
	if has, err := hasAttached(ctx, tx); err != nil {
		return "", err
	} else if has {
		queries = append(queries, "select 'attached', * from attached order by attachment_no")
	}
	if has, err := hasViews(ctx, tx); err != nil {
		return "", err
	} else if has {
		queries = append(queries, "select 'views', * from views order by person, name")
	}
	for _, query := range queries {
		if err := digestRows(ctx, tx, query, json.NewEncoder(h)); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func digestRows(ctx context.Context, tx *sql.Tx, query string, to *json.Encoder) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, raw, at := make([]any, len(columns)), make([][]byte, len(columns)), make([]any, len(columns))
	for i := range values {
		at[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(at...); err != nil {
			return err
		}
		for i, value := range values {
			switch value := value.(type) {
			case nil:
				raw[i] = nil
			case string:
				raw[i] = []byte(value)
			case int64:
				raw[i] = strconv.AppendInt(nil, value, 10)
			default: // SQLite keeps bytes where a text is declared, and then finds no such text
				raw[i] = fmt.Appendf(nil, "\x00%T %v", value, value)
			}
		}
		if err := to.Encode(raw); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Write is With for what changes rows, and chains what they come to then. It is a
// verification error, and nothing is written, when they are not as carat left them. A
// store that is gone with its mark is begun anew.
func (p *Store) Write(ctx context.Context, do func(*sql.Tx) error) error {
	there, err := p.kept()
	if err != nil {
		return err
	}
	var was, is string
	err = p.with(ctx, immediate, func(tx *sql.Tx) error {
		if was, err = digestOf(ctx, tx); err != nil {
			return err
		}
		if there {
			if err := p.holds(ctx, was); err != nil {
				return err
			}
		}
		if err := do(tx); err != nil {
			return err
		}
		if _, err := key(ctx, tx, true); err != nil {
			return err
		}
		if is, err = digestOf(ctx, tx); err != nil || p.Chain == nil {
			return err
		}
		if is == was { // in a lake of an older carat this is the first that is noted
			if _, _, known, err := p.Chain().noted(ctx); err != nil || known {
				return err
			}
		}
		return p.Chain().note(ctx, was, is)
	})
	if err != nil || p.Chain == nil || is == was {
		return err
	}
	return p.over(ctx, was, is)
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

// read is With for what reads rows, and fails as verification when they are not as carat
// left them.
func (p *Store) read(ctx context.Context, do func(*sql.Tx) error) error {
	for try := 1; ; try++ {
		var digest string
		err := p.With(ctx, func(tx *sql.Tx) (err error) {
			if err := do(tx); err != nil {
				return err
			}
			digest, err = digestOf(ctx, tx)
			return err
		})
		if err == nil {
			err = p.holds(ctx, digest)
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
	return p.read(ctx, func(tx *sql.Tx) error { return p.checkAttached(ctx, tx) })
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
