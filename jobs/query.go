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
	"carat/reports"
)

// QueryRowsMax bounds the rows of a query's answer, which is held in memory.
const QueryRowsMax = 1_000_000

// QueryOptions say what to ask of which state of the history.
type QueryOptions struct {
	Setting
	Query string
	AsOf  string // "": now; an RFC 3339 time; or a batch id
}

var batchForm = regexp.MustCompile(`^b[0-9]{6,}$`)

// Query runs one read-only query over the history. A query that is no SELECT
// or doesn't parse is a usage error; an unknown batch a not-found error.
func Query(ctx context.Context, o QueryOptions) (*reports.Table, error) {
	at, err := parseAsOf(o.AsOf)
	if err != nil {
		return nil, err
	}
	p, err := openExisting(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	t, err := p.query(ctx, o.Config, at, o.Query)
	return t, errors.Join(err, p.close())
}

// query runs a query over the named tables, all if none is named.
func (p *place) query(ctx context.Context, c *Config, at lake.AsOf, query string, tables ...string) (t *reports.Table, err error) {
	eng, err := p.openReader(ctx, c, at, []string{filepath.Join(p.lake.Root(), "carat.db")}, tables...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	if len(tables) == 0 {
		if err := p.loadBatches(ctx, eng.Engine, at); err != nil {
			return nil, err
		}
	}
	rows, err := eng.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return readTable(rows)
}

// readTable takes all rows of an answer.
func readTable(rows *sql.Rows) (*reports.Table, error) {
	columns, err := rows.ColumnTypes()
	if err != nil {
		return nil, queryError(err)
	}
	t := &reports.Table{}
	for _, c := range columns {
		t.Columns = append(t.Columns, reports.Column{Name: c.Name(), Kind: kindOf(c.DatabaseTypeName())})
	}
	for rows.Next() {
		if len(t.Rows) == QueryRowsMax {
			return nil, pipeline.Errorf(pipeline.KindUsage, "run", "query", "its answer has more than %d rows", QueryRowsMax).
				WithHint("add a limit, a condition or a group by")
		}
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
	return pipeline.Errorf(pipeline.KindUsage, "run", "query", "%w", err)
}

// kindOf says how a column of that SQL type is written.
func kindOf(sqlType string) reports.Kind {
	name, _, _ := strings.Cut(sqlType, "(")
	switch name {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE":
		return reports.Number
	case "DECIMAL":
		return reports.Decimal
	case "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return reports.Time
	case "DATE":
		return reports.Date
	case "BOOLEAN":
		return reports.Bool
	}
	return reports.Text
}

func parseAsOf(text string) (lake.AsOf, error) {
	if text == "" {
		return latest, nil
	}
	if batchForm.MatchString(text) {
		return lake.AsOf{Batch: text}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return latest, pipeline.Errorf(pipeline.KindUsage, "parse", "--as-of", "%q is neither a time nor a batch", text).
			WithHint("give a time with a zone, such as 2026-11-02T09:00:00Z, or a batch, such as b000042")
	}
	return lake.AsOf{Time: t}, nil
}
