package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"carat/pipeline/state/chain"
)

// The chain of records makes a change behind carat's back visible: each time that
// a row of a covered table is written, changed or taken away, the same transaction
// adds a record with what the row then said, and with the hash of the record
// before. The tables are what the records come to; verification replays them. The
// chain's head enters the lake's own chain with each batch, run and certificate.
//
// It grows by one record a write: two for a job, a reading or a mail, three for a slot
// of the schedule.

// covered are the tables whose rows are chained, and the columns that name a row.
var covered = map[string][]string{
	"carat_access":    {"access_id"},
	"carat_decisions": {"decision_no"},
	"carat_fetched":   {"fetch_no"},
	"carat_jobs":      {"job_no"},
	"carat_lock":      {"lake"},
	"carat_locks":     {"period", "version"},
	"carat_notices":   {"webhook", "notice_key"},
	"carat_periods":   {"period"},
	"carat_published": {"run_id"},
	"carat_runs":      {"run_id"},
	"carat_schedule":  {"job"},
	"carat_sent":      {"period", "creator_id", "entity", "currency", "rows_sha256"},
	"carat_settings":  {"name"},
	"carat_signed":    {"signed_no"},
	"carat_sign_offs": {"period", "version", "attempt"},
	"carat_slots":     {"job", "slot_key"},
	"carat_sources":   {"source"},
	"carat_tables":    {"table_name"},
	"carat_users":     {"user_name", "role"},
}

// chainedLate are the tables whose rows are recorded from chainedMigration on.
var chainedLate = []string{"carat_lock", "carat_notices", "carat_schedule", "carat_slots", "carat_sources"}

// unchained are columns that no record holds. This one is of before there was a keyed hash,
// which could tell an address to whoever guesses it.
var unchained = map[string][]string{"carat_sent": {"address_sha256"}}

// Head is the end of the chain of records.
type Head = chain.Head

// ParseHead reads what Head.String gave.
func ParseHead(text string) (Head, error) { return chain.ParseHead(text) }

type (
	record = chain.Record
	row    = chain.Row
)

// reader is what a transaction and a database have in common.
type reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Head gives the end of the chain as it is committed; but for records of some tables, the last of the others.
func (s *Store) Head(ctx context.Context, but ...string) (Head, error) {
	last, err := s.lastRecord(ctx, s.db, but...)
	return Head{No: last.No, SHA256: last.SHA256}, err
}

func (s *Store) lastRecord(ctx context.Context, db reader, but ...string) (last record, err error) {
	err = db.QueryRowContext(ctx, "select record_no, at, sha256 from carat_records where table_name not in ('"+strings.Join(but, "', '")+"') order by record_no desc limit 1").Scan(&last.No, &last.At, &last.SHA256)
	if errors.Is(err, sql.ErrNoRows) {
		return record{}, nil
	}
	if err != nil {
		return record{}, fmt.Errorf("read the records: %w", err)
	}
	return last, nil
}

// Record adds a record of what a row of a covered table says now, in the
// transaction that wrote it. key has the row's key columns, in their order.
func (s *Store) Record(ctx context.Context, tx *sql.Tx, table string, key ...any) error {
	if err := s.record(ctx, tx, chain.Written, table, key...); err != nil {
		return fmt.Errorf("record %s: %w", table, err)
	}
	return nil
}

func (s *Store) record(ctx context.Context, tx *sql.Tx, kind, table string, key ...any) error {
	columns := covered[table]
	if len(columns) == 0 || len(columns) != len(key) {
		return fmt.Errorf("no row of it has the key %v", key)
	}
	rows, err := s.rowsOf(ctx, tx, table, " where "+strings.Join(columns, " = ? and ")+" = ?", key...)
	if err != nil {
		return err
	}
	one := record{At: s.now().UnixMicro(), Kind: kind, Table: table, Key: chain.RowKey(key)}
	for _, r := range rows {
		one.Content = r.Content()
	}
	if len(rows) == 0 {
		one.Kind = chain.Removed
	}
	return s.append(ctx, tx, one)
}

// recordAll adds a record of each row of a covered table that the condition names, as
// they are now.
func (s *Store) recordAll(ctx context.Context, tx *sql.Tx, table, where string, args ...any) error {
	rows, err := s.rowsOf(ctx, tx, table, where+" order by "+strings.Join(covered[table], ", "), args...)
	for i := 0; i < len(rows) && err == nil; i++ {
		err = s.append(ctx, tx, record{At: s.now().UnixMicro(), Kind: chain.Written, Table: table, Key: keyOf(rows[i], table), Content: rows[i].Content()})
	}
	if err != nil {
		return fmt.Errorf("record %s: %w", table, err)
	}
	return nil
}

// append gives a record its number and its place in the chain. Two transactions
// can't both: on PostgreSQL the second waits for the table, on SQLite for the
// database, which its transactions lock when they begin.
func (s *Store) append(ctx context.Context, tx *sql.Tx, r record) error {
	if s.postgres {
		if _, err := tx.ExecContext(ctx, "lock table carat_records in exclusive mode"); err != nil {
			return err
		}
	}
	last, err := s.lastRecord(ctx, tx)
	if err != nil {
		return err
	}
	r.No, r.Prev = last.No+1, last.SHA256
	r.SHA256 = r.Sum()
	s.noteClock(r.At, last.At)
	_, err = tx.ExecContext(ctx, s.bind(`insert into carat_records (record_no, at, kind, table_name, row_key, content, previous, sha256)
		values (?, ?, ?, ?, ?, ?, ?, ?)`), r.No, r.At, r.Kind, r.Table, r.Key, r.Content, r.Prev, r.SHA256)
	return err
}

// rowsOf reads rows of a covered table.
func (s *Store) rowsOf(ctx context.Context, db reader, table, where string, args ...any) ([]row, error) {
	rows, err := db.QueryContext(ctx, s.bind("select * from "+table+where), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all []row
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		one := row{}
		for i, c := range columns {
			if slices.Contains(unchained[table], c) {
				continue
			}
			if one[c] = nil; values[i].Valid {
				one[c] = &values[i].String
			}
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// keyOf gives the row's key, as a record names it.
func keyOf(r row, table string) string {
	var parts []any
	for _, c := range covered[table] {
		text := ""
		if r[c] != nil {
			text = *r[c]
		}
		parts = append(parts, text)
	}
	return chain.RowKey(parts)
}

// adopt adds a record of each row that no record tells of, of the tables that begin
// to be recorded. Of a row that has columns which its record doesn't know, and
// else says the same, it adds one too: a later carat gave it these.
func (s *Store) adopt(ctx context.Context, tx *sql.Tx, begins func(table string) bool) error {
	known, err := s.ownTables(ctx, tx)
	if err != nil {
		return err
	}
	latest, err := s.latest(ctx, tx)
	if err != nil {
		return err
	}
	for _, table := range slices.Sorted(maps.Keys(covered)) {
		if !slices.Contains(known, table) {
			continue
		}
		columns := strings.Join(covered[table], ", ")
		rows, err := s.rowsOf(ctx, tx, table, " order by "+columns)
		if err != nil {
			return err
		}
		for _, r := range rows {
			before, told := latest[table][keyOf(r, table)]
			if !told && !begins(table) || told && !widens(r, before) {
				continue
			}
			one := record{At: s.now().UnixMicro(), Kind: chain.Adopted, Table: table, Key: keyOf(r, table), Content: r.Content()}
			if err := s.append(ctx, tx, one); err != nil {
				return err
			}
		}
	}
	return nil
}

// widens says whether a row says what a record does, and has more columns.
func widens(r row, before record) bool {
	var old row
	if before.Kind == chain.Removed || json.Unmarshal([]byte(before.Content), &old) != nil || len(r) <= len(old) {
		return false
	}
	return len(chain.Differing(old, r)) == 0
}

// latest gives the last record of each row, by table and key.
func (s *Store) latest(ctx context.Context, db reader) (map[string]map[string]record, error) {
	latest := map[string]map[string]record{}
	err := s.eachRecord(ctx, db, func(r record) {
		if latest[r.Table] == nil {
			latest[r.Table] = map[string]record{}
		}
		latest[r.Table][r.Key] = r
	})
	return latest, err
}

func (s *Store) eachRecord(ctx context.Context, db reader, take func(record)) error {
	return s.recordsWhere(ctx, db, "", take)
}

func (s *Store) recordsWhere(ctx context.Context, db reader, where string, take func(record)) error {
	rows, err := db.QueryContext(ctx, "select record_no, at, kind, table_name, row_key, content, previous, sha256 from carat_records"+where+" order by record_no")
	if err != nil {
		return fmt.Errorf("read the records: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r record
		if err := rows.Scan(&r.No, &r.At, &r.Kind, &r.Table, &r.Key, &r.Content, &r.Prev, &r.SHA256); err != nil {
			return fmt.Errorf("read the records: %w", err)
		}
		take(r)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the records: %w", err)
	}
	return nil
}

// clockSlack is how far a clock may lie behind the last record before it is told:
// several machines may write, and a job carries the time at which it began.
const clockSlack = time.Minute

// noteClock keeps that a record is dated before the one before it.
func (s *Store) noteClock(now, last int64) {
	if now < last-clockSlack.Microseconds() {
		s.behind.CompareAndSwap(0, last)
	}
}

// ClockBehind gives the time of the last record when this store wrote one that is
// dated before it: the clock was set back, or ahead before. Order goes by number.
func (s *Store) ClockBehind() (last time.Time, behind bool) {
	at := s.behind.Load()
	return time.UnixMicro(at).UTC(), at != 0
}
