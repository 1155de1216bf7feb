package trino

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/dialect"
	"carat/pipeline/engine/duckdb"
)

// column is one of a table of the embedded database.
type column struct{ name, kind string }

// describe gives a table's columns, in order.
func describe(ctx context.Context, conn *sql.Conn, table string) (list []column, err error) {
	rows, err := conn.QueryContext(ctx, "select column_name, data_type from information_schema.columns where table_schema = 'main' and table_name = ? order by ordinal_position", table)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.kind); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	if err = rows.Err(); err == nil && len(list) == 0 {
		err = fmt.Errorf("there is no table %s", table)
	}
	return list, err
}

// Fetch appends the rows of a model's table to the table of that name in the embedded
// database, which has the columns that they must have: a value that one can't hold
// exactly is an error.
func (r *Run) Fetch(ctx context.Context, conn *sql.Conn, table string) (err error) {
	list, err := describe(ctx, conn, table)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", table, err)
	}
	var texts []string
	for _, c := range list {
		name := duckdb.Identifier(c.name)
		if c.kind == instantKind {
			name += " at time zone 'UTC'"
		}
		texts = append(texts, "cast("+name+" as varchar)")
	}
	rows, err := r.db.QueryContext(ctx, "select "+strings.Join(texts, ", ")+" from "+duckdb.Identifier(table))
	if err != nil {
		return r.failure(ctx, "fetch", table, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	into, err := duckdb.AppendTo(conn, table)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", table, err)
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	cells, at := make([]sql.NullString, len(list)), make([]any, len(list))
	for i := range cells {
		at[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(at...); err != nil {
			return r.failure(ctx, "fetch", table, err)
		}
		for i, c := range list {
			if err := put(into, c, cells[i]); err != nil {
				return pipeline.Errorf(pipeline.KindInternal, "fetch", table, "column %s: Trino gave %q: %w", c.name, cells[i].String, err)
			}
		}
		into.Done()
	}
	if err := rows.Err(); err != nil {
		return r.failure(ctx, "fetch", table, err)
	}
	return nil
}

const (
	instantKind = "TIMESTAMP WITH TIME ZONE"
	instantForm = "2006-01-02 15:04:05.000000 UTC"
)

// put puts one cell. Every value comes as text, so that none is rounded on its way.
func put(into *duckdb.TableWriter, c column, cell sql.NullString) error {
	if !cell.Valid {
		into.Null()
		return nil
	}
	switch c.kind {
	case "VARCHAR":
		into.Text(cell.String)
	case "BOOLEAN":
		b, err := strconv.ParseBool(cell.String)
		if err != nil {
			return err
		}
		into.Bool(b)
	case "INTEGER":
		n, err := strconv.ParseInt(cell.String, 10, 32)
		if err != nil {
			return err
		}
		into.Int(int32(n))
	case "BIGINT":
		n, err := strconv.ParseInt(cell.String, 10, 64)
		if err != nil {
			return err
		}
		into.Big(n)
	case "UBIGINT": // numbers by which sides are joined: DuckDB's have no sign
		n, err := strconv.ParseInt(cell.String, 10, 64)
		if err != nil {
			return err
		}
		into.Unsigned(uint64(n))
	case "DATE":
		day, err := time.Parse(time.DateOnly, cell.String)
		if err != nil {
			return err
		}
		into.Int(int32(day.Unix() / (24 * 60 * 60)))
	case instantKind:
		at, err := time.Parse(instantForm, cell.String)
		if err != nil {
			return err
		}
		into.Big(at.UnixMicro())
	default:
		return putDecimal(into, c, cell.String)
	}
	return nil
}

// putDecimal puts a decimal of the digits that the column has.
func putDecimal(into *duckdb.TableWriter, c column, text string) error {
	var precision, scale int
	if _, err := fmt.Sscanf(c.kind, "DECIMAL(%d,%d)", &precision, &scale); err != nil {
		return fmt.Errorf("its type %s is none that is fetched", c.kind)
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > scale && strings.Trim(fraction[scale:], "0") != "" {
		return fmt.Errorf("it has more than %d decimals", scale)
	}
	digits := whole + (fraction + strings.Repeat("0", scale))[:scale]
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return errors.New("it is no decimal")
	}
	if len(new(big.Int).Abs(n).String()) > precision {
		return fmt.Errorf("it has more than %d digits", precision)
	}
	switch {
	case precision <= 4:
		into.Small(int16(n.Int64()))
	case precision <= 9:
		into.Int(int32(n.Int64()))
	case precision <= 18:
		into.Big(n.Int64())
	default:
		low := new(big.Int).And(n, maxUint64)
		into.Wide(new(big.Int).Rsh(n, 64).Int64(), low.Uint64())
	}
	return nil
}

var maxUint64 = new(big.Int).SetUint64(1<<64 - 1)

// A statement that puts rows there has no more than so many bytes and rows: Trino takes
// a million bytes unless it is told otherwise.
const (
	statementBytes = 500_000
	statementRows  = 2_000
)

// Put makes a table of the rows of the embedded database's table or view of that name.
func (r *Run) Put(ctx context.Context, conn *sql.Conn, table string) error {
	list, err := describe(ctx, conn, table)
	if err != nil {
		return fmt.Errorf("hand over %s: %w", table, err)
	}
	var columns, texts []string
	for _, c := range list {
		spelled := dialect.Type(c.kind)
		if spelled == "" {
			return pipeline.Errorf(pipeline.KindInternal, "hand over", table, "column %s is %s, which Trino is not told", c.name, c.kind)
		}
		name := duckdb.Identifier(c.name)
		columns = append(columns, name+" "+spelled)
		if c.kind == instantKind {
			name = "strftime(" + name + " at time zone 'UTC', '%Y-%m-%d %H:%M:%S.%f UTC')"
		}
		texts = append(texts, "cast("+name+" as varchar)")
	}
	if err := r.exec(ctx, r.db, "create table "+duckdb.Identifier(table)+" ("+strings.Join(columns, ", ")+")"); err != nil {
		return r.failure(ctx, "hand over", table, err)
	}
	rows, err := conn.QueryContext(ctx, "select "+strings.Join(texts, ", ")+" from "+duckdb.Identifier(table))
	if err != nil {
		return fmt.Errorf("hand over %s: %w", table, err)
	}
	defer rows.Close()
	cells, at := make([]sql.NullString, len(list)), make([]any, len(list))
	for i := range cells {
		at[i] = &cells[i]
	}
	var statement strings.Builder
	n := 0
	flush := func() error {
		if n == 0 {
			return nil
		}
		err := r.exec(ctx, r.db, "insert into "+duckdb.Identifier(table)+" values "+statement.String())
		statement.Reset()
		n = 0
		if err != nil {
			return r.failure(ctx, "hand over", table, err)
		}
		return nil
	}
	for rows.Next() {
		if err := rows.Scan(at...); err != nil {
			return fmt.Errorf("hand over %s: %w", table, err)
		}
		if n > 0 {
			statement.WriteString(",\n")
		}
		statement.WriteString("(")
		for i, c := range list {
			if i > 0 {
				statement.WriteString(", ")
			}
			statement.WriteString(literal(c.kind, cells[i]))
		}
		statement.WriteString(")")
		if n++; n == statementRows || statement.Len() > statementBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("hand over %s: %w", table, err)
	}
	return flush()
}

// literal spells a cell, as DuckDB spells it as text, for Trino.
func literal(kind string, cell sql.NullString) string {
	switch {
	case !cell.Valid:
		return "null"
	case kind == "VARCHAR":
		return duckdb.Literal(cell.String)
	case kind == "DATE":
		return "date " + duckdb.Literal(cell.String)
	case kind == instantKind:
		return "timestamp " + duckdb.Literal(cell.String)
	case strings.HasPrefix(kind, "DECIMAL"):
		return "decimal " + duckdb.Literal(cell.String)
	}
	return cell.String
}
