package signed

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/spelling"
)

// Table is the table of records, and Key the column that names one.
const (
	Table = "carat_signed"
	Key   = "signed_no"
)

// Record is what somebody signed, as it is kept.
type Record struct {
	No         int64
	Kind       string
	Person     string
	Credential string // the key's fingerprint; "" of what nobody has proved
	Period     string // that it is about; "": none
	At         time.Time
	Content    string // the bytes that are signed
	Signature  string // "" without one
	Previous   string // SHA-256 of the content of the record before; "" of the first
	SHA256     string // of Content
}

// Head is the end of the chain.
type Head struct {
	No     int64 // 0: there is none
	SHA256 string
}

// Reader is what a transaction and a database have in common.
type Reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Sum gives the SHA-256 of a record's bytes, in hex.
func Sum(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// HeadOf gives the end of the chain.
func HeadOf(ctx context.Context, db Reader) (h Head, err error) {
	err = db.QueryRowContext(ctx, "select signed_no, sha256 from carat_signed order by signed_no desc limit 1").Scan(&h.No, &h.SHA256)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return h, fmt.Errorf("read what was signed: %w", err)
	}
	return h, nil
}

// ErrMoved is the error of a record that was made for another place of the chain:
// somebody else signed meanwhile.
var ErrMoved = errors.New("another record was signed meanwhile")

// Append adds a record, whose number and hash before must be the next ones. bind
// gives a query with the database's placeholders.
func Append(ctx context.Context, tx *sql.Tx, bind func(string) string, r Record) error {
	h, err := HeadOf(ctx, tx)
	if err != nil {
		return err
	}
	if r.No != h.No+1 || r.Previous != h.SHA256 {
		return pipeline.Errorf(pipeline.KindBusy, "sign", "record "+fmt.Sprint(r.No), "%w", ErrMoved).WithHint("nothing was changed; run again")
	}
	if spelling.Redact(r.Content) != r.Content || Sum(r.Content) != r.SHA256 {
		return fmt.Errorf("record %d is not what was signed", r.No) // its maker's mistake: the bytes would be kept otherwise
	}
	_, err = tx.ExecContext(ctx, bind(`insert into carat_signed (signed_no, kind, person, credential, period, at, content, signature, previous, sha256)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`), r.No, r.Kind, r.Person, r.Credential, r.Period, r.At.UnixMicro(), r.Content, r.Signature, r.Previous, r.SHA256)
	if err != nil {
		return fmt.Errorf("keep record %d: %w", r.No, err)
	}
	return nil
}

// List gives the records from a number on, of some kinds or of all, in their order.
// Whoever asks for all of a long history takes them bit by bit: most gives how many
// at a time, 0 all.
func List(ctx context.Context, db Reader, bind func(string) string, from int64, most int, kinds ...string) ([]Record, error) {
	query, args := "select signed_no, kind, person, credential, period, at, content, signature, previous, sha256 from carat_signed where signed_no >= ?", []any{from}
	if len(kinds) > 0 {
		query += " and kind in (?" + strings.Repeat(", ?", len(kinds)-1) + ")"
		for _, kind := range kinds {
			args = append(args, kind)
		}
	}
	query += " order by signed_no"
	if most > 0 {
		query += fmt.Sprintf(" limit %d", most)
	}
	rows, err := db.QueryContext(ctx, bind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("read what was signed: %w", err)
	}
	defer rows.Close()
	var list []Record
	for rows.Next() {
		var r Record
		var at int64
		if err := rows.Scan(&r.No, &r.Kind, &r.Person, &r.Credential, &r.Period, &at, &r.Content, &r.Signature, &r.Previous, &r.SHA256); err != nil {
			return nil, fmt.Errorf("read what was signed: %w", err)
		}
		r.At = time.UnixMicro(at).UTC()
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read what was signed: %w", err)
	}
	return list, nil
}
