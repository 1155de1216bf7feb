package published

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"carat/pipeline/lake/chain"
)

// SQL makes the table in the catalog's database: a row a run, of about 250 bytes for each
// of its tables.
const SQL = `create table if not exists carat_published (
    run_id    text primary key,
    period    text not null,
    batch_no  bigint not null, -- the last batch that the run read
    dated_ms  bigint not null, -- the date of its last snapshot
    clock_ms  bigint not null, -- what the clock said then
    published text not null    -- its tables, as JSON
)`

// Run is what a run published.
type Run struct {
	ID      string
	Period  string
	BatchNo int64 // of the last batch that it read; 0: none
	DatedMs int64 // of its last snapshot: dates keep the order of commits
	ClockMs int64 // what the clock said then; it orders nothing
	Tables  []Table
}

// Table is what one result table holds of a run.
type Table struct {
	Name          string `json:"table"`
	Snapshot      int64  `json:"snapshot_id,string"` // it expires one day
	Rows          int64  `json:"rows"`
	NumbersForm   int    `json:"numbers_form"`
	NumbersSHA256 string `json:"numbers_sha256"`
	FilesSHA256   string `json:"files_sha256"`
	Files         string `json:"files"` // as sha256sum prints them, by path below the lake's folder
}

// FilesOf gives the files of a table.
func (t Table) FilesOf() ([]chain.FileHash, error) { return chain.ParseFiles(t.Files) }

// Table gives what a run published of a table; false for none.
func (r Run) Table(name string) (Table, bool) {
	for _, t := range r.Tables {
		if t.Name == name {
			return t, true
		}
	}
	return Table{}, false
}

// Dated gives the run with a snapshot of one date among its own, and what the clock said.
func (r Run) Dated(ms, clockMs int64) Run {
	if ms >= r.DatedMs {
		r.DatedMs, r.ClockMs = ms, clockMs
	}
	return r
}

// Compare orders runs as they were published.
func Compare(a, b Run) int { return cmp.Or(cmp.Compare(a.DatedMs, b.DatedMs), cmp.Compare(a.ID, b.ID)) }

// List is the rows in the catalog's database.
type List struct {
	DB   *sql.DB
	Bind func(query string) string // writes ? as the database wants them
}

// Add writes what a run published, in the transaction that commits it.
func (l List) Add(ctx context.Context, tx *sql.Tx, r Run) error {
	text, err := json.Marshal(r.Tables)
	if err == nil {
		_, err = tx.ExecContext(ctx, l.Bind("insert into carat_published (run_id, period, batch_no, dated_ms, clock_ms, published) values (?, ?, ?, ?, ?, ?)"),
			r.ID, r.Period, r.BatchNo, r.DatedMs, r.ClockMs, string(text))
	}
	if err != nil {
		return fmt.Errorf("note what run %s published: %w", r.ID, err)
	}
	return nil
}

// Has says whether a run was published.
func (l List) Has(ctx context.Context, id string) (bool, error) {
	var n int
	err := l.DB.QueryRowContext(ctx, l.Bind("select count(*) from carat_published where run_id = ?"), id).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("read published runs: %w", err)
	}
	return n > 0, nil
}

// LastBy gives the date of the last run that was published by an instant, as the clock
// told it then; -1 for none.
func (l List) LastBy(ctx context.Context, clockMs int64) (ms int64, err error) {
	err = l.DB.QueryRowContext(ctx, l.Bind("select coalesce(max(dated_ms), -1) from carat_published where clock_ms <= ?"), clockMs).Scan(&ms)
	if err != nil {
		return 0, fmt.Errorf("read published runs: %w", err)
	}
	return ms, nil
}

// Named gives what a run published; false when there is no such run.
func (l List) Named(ctx context.Context, id string) (Run, bool, error) {
	runs, err := l.read(ctx, columns+", published", "where run_id = ?", id)
	if err != nil || len(runs) == 0 {
		return Run{}, false, err
	}
	return runs[0], true, nil
}

// Upto gives the runs whose last batch is up to one and whose date is up to one, in the
// order in which they were published.
func (l List) Upto(ctx context.Context, batchNo, ms int64) ([]Run, error) {
	return l.read(ctx, columns+", published", upto, batchNo, ms)
}

// Heads is Upto without what the runs published.
func (l List) Heads(ctx context.Context, batchNo, ms int64) ([]Run, error) {
	return l.read(ctx, columns+", '[]'", upto, batchNo, ms)
}

const (
	columns = "run_id, period, batch_no, dated_ms, clock_ms"
	upto    = "where batch_no <= ? and dated_ms <= ? order by dated_ms, run_id"
)

func (l List) read(ctx context.Context, what, rest string, args ...any) (runs []Run, err error) {
	rows, err := l.DB.QueryContext(ctx, l.Bind("select "+what+" from carat_published "+rest), args...)
	if err != nil {
		return nil, fmt.Errorf("read published runs: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r Run
		var text string
		if err := rows.Scan(&r.ID, &r.Period, &r.BatchNo, &r.DatedMs, &r.ClockMs, &text); err != nil {
			return nil, fmt.Errorf("read published runs: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &r.Tables); err != nil {
			return nil, fmt.Errorf("read what run %s published: %w", r.ID, err)
		}
		runs = append(runs, r)
	}
	return runs, rows.Err()
}
