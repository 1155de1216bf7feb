package database

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"carat/pipeline/source"
)

// column is a column of an answer.
type column struct {
	name    string
	typed   string // as the database calls its type
	kind    kind
	inexact bool // a floating-point number, of which no decimal is the value
}

// kind is how a column is written.
type kind int

// The kinds. Whatever has no exact type of its own is text.
const (
	text    kind = iota
	whole        // INT64
	instant      // TIMESTAMP of microseconds, in UTC
	local        // TIMESTAMP of microseconds, without a zone
	day          // DATE
)

// columnsMax bounds the columns of an answer.
const columnsMax = 1_000

// checkColumns refuses columns that have no name of their own, and those of exact, which
// hold decimals, where the database has them as floating point: their shortest text would
// be a guess of what was meant.
func checkColumns(columns []column, exact []string) error {
	if len(columns) == 0 || len(columns) > columnsMax {
		return fmt.Errorf("query: it gives %d columns", len(columns))
	}
	seen := map[string]bool{}
	for _, c := range columns {
		if c.name == "" || strings.ContainsAny(c.name, ".\x00") {
			return fmt.Errorf("query: a column has the name %q; give it one with `as`", c.name)
		}
		if seen[c.name] {
			return fmt.Errorf("query: two columns have the name %s; give one another with `as`", c.name)
		}
		seen[c.name] = true
		if c.inexact && slices.ContainsFunc(exact, func(name string) bool { return strings.EqualFold(name, c.name) }) {
			return fmt.Errorf("query: column %s is of type %s, which keeps no exact decimals, and %s is an amount or a rate; cast it to decimal in the query, with the places that are meant: cast(%s as decimal(38, 2)) as %s",
				c.name, c.typed, c.name, c.name, c.name)
		}
	}
	return nil
}

// node is the column in a Parquet schema.
func (c column) node() parquet.Node {
	node := parquet.String()
	switch c.kind {
	case whole:
		node = parquet.Int(64)
	case instant:
		node = parquet.TimestampAdjusted(parquet.Microsecond, true)
	case local:
		node = parquet.TimestampAdjusted(parquet.Microsecond, false)
	case day:
		node = parquet.Date()
	}
	return parquet.Optional(node)
}

// rowsAtOnce is how many rows are held.
const rowsAtOnce = 1_000

// writeParquet writes the rows of an answer, each column in its place by name. The
// same rows give the same bytes.
func writeParquet(to io.Writer, columns []column, next func() ([][]byte, error)) error {
	group := parquet.Group{}
	for _, c := range columns {
		group[c.name] = c.node()
	}
	place := make([]int, len(columns)) // a group's columns are in the order of their names
	names := make([]string, 0, len(columns))
	for _, c := range columns {
		names = append(names, c.name)
	}
	slices.Sort(names)
	for i, c := range columns {
		place[i] = slices.Index(names, c.name)
	}
	w := parquet.NewWriter(to, parquet.NewSchema("rows", group), parquet.Compression(&parquet.Zstd), parquet.CreatedBy("carat", "fetch", ""))
	var rows []parquet.Row
	for {
		cells, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		row := make(parquet.Row, len(columns))
		for i, cell := range cells {
			v, level := parquet.NullValue(), 0
			if cell != nil {
				if v, err = columns[i].value(string(cell)); err != nil {
					return fmt.Errorf("column %s: %w: %w", columns[i].name, source.ErrContent, err)
				}
				level = 1
			}
			row[place[i]] = v.Level(0, level, place[i])
		}
		if rows = append(rows, row); len(rows) == rowsAtOnce {
			if _, err := w.WriteRows(rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	if _, err := w.WriteRows(rows); err != nil {
		return err
	}
	return w.Close()
}

// value turns what the database wrote into a value.
func (c column) value(s string) (parquet.Value, error) {
	switch c.kind {
	case whole:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return parquet.Value{}, fmt.Errorf("%q is no whole number of 64 bits", s)
		}
		return parquet.Int64Value(n), nil
	case instant, local:
		for _, form := range []string{"2006-01-02 15:04:05.999999999Z07", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999"} {
			if at, err := time.Parse(form, s); err == nil && at.Year() > 0 {
				return parquet.Int64Value(at.UnixMicro()), nil
			}
		}
		return parquet.Value{}, fmt.Errorf("%q is no time", s)
	case day:
		at, err := time.Parse(time.DateOnly, s)
		if err != nil || at.Year() <= 0 {
			return parquet.Value{}, fmt.Errorf("%q is no day", s)
		}
		return parquet.Int32Value(int32(at.Unix() / 86_400)), nil
	}
	return parquet.ByteArrayValue([]byte(s)), nil
}
