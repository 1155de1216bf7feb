package state

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The chain of records makes a change behind carat's back visible: each time that
// a row of a covered table is written, changed or taken away, the same transaction
// adds a record with what the row then said, and with the hash of the record
// before. The tables are what the records come to; verification replays them. The
// chain's head enters the lake's own chain with each batch, run and certificate.
//
// It grows by one record a write: two for a job, a reading or a mail.

// covered are the tables whose rows are chained, and the columns that name a row.
var covered = map[string][]string{
	"carat_access":    {"access_id"},
	"carat_decisions": {"decision_no"},
	"carat_fetched":   {"fetch_no"},
	"carat_jobs":      {"job_no"},
	"carat_locks":     {"period", "version"},
	"carat_periods":   {"period"},
	"carat_runs":      {"run_id"},
	"carat_sent":      {"period", "creator_id", "entity", "currency", "rows_sha256"},
	"carat_settings":  {"name"},
	"carat_signed":    {"signed_no"},
	"carat_sign_offs": {"period", "version", "attempt"},
	"carat_tables":    {"table_name"},
	"carat_users":     {"user_name", "role"},
}

// unchained are columns that no record holds: what must be forgotten with a person
// can't be part of a chain.
var unchained = map[string][]string{"carat_sent": {"address_sha256"}}

// What a record says became of its row.
const (
	recordWritten = "written" // new, or changed
	recordRemoved = "removed"
	recordAdopted = "adopted" // it was there when the chain began, or a later carat gave it columns
)

// Head is the end of the chain of records.
type Head struct {
	No     int64 // of the last record; 0: there is none
	SHA256 string
}

// String gives the head as the lake's chain holds it: "17 9f86d0…"; "" for none.
func (h Head) String() string {
	if h.No == 0 {
		return ""
	}
	return strconv.FormatInt(h.No, 10) + " " + h.SHA256
}

// ParseHead reads what String gave.
func ParseHead(text string) (Head, error) {
	no, sum, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(no, 10, 64)
	h := Head{No: n, SHA256: sum}
	if raw, herr := hex.DecodeString(sum); err != nil || herr != nil || len(raw) != sha256.Size || h.String() != text {
		return Head{}, fmt.Errorf("%q is not the head of a chain of records", text)
	}
	return h, nil
}

// record is one link of the chain.
type record struct {
	No                                      int64
	At                                      int64 // microseconds since the epoch
	Kind, Table, Key, Content, Prev, SHA256 string
}

// sum gives the record's hash: over its fields and the hash before, each as its
// length in bytes, a colon, itself and a line end.
func (r record) sum() string {
	h := sha256.New()
	for _, field := range []string{strconv.FormatInt(r.No, 10), strconv.FormatInt(r.At, 10), r.Kind, r.Table, r.Key, r.Content, r.Prev} {
		fmt.Fprintf(h, "%d:%s\n", len(field), field)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// reader is what a transaction and a database have in common.
type reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Head gives the end of the chain as it is committed.
func (s *Store) Head(ctx context.Context) (Head, error) {
	last, err := s.lastRecord(ctx, s.db)
	return Head{last.No, last.SHA256}, err
}

func (s *Store) lastRecord(ctx context.Context, db reader) (last record, err error) {
	err = db.QueryRowContext(ctx, "select record_no, at, sha256 from carat_records order by record_no desc limit 1").Scan(&last.No, &last.At, &last.SHA256)
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
	if err := s.record(ctx, tx, recordWritten, table, key...); err != nil {
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
	one := record{At: s.now().UnixMicro(), Kind: kind, Table: table, Key: rowKey(key)}
	for _, r := range rows {
		one.Content = r.content()
	}
	if len(rows) == 0 {
		one.Kind = recordRemoved
	}
	return s.append(ctx, tx, one)
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
	r.SHA256 = r.sum()
	s.noteClock(r.At, last.At)
	_, err = tx.ExecContext(ctx, s.bind(`insert into carat_records (record_no, at, kind, table_name, row_key, content, previous, sha256)
		values (?, ?, ?, ?, ?, ?, ?, ?)`), r.No, r.At, r.Kind, r.Table, r.Key, r.Content, r.Prev, r.SHA256)
	return err
}

// row is a row of any table, as text by column; nil for NULL.
type row map[string]*string

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

// content gives a row as a record holds it: JSON, in the order of the columns' names.
func (r row) content() string {
	text, err := json.Marshal(r)
	if err != nil {
		return "" // cannot be: these are texts
	}
	return string(text)
}

// key gives the row's key, as a record names it.
func (r row) key(table string) string {
	var parts []any
	for _, c := range covered[table] {
		text := ""
		if r[c] != nil {
			text = *r[c]
		}
		parts = append(parts, text)
	}
	return rowKey(parts)
}

// rowKey spells a key: itself, or a JSON list of several columns.
func rowKey(key []any) string {
	var parts []string
	for _, k := range key {
		parts = append(parts, fmt.Sprint(k))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return "" // cannot be: these are texts
	}
	return string(text)
}

// adopt adds a record of each row that no record tells of, where all is set: when
// the chain begins. Of a row that has columns which its record doesn't know, and
// else says the same, it adds one too: a later carat gave it these.
func (s *Store) adopt(ctx context.Context, tx *sql.Tx, all bool) error {
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
			before, told := latest[table][r.key(table)]
			if !told && !all || told && !r.widens(before) {
				continue
			}
			one := record{At: s.now().UnixMicro(), Kind: recordAdopted, Table: table, Key: r.key(table), Content: r.content()}
			if err := s.append(ctx, tx, one); err != nil {
				return err
			}
		}
	}
	return nil
}

// widens says whether a row says what a record does, and has more columns.
func (r row) widens(before record) bool {
	var old row
	if before.Kind == recordRemoved || json.Unmarshal([]byte(before.Content), &old) != nil || len(r) <= len(old) {
		return false
	}
	return len(differing(old, r)) == 0
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
