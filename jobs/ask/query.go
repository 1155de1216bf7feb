package ask

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/reports/table"
)

// querySpill bounds what a query may put on the disk while it runs.
const querySpill = "20GB"

// QueryOptions say what to ask of which state of the history.
type QueryOptions struct {
	books.Setting
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
	p, err := books.OpenExisting(ctx, o.Setting)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	at, err := p.AsOf(ctx, o.AsOf)
	if err != nil {
		return 0, err
	}
	return p.Recorded(ctx, o.Setting, "query", o.text(), func() (int64, error) {
		if o.Timeout <= 0 {
			return answer(ctx, p, o, at)
		}
		limited, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		n, err := answer(limited, p, o, at)
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
func answer(ctx context.Context, p *books.Books, o QueryOptions, at lake.AsOf) (n int64, err error) {
	v := books.View{At: at, Folders: p.TableFolders(), Spill: querySpill, Query: o.Query}
	if o.Period != "" {
		if v.Where, err = p.OnlyPeriod(ctx, o.Period, at); err != nil {
			return 0, err
		}
	}
	eng, err := p.OpenView(ctx, o.Config, v)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	records := books.RecordTables
	if eng.Partial {
		records = eng.Records
	}
	if err := p.LoadRecords(ctx, eng.Engine, at, records); err != nil {
		return 0, err
	}
	rows, err := eng.Query(ctx, o.Query)
	if err != nil && eng.Partial && strings.Contains(err.Error(), "does not exist") {
		// What DuckDB proposes instead is one of all tables.
		v.Query = ""
		if err := errors.Join(p.LoadView(ctx, eng, v), p.LoadRecords(ctx, eng.Engine, at, books.RecordTables)); err != nil {
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

// writeRows hands every row of an answer on.
func writeRows(rows *sql.Rows, begin func([]table.Column, []string) (table.RowWriter, error)) (n int64, err error) {
	columns, types, err := books.AnswerColumns(rows)
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
			return n, errors.Join(books.QueryError(err), w.Close())
		}
		if err := w.Write(row); err != nil {
			return n, errors.Join(err, w.Close())
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return n, errors.Join(books.QueryError(err), w.Close())
	}
	return n, w.Close()
}
