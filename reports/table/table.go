package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"time"

	"carat/pipeline"
	"carat/reports/escape"
)

// Kind says what a column of a Table holds, and so how it is aligned and
// written.
type Kind uint8

// The kinds. A cell whose value doesn't fit its column's kind is written as text.
const (
	Text    Kind = iota
	Number       // a whole number (or, from a query, a floating one): a JSON number
	Decimal      // money, rates: exact; a JSON string without trailing zeros
	Time         // an instant: RFC 3339 in UTC
	Date         // a day: 2026-10-31
	Bool
	JSON // a text that is JSON: in JSON itself, anywhere else the text
)

// Column is a column of a Table.
type Column struct {
	Name string
	Kind Kind
}

// Table is what a verb prints. A cell is nil (absent), a string, a bool, a Go
// integer, a *big.Int, a time.Time, a pipeline.Amount, a pipeline.Rate, a
// float of a query's result, a pointer to one of the common ones (nil is
// absent), or what says its own text (fmt.Stringer). Decimals may be given as
// strings. Anything else has no spelling: it is an error, and never what Go prints.
type Table struct {
	Columns []Column
	Rows    [][]any
	// CellWidth bounds a text cell of the table form, in terminal columns; 0 is
	// DefaultCellWidth. JSON and CSV never cut.
	CellWidth int
}

// DefaultCellWidth is how many terminal columns a text cell takes at most.
const DefaultCellWidth = 60

// Formats gives the names that Write knows.
func Formats() []string { return []string{"table", "json", "csv"} }

// Write writes the table in a format: "table", "json" or "csv". To a terminal
// (Columns) the first has no line that is wider. An unknown
// format is an error of kind usage, rows of the wrong length one of kind
// internal; otherwise errors are those of w.
func (t *Table) Write(w io.Writer, format string) error {
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return pipeline.Errorf(pipeline.KindInternal, "write", "table", "row %d has %d cells for %d columns", i+1, len(row), len(t.Columns))
		}
		if err := spelled(t.Columns, row); err != nil {
			return err
		}
	}
	var b []byte
	switch format {
	case "table":
		b = t.AppendWithin(nil, Columns(w))
	case "json":
		b = t.appendJSON(nil)
	case "csv":
		b = t.appendCSV(nil)
	default:
		return pipeline.Errorf(pipeline.KindUsage, "write", "table", "unknown format %q", format).WithHint("use table, json or csv")
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// appendJSON appends an array of objects, one on a line, keys in column order.
func (t *Table) appendJSON(b []byte) []byte {
	b = append(b, '[')
	for i, row := range t.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendJSONRow(append(b, '\n'), t.Columns, row)
	}
	if len(t.Rows) > 0 {
		b = append(b, '\n')
	}
	return append(b, "]\n"...)
}

// AppendJSONRow appends one object, keys in column order.
func AppendJSONRow(b []byte, columns []Column, row []any) []byte {
	b = append(b, '{')
	for n, v := range row {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(escape.AppendJSON(b, columns[n].Name), ':')
		b = AppendJSONValue(b, columns[n].Kind, v)
	}
	return append(b, '}')
}

// AppendJSONValue appends a cell: a number or a boolean where its kind is one and
// its text reads as one, null where it is absent, else a string.
func AppendJSONValue(b []byte, kind Kind, v any) []byte {
	text, null := CellText(kind, v)
	switch {
	case null:
		return append(b, "null"...)
	case kind == Number && IsPlainNumber(text), kind == Bool && (text == "true" || text == "false"):
		return append(b, text...)
	case kind == JSON && json.Valid([]byte(text)):
		var one bytes.Buffer
		if json.Compact(&one, []byte(text)) == nil { // a row stays on its line
			return append(b, one.Bytes()...)
		}
		return escape.AppendJSON(b, text)
	default:
		return escape.AppendJSON(b, text)
	}
}

// appendCSV appends a header and the rows, each ended by a line feed alone, as
// everything on a terminal is. Texts are neutralised as in Renderer.CSV, and
// control characters other than tab and line ends are left out.
func (t *Table) appendCSV(b []byte) []byte {
	b = appendCSVHeader(b, t.Columns)
	for _, row := range t.Rows {
		b = appendCSVRow(b, t.Columns, row)
	}
	return b
}

func appendCSVHeader(b []byte, columns []Column) []byte {
	for i, c := range columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = escape.AppendCSV(b, escape.WithoutControls(c.Name))
	}
	return append(b, '\n')
}

func appendCSVRow(b []byte, columns []Column, row []any) []byte {
	for n, v := range row {
		if n > 0 {
			b = append(b, ',')
		}
		kind := columns[n].Kind
		text, null := CellText(kind, v)
		switch {
		case null:
		case (kind == Number || kind == Decimal) && IsPlainNumber(text):
			b = append(b, text...)
		default:
			b = escape.AppendCSV(b, escape.WithoutControls(text))
		}
	}
	return append(b, '\n')
}

// CellText gives the text of a cell in its plain form.
func CellText(kind Kind, v any) (text string, null bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		if kind == Decimal {
			return PlainDecimal(v), false
		}
		return v, false
	case []byte:
		return string(v), false
	case bool:
		return strconv.FormatBool(v), false
	case int:
		return strconv.Itoa(v), false
	case int64:
		return strconv.FormatInt(v, 10), false
	case pipeline.Amount:
		return v.String(), false
	case pipeline.Rate:
		return v.String(), false
	case time.Time:
		if kind == Date {
			return v.Format(time.DateOnly), false
		}
		return v.UTC().Format(time.RFC3339Nano), false
	case *string:
		return pointerText(kind, v)
	case *int64:
		return pointerText(kind, v)
	case *bool:
		return pointerText(kind, v)
	case *time.Time:
		return pointerText(kind, v)
	case *pipeline.Amount:
		return pointerText(kind, v)
	case *pipeline.Rate:
		return pointerText(kind, v)
	case *big.Int:
		if v == nil {
			return "", true
		}
		return v.String(), false
	default:
		text, _ = spellOther(v)
		if kind == Decimal {
			text = PlainDecimal(text)
		}
		return text, false
	}
}

// spellOther gives the text of a number of Go's other types, or of what says its own;
// false for what has no spelling.
func spellOther(v any) (string, bool) {
	if said, ok := v.(fmt.Stringer); ok {
		return said.String(), true
	}
	switch n := reflect.ValueOf(v); {
	case n.CanFloat():
		return inexactText(n), true
	case n.CanInt():
		return strconv.FormatInt(n.Int(), 10), true
	case n.CanUint():
		return strconv.FormatUint(n.Uint(), 10), true
	case n.Kind() == reflect.String:
		return n.String(), true
	}
	return "", false
}

// inexactText spells a number that a query made inexact without an exponent, and as
// DuckDB does what is none.
func inexactText(n reflect.Value) string {
	switch f := n.Float(); {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	default:
		return strconv.FormatFloat(f, 'f', -1, n.Type().Bits())
	}
}

// spelled says which cell of a row has no spelling: an error of kind usage, since a
// query can cast it.
func spelled(columns []Column, row []any) error {
	for i, v := range row {
		switch v.(type) {
		case nil, string, []byte, bool, int, int64, pipeline.Amount, pipeline.Rate, time.Time, *string, *int64, *bool, *time.Time, *pipeline.Amount, *pipeline.Rate, *big.Int:
			continue
		}
		if _, ok := spellOther(v); !ok {
			return pipeline.Errorf(pipeline.KindUsage, "write", "column "+columns[i].Name, "it holds a value of a kind that carat doesn't write (%T)", v).
				WithHint("cast the column in the query, for example to varchar")
		}
	}
	return nil
}

func pointerText[T any](kind Kind, v *T) (string, bool) {
	if v == nil {
		return "", true
	}
	return CellText(kind, *v)
}

// IsPlainNumber tells a number as JSON and CSV write it, without exponent.
func IsPlainNumber(text string) bool {
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	digits, point := 0, -1
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] >= '0' && text[i] <= '9':
			digits++
		case text[i] == '.' && point < 0 && i > 0 && i < len(text)-1:
			point = i
		default:
			return false
		}
	}
	if point < 0 {
		point = len(text)
	}
	return digits > 0 && (point == 1 || text[0] != '0')
}

// PlainDecimal is a decimal without the zeros at the end of its fraction.
func PlainDecimal(text string) string {
	if !IsPlainNumber(text) {
		return text
	}
	end := len(text)
	for i := 0; i < len(text); i++ {
		if text[i] == '.' {
			for text[end-1] == '0' {
				end--
			}
			if end-1 == i {
				end = i
			}
			break
		}
	}
	if text[:end] == "-0" {
		return "0"
	}
	return text[:end]
}
