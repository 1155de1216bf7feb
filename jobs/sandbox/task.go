package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/spelling"
	"carat/reports/table"
)

// Task is what a process is to do: tables, and one query over them, whose rows
// it writes in a format of reports/table; or a control of a user's own.
type Task struct {
	Memory  string   // what the SQL engine may hold, as carat.yaml says it: "4GB"
	Threads int      // 0: all cores
	Disk    string   // how much may be put on the disk meanwhile: "20GB"
	Folders []string // what may be read

	Tables  []Table
	Records []Records

	Query  string
	Format string
	// Columns is how wide the lines of a table may be; 0: as wide as they are.
	Columns int

	// Control is a control of a user's own instead of a query; nil: none.
	Control *engine.OwnControl
}

// Table is one table of the lake, with the condition on its rows; "": all.
type Table struct {
	pipeline.TableFiles
	Where string
}

// Records are a small table with its rows: columns in SQL, a value per column,
// each nil, a text, a whole number, a truth or a time.
type Records struct {
	Name, Columns string
	Rows          [][]any
}

// Spelled makes what an earlier carat recorded without a look text that an answer can
// hold, in place.
func (r Records) Spelled() Records {
	for _, row := range r.Rows {
		for i, cell := range row {
			if text, ok := cell.(string); ok && (!utf8.ValidString(text) || strings.ContainsRune(text, 0)) {
				row[i] = spelling.Spell(text)
			}
		}
	}
	return r
}

// Begin begins an answer, once its columns and their SQL types are known.
type Begin func(columns []table.Column, types []string) (table.RowWriter, error)

// Answer does the task in this process, with a folder for what it puts on the
// disk, and gives the number of rows that it wrote, or how its control came out.
// A query that is no SELECT, doesn't parse, or takes more memory or disk than it
// may is a usage error.
func (t Task) Answer(ctx context.Context, scratch string, begin Begin) (rows int64, judged *engine.OwnJudgement, err error) {
	eng, err := engine.Open(ctx, engine.Config{MemoryLimit: t.Memory, Threads: t.Threads, TempDir: scratch, SpillLimit: t.Disk, Folders: t.folders(scratch)})
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	if t.Control != nil {
		judged, err = eng.JudgeOwn(ctx, *t.Control)
		return 0, judged, err
	}
	where, tables := map[string]string{}, make([]pipeline.TableFiles, len(t.Tables))
	for i, one := range t.Tables {
		tables[i], where[one.Name] = one.TableFiles, one.Where
	}
	if err := eng.LoadWhere(ctx, "", tables, func(name string) string { return where[name] }); err != nil {
		return 0, nil, err
	}
	for _, r := range t.Records {
		if err := eng.LoadRows(ctx, r.Name, r.Columns, r.Rows); err != nil {
			return 0, nil, err
		}
	}
	answer, inJSON, err := eng.Answer(ctx, t.Query, t.Format == "json")
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, answer.Close()) }()
	rows, err = writeRows(answer, inJSON, begin)
	return rows, nil, err
}

// folders are what may be read, at least one: an engine that is given none may
// read everything.
func (t Task) folders(scratch string) []string { return append([]string{scratch}, t.Folders...) }

// writeRows hands every row of an answer on. Of the columns inJSON the text is JSON.
func writeRows(rows *sql.Rows, inJSON map[int]bool, begin Begin) (n int64, err error) {
	columns, types, err := AnswerColumns(rows)
	if err != nil {
		return 0, err
	}
	for i := range columns {
		if inJSON[i] {
			columns[i].Kind = table.JSON
		}
	}
	w, err := begin(columns, types)
	if err != nil {
		return 0, err
	}
	row := make([]any, len(columns))
	for rows.Next() {
		if err := ScanRow(rows, row); err != nil {
			return n, errors.Join(err, w.Close())
		}
		if err := w.Write(row); err != nil {
			return n, errors.Join(err, w.Close())
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return n, errors.Join(QueryError(err), w.Close())
	}
	return n, w.Close()
}

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

// ScanRow reads the row of an answer that is next into the cells of one. What Go's
// times don't hold becomes DuckDB's text: the days and instants without an end, and
// years before the first.
func ScanRow(rows *sql.Rows, row []any) error {
	into := make([]any, len(row))
	for i := range row {
		into[i] = &row[i]
	}
	if err := rows.Scan(into...); err != nil {
		return QueryError(err)
	}
	for i, cell := range row {
		if t, ok := cell.(time.Time); ok {
			row[i] = spelledTime(t)
		}
	}
	return nil
}

// The ends of DuckDB's days, instants and instants with nanoseconds, which mean
// infinity and are never dates.
var (
	afterAll  = [3]time.Time{time.Unix(math.MaxInt32*24*60*60, 0), time.UnixMicro(math.MaxInt64), time.Unix(0, math.MaxInt64)}
	beforeAll = [3]time.Time{time.Unix(-math.MaxInt32*24*60*60, 0), time.UnixMicro(-math.MaxInt64), time.Unix(0, -math.MaxInt64)}
)

func spelledTime(t time.Time) any {
	switch {
	case slices.ContainsFunc(afterAll[:], t.Equal):
		return "infinity"
	case slices.ContainsFunc(beforeAll[:], t.Equal):
		return "-infinity"
	}
	return t
}

// QueryError is the error of a query that failed on the way: a cast that
// doesn't fit, too little memory.
func QueryError(err error) error {
	e := pipeline.Errorf(pipeline.KindUsage, "run", "query", "%w", err)
	if text := err.Error(); strings.Contains(text, "Out of Memory") {
		return e.WithHint(lessOrMore)
	}
	return e
}

// lessOrMore is what to do about a query that takes more memory than it may.
const lessOrMore = "ask for less, or raise memory in carat.yaml"

// KindOf says how a column of that SQL type is written.
func KindOf(sqlType string) table.Kind {
	name, _, _ := strings.Cut(sqlType, "(")
	switch name {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE":
		return table.Number
	case "DECIMAL":
		return table.Decimal
	case "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return table.Time
	case "DATE":
		return table.Date
	case "BOOLEAN":
		return table.Bool
	}
	return table.Text
}
