package people

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Part is a set of the tables of the store. Each has a digest of its own, so that who says
// something about an exception needs not go over the names of a million creators.
type Part uint

// The tables that are guarded by what they come to. Logins and addresses are not: a record
// tells of each of their rows.
const (
	Creators  Part = 1 << iota // the table people
	Payees                     // payees
	Forgotten                  // forgotten
	Asked                      // questions
	Said                       // comments
	Attached                   // attached, without the contents, which are judged by their hashes
	Saved                      // views

	Persons    = Creators | Payees | Forgotten
	Everything = Persons | Asked | Said | Attached | Saved
)

// What is digested is the table, never an index of it: who reads a guarded table by more than its
// number reads it `not indexed` too, so that an index that lacks a row hides none.

// guarded are the tables of the parts in their order, each with what is digested of it.
var guarded = []struct{ table, query string }{
	{"people", "select 'people', creator_id, display_name, email from people order by creator_id"},
	{"payees", "select 'payees', payee_id, legal_name, address, birth_date, tax_ids, account, email from payees order by payee_id"},
	{"forgotten", "select 'forgotten', subject from forgotten order by subject"},
	{"questions", "select 'questions', * from questions order by question_no"},
	{"comments", "select 'comments', * from comments order by comment_no"},
	{"attached", "select 'attached', * from attached order by attachment_no"},
	{"views", "select 'views', * from views order by person, name"},
}

const (
	keyQuery   = "select 'key', hex(key) from forgotten_key order by key"
	codeQuery  = "select type, name, sql from sqlite_master where type in ('trigger', 'view') order by name" // carat has none, and they would write rows
	partsApart = "."
)

// digests are what each of guarded comes to, "" where it was not asked for. As a text they
// are what the chain holds; an older carat's is one digest over all of them.
type digests [7]string

func (d digests) String() string { return strings.Join(d[:], partsApart) }

// parseDigests gives the digests of a text of the chain; false for an older carat's.
func parseDigests(text string) (d digests, parts bool) {
	all := strings.Split(text, partsApart)
	return d, copy(d[:], all) == len(d) && len(all) == len(d)
}

// like says whether the digests that were asked for are those of a text of the chain.
func (d digests) like(text string) bool {
	noted, ok := parseDigests(text)
	for i := range d {
		ok = ok && (d[i] == "" || d[i] == noted[i])
	}
	return ok
}

// beside gives the text of digests, with those of a text of the chain where none was asked for.
func (d digests) beside(text string) string {
	noted, _ := parseDigests(text)
	for i := range d {
		if d[i] == "" {
			d[i] = noted[i]
		}
	}
	return d.String()
}

// digestsOf gives what tables of the store come to. The key, and code that would write rows,
// are in each.
func digestsOf(ctx context.Context, tx *sql.Tx, of Part) (d digests, err error) {
	key, err := key(ctx, tx, false)
	if err != nil {
		return d, err
	}
	there, err := tables(ctx, tx)
	for i, g := range guarded {
		if of&(1<<i) == 0 || err != nil {
			continue
		}
		queries := []string{keyQuery, codeQuery}
		if there[g.table] {
			queries = append(queries, g.query)
		}
		if g.table == "people" && there["mailboxes"] { // a table that a later carat made, with the creators'
			queries = append(queries, "select 'mailboxes', creator_id, address, changed_at, told_at from mailboxes order by creator_id")
		}
		d[i], err = digestOf(ctx, tx, key, queries)
	}
	return d, err
}

// olderDigest gives what all the rows come to as an older carat noted it.
func olderDigest(ctx context.Context, tx *sql.Tx) (string, error) {
	key, err := key(ctx, tx, false)
	if err != nil {
		return "", err
	}
	there, err := tables(ctx, tx)
	if err != nil {
		return "", err
	}
	queries := []string{guarded[0].query, guarded[1].query, guarded[2].query, keyQuery, codeQuery}
	for _, g := range guarded[3:] {
		if there[g.table] {
			queries = append(queries, g.query)
		}
	}
	return digestOf(ctx, tx, key, queries)
}

// tables gives which tables there are: some are made when somebody first needs them.
func tables(ctx context.Context, tx *sql.Tx) (map[string]bool, error) {
	rows, err := tx.QueryContext(ctx, "select name from sqlite_master where type = 'table'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	there := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		there[name] = true
	}
	return there, rows.Err()
}

func digestOf(ctx context.Context, tx *sql.Tx, key []byte, queries []string) (string, error) {
	h := hmac.New(sha256.New, key)
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
