package books

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"

	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/reports/table"
)

// TextOrNil gives a text as a cell: nil for "".
func TextOrNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// TableFolders are where SQL that a person wrote may read: the tables, and not
// the people.
func (p *Books) TableFolders() []string { return []string{filepath.Join(p.Lake.Root(), "carat.db")} }

// AnswerColumns gives the columns of an answer, as reports write them, and their
// SQL types.
func AnswerColumns(rows *sql.Rows) (columns []table.Column, types []string, err error) {
	all, err := rows.ColumnTypes()
	if err != nil {
		return nil, nil, QueryError(err)
	}
	for _, c := range all {
		columns = append(columns, table.Column{Name: c.Name(), Kind: KindOf(c.DatabaseTypeName())})
		types = append(types, c.DatabaseTypeName())
	}
	return columns, types, nil
}

// Query runs a query of carat's own over the named tables, all if none is
// named, and takes all its rows.
func (p *Books) Query(ctx context.Context, c *config.Config, at lake.AsOf, query string, tables ...string) (t *table.Table, err error) {
	eng, err := p.OpenReader(ctx, c, at, p.TableFolders(), tables...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	rows, err := eng.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return ReadTable(rows)
}

// ReadTable takes all rows of an answer.
func ReadTable(rows *sql.Rows) (*table.Table, error) {
	columns, _, err := AnswerColumns(rows)
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
			return nil, QueryError(err)
		}
		t.Rows = append(t.Rows, row)
	}
	if err := rows.Err(); err != nil {
		return nil, QueryError(err)
	}
	return t, nil
}

// QueryError is the error of a query that failed on the way: a cast that
// doesn't fit, too little memory.
func QueryError(err error) error {
	e := pipeline.Errorf(pipeline.KindUsage, "run", "query", "%w", err)
	if text := err.Error(); strings.Contains(text, "Out of Memory") {
		return e.WithHint("ask for less, or raise memory in carat.yaml")
	}
	return e
}

// KindOf says how a column of that SQL type is written.
func KindOf(sqlType string) table.Kind {
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
