package table

import (
	"fmt"
	"io"
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
)

// Column is a column of a Table.
type Column struct {
	Name string
	Kind Kind
}

// Table is what a verb prints. A cell is nil (absent), a string, a bool, a Go
// integer, a *big.Int, a time.Time, a pipeline.Amount, a pipeline.Rate, a
// float of a query's result, a pointer to one of the common ones (nil is
// absent), or anything that fmt prints. Decimals may be given as strings.
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
		text = fmt.Sprint(v)
		if f := reflect.ValueOf(v); f.CanFloat() { // without the exponent that Sprint gives
			text = strconv.FormatFloat(f.Float(), 'f', -1, f.Type().Bits())
		}
		if kind == Decimal {
			text = PlainDecimal(text)
		}
		return text, false
	}
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
