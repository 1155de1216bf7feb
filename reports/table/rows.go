package table

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"carat/pipeline"
)

// RowWriter takes the rows of an answer one after the other, so that memory
// doesn't grow with them (but for the form table, which must see all rows to
// align them). Close ends the file; without it the file is not whole.
type RowWriter interface {
	// Write takes a row of the columns' length, whose cells are as in a Table.
	Write(row []any) error
	Close() error
}

// TableRowsMax bounds the rows of the form table, which are held in memory.
const TableRowsMax = 1_000_000

// RowFormats gives the names that NewRowWriter knows. Those of BinaryFormat
// are no text.
func RowFormats() []string { return []string{"table", "csv", "json", "parquet", "arrow", "xlsx"} }

// BinaryFormat says whether a format is not for a terminal.
func BinaryFormat(format string) bool {
	return slices.Contains([]string{"parquet", "arrow", "xlsx"}, format)
}

// FormatOfFile gives the format that a file's name asks for, "" when it names
// none.
func FormatOfFile(name string) string {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		return ""
	}
	ending := strings.ToLower(name[at+1:])
	switch {
	case ending == "txt":
		return "table"
	case ending == "feather" || ending == "arrows":
		return "arrow"
	case slices.Contains(RowFormats(), ending) && ending != "table":
		return ending
	}
	return ""
}

// NewRowWriter begins a file of a format. types are the columns' types as the
// SQL engine names them ("DECIMAL(38,6)"), for formats that carry types. An unknown format, and a column that
// the format can't hold, are errors of kind usage.
func NewRowWriter(w io.Writer, format string, columns []Column, types []string) (RowWriter, error) {
	rows, err := newRowWriter(w, format, columns, types)
	if err != nil {
		return nil, err
	}
	return spelledRows{rows, columns}, nil
}

// spelledRows lets no cell through that has no spelling.
type spelledRows struct {
	RowWriter
	columns []Column
}

// Write writes a row.
func (s spelledRows) Write(row []any) error {
	if err := spelled(s.columns, row); err != nil {
		return err
	}
	return s.RowWriter.Write(row)
}

// namedApart refuses columns of one name where a cell is found by its column's name: readers
// would keep one of them.
func namedApart(format string, columns []Column) error {
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[c.Name] && (format == "json" || format == "parquet") {
			return pipeline.Errorf(pipeline.KindUsage, "write", format, "two columns are called %s", c.Name).WithHint("name them apart: select … as NAME")
		}
		seen[c.Name] = true
	}
	return nil
}

func newRowWriter(w io.Writer, format string, columns []Column, types []string) (RowWriter, error) {
	if err := namedApart(format, columns); err != nil {
		return nil, err
	}
	switch format {
	case "table":
		return &tableRows{w: w, table: Table{Columns: columns}}, nil
	case "csv":
		return newTextRows(w, columns, appendCSVHeader(nil, columns), appendCSVRow, "")
	case "json":
		r, err := newTextRows(w, columns, []byte("["), nil, "\n]\n")
		if err != nil {
			return nil, err
		}
		r.row = r.jsonRow
		return r, nil
	case "parquet":
		return newParquetRows(w, columns, types)
	case "arrow":
		return newArrowRows(w, columns, types)
	case "xlsx":
		return newSheetRows(w, columns)
	}
	return nil, pipeline.Errorf(pipeline.KindUsage, "write", "rows", "unknown format %q", format).
		WithHint("use %s", strings.Join(RowFormats(), ", "))
}

// tableRows holds the rows until their widths are known.
type tableRows struct {
	w     io.Writer
	table Table
}

// Write keeps a row.
func (t *tableRows) Write(row []any) error {
	if len(t.table.Rows) == TableRowsMax {
		return pipeline.Errorf(pipeline.KindUsage, "write", "table", "the answer has more than %d rows, too many for a table on a terminal", TableRowsMax).
			WithHint("add a limit, or write it to a file with --out answer.csv (or .parquet, .arrow)")
	}
	t.table.Rows = append(t.table.Rows, slices.Clone(row))
	return nil
}

// Close writes the table.
func (t *tableRows) Close() error { return t.table.Write(t.w, "table") }

// textRows writes a format that is text, row by row.
type textRows struct {
	w       *bufio.Writer
	columns []Column
	row     func(b []byte, columns []Column, row []any) []byte
	end     string
	buffer  []byte
	rows    int64
}

func newTextRows(w io.Writer, columns []Column, head []byte, row func([]byte, []Column, []any) []byte, end string) (*textRows, error) {
	t := &textRows{w: bufio.NewWriterSize(w, 1<<16), columns: columns, row: row, end: end}
	if _, err := t.w.Write(head); err != nil {
		return nil, fmt.Errorf("write rows: %w", err)
	}
	return t, nil
}

func (t *textRows) jsonRow(b []byte, columns []Column, row []any) []byte {
	if t.rows > 0 {
		b = append(b, ',')
	}
	return AppendJSONRow(append(b, '\n'), columns, row)
}

// Write writes a row.
func (t *textRows) Write(row []any) error {
	t.buffer = t.row(t.buffer[:0], t.columns, row)
	t.rows++
	if _, err := t.w.Write(t.buffer); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// Close writes what ends the file.
func (t *textRows) Close() error {
	end := t.end
	if t.rows == 0 { // an empty array stands on one line, as Table writes it
		end = strings.TrimPrefix(end, "\n")
	}
	if _, err := t.w.WriteString(end); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	if err := t.w.Flush(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}
