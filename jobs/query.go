package jobs

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/reports/table"
)

// querySpill bounds what a query may put on the disk while it runs.
const querySpill = "20GB"

// QueryOptions say what to ask of which state of the history.
type QueryOptions struct {
	Setting
	Query   string
	AsOf    string          // "": now; an RFC 3339 time; a batch id; or a closed period
	Period  pipeline.Period // only this month's rows, and the results of its run; "": all
	Timeout time.Duration   // 0: none
	// Answer begins the file that the rows are written to, once the columns and
	// their SQL types are known.
	Answer func(columns []table.Column, types []string) (table.RowWriter, error)
}

// Query runs one read-only query over the history, writes its rows one after
// the other, and gives their number. The access is recorded. A query that is no
// SELECT, doesn't parse, or takes more time, memory or disk than it may is a
// usage error; an unknown batch, or a period that is not closed, a not-found
// error.
func Query(ctx context.Context, o QueryOptions) (rows int64, err error) {
	p, err := openExisting(ctx, o.Setting)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	at, err := p.asOf(ctx, o.AsOf)
	if err != nil {
		return 0, err
	}
	return p.recorded(ctx, o.Setting, "query", o.text(), func() (int64, error) {
		if o.Timeout <= 0 {
			return p.answer(ctx, o, at)
		}
		limited, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		n, err := p.answer(limited, o, at)
		if err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
			return n, pipeline.Errorf(pipeline.KindUsage, "run", "query", "it took longer than %s", o.Timeout).
				WithHint("ask for less, or allow more time with --timeout")
		}
		return n, err
	})
}

// text is the query as the record of accesses keeps it.
func (o QueryOptions) text() string {
	text := o.Query
	if o.Period != "" {
		text += " --period " + string(o.Period)
	}
	if o.AsOf != "" {
		text += " --as-of " + o.AsOf
	}
	return text
}

// answer runs the query of a person.
func (p *place) answer(ctx context.Context, o QueryOptions, at lake.AsOf) (n int64, err error) {
	v := view{at: at, folders: p.tableFolders(), spill: querySpill, query: o.Query}
	if o.Period != "" {
		if v.where, err = p.onlyPeriod(ctx, o.Period, at); err != nil {
			return 0, err
		}
	}
	eng, err := p.openView(ctx, o.Config, v)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	records := recordTables
	if eng.narrow {
		records = eng.records
	}
	if err := p.loadRecords(ctx, eng.Engine, at, records); err != nil {
		return 0, err
	}
	rows, err := eng.Query(ctx, o.Query)
	if err != nil && eng.narrow && strings.Contains(err.Error(), "does not exist") {
		// What DuckDB proposes instead is one of all tables.
		v.query = ""
		if err := errors.Join(p.loadView(ctx, eng, v), p.loadRecords(ctx, eng.Engine, at, recordTables)); err != nil {
			return 0, err
		}
		rows, err = eng.Query(ctx, o.Query)
	}
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return writeRows(rows, o.Answer)
}

// tableFolders are where SQL that a person wrote may read: the tables, and not
// the people.
func (p *place) tableFolders() []string { return []string{filepath.Join(p.lake.Root(), "carat.db")} }

// writeRows hands every row of an answer on.
func writeRows(rows *sql.Rows, begin func([]table.Column, []string) (table.RowWriter, error)) (n int64, err error) {
	columns, types, err := answerColumns(rows)
	if err != nil {
		return 0, err
	}
	w, err := begin(columns, types)
	if err != nil {
		return 0, err
	}
	row, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return n, errors.Join(queryError(err), w.Close())
		}
		if err := w.Write(row); err != nil {
			return n, errors.Join(err, w.Close())
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return n, errors.Join(queryError(err), w.Close())
	}
	return n, w.Close()
}

func answerColumns(rows *sql.Rows) (columns []table.Column, types []string, err error) {
	all, err := rows.ColumnTypes()
	if err != nil {
		return nil, nil, queryError(err)
	}
	for _, c := range all {
		columns = append(columns, table.Column{Name: c.Name(), Kind: kindOf(c.DatabaseTypeName())})
		types = append(types, c.DatabaseTypeName())
	}
	return columns, types, nil
}

// query runs a query of carat's own over the named tables, all if none is
// named, and takes all its rows.
func (p *place) query(ctx context.Context, c *Config, at lake.AsOf, query string, tables ...string) (t *table.Table, err error) {
	eng, err := p.openReader(ctx, c, at, p.tableFolders(), tables...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	rows, err := eng.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return readTable(rows)
}

// readTable takes all rows of an answer.
func readTable(rows *sql.Rows) (*table.Table, error) {
	columns, _, err := answerColumns(rows)
	if err != nil {
		return nil, err
	}
	t := &table.Table{Columns: columns}
	for rows.Next() {
		row := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, queryError(err)
		}
		t.Rows = append(t.Rows, row)
	}
	if err := rows.Err(); err != nil {
		return nil, queryError(err)
	}
	return t, nil
}

// queryError is the error of a query that failed on the way: a cast that
// doesn't fit, too little memory.
func queryError(err error) error {
	e := pipeline.Errorf(pipeline.KindUsage, "run", "query", "%w", err)
	if text := err.Error(); strings.Contains(text, "Out of Memory") {
		return e.WithHint("ask for less, or raise memory in carat.yaml")
	}
	return e
}

// kindOf says how a column of that SQL type is written.
func kindOf(sqlType string) table.Kind {
	name, _, _ := strings.Cut(sqlType, "(")
	switch name {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE":
		return table.Number
	case "DECIMAL":
		return table.Decimal
	case "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return table.Time
	case "DATE":
		return table.Date
	case "BOOLEAN":
		return table.Bool
	}
	return table.Text
}

var (
	batchForm  = regexp.MustCompile(`^b[0-9]{6,}$`)
	periodForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}$`)
)

// asOf finds the state of the lake that a text names.
func (p *place) asOf(ctx context.Context, text string) (lake.AsOf, error) {
	switch {
	case text == "":
		return latest, nil
	case batchForm.MatchString(text):
		return lake.AsOf{Batch: text}, nil
	case periodForm.MatchString(text):
		return p.asClosed(ctx, text)
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return latest, pipeline.Errorf(pipeline.KindUsage, "parse", "--as-of", "%q is neither a time, a batch nor a period", text).
			WithHint("give a time with a zone, such as 2026-11-02T09:00:00Z, a batch, such as b000042, or a closed period, such as 2026-10")
	}
	return lake.AsOf{Time: t}, nil
}
