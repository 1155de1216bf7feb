package table

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"carat/pipeline"
	"carat/reports/escape"
)

const (
	// sheetRowsMax is how many rows a sheet of Excel has, the header included.
	sheetRowsMax = excelize.TotalRows
	// sheetDigitsMax is how many digits of a number Excel keeps: its numbers are
	// doubles. A number with more is written as text, so that no digit is lost.
	sheetDigitsMax = 15
	sheetName      = "answer"
)

// sheetRows writes one sheet of an Excel workbook.
type sheetRows struct {
	w       io.Writer
	file    *excelize.File
	stream  *excelize.StreamWriter
	columns []Column
	rows    int
	cells   []any
}

func newSheetRows(w io.Writer, columns []Column) (RowWriter, error) {
	s := &sheetRows{w: w, file: excelize.NewFile(), columns: columns, cells: make([]any, len(columns))}
	if len(columns) > excelize.MaxColumns {
		return nil, pipeline.Errorf(pipeline.KindUsage, "write", "workbook", "the answer has %d columns, a sheet holds %d", len(columns), excelize.MaxColumns)
	}
	err := s.file.SetSheetName("Sheet1", sheetName)
	if err == nil {
		s.stream, err = s.file.NewStreamWriter(sheetName)
	}
	if err == nil {
		err = s.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	}
	var bold int
	if err == nil {
		bold, err = s.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	}
	if err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	for i, c := range columns {
		s.cells[i] = excelize.Cell{StyleID: bold, Value: escape.WithoutControls(c.Name)}
	}
	return s, s.put()
}

func (s *sheetRows) put() error {
	s.rows++
	if s.rows > sheetRowsMax {
		return pipeline.Errorf(pipeline.KindUsage, "write", "workbook", "the answer has more than %d rows, which is all that a sheet holds", sheetRowsMax-1).
			WithHint("add a limit, or use --format csv or parquet")
	}
	cell, err := excelize.CoordinatesToCellName(1, s.rows)
	if err == nil {
		err = s.stream.SetRow(cell, s.cells)
	}
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// Write writes a row.
func (s *sheetRows) Write(row []any) error {
	for i, v := range row {
		cell := sheetCell(s.columns[i].Kind, v)
		if text, ok := cell.(string); ok && len(text) > excelize.TotalCellChars {
			if n := len(utf16.Encode([]rune(text))); n > excelize.TotalCellChars {
				return pipeline.Errorf(pipeline.KindUsage, "write", "workbook", "column %s of row %d holds %d characters, and a cell of a sheet %d", s.columns[i].Name, s.rows, n, excelize.TotalCellChars).
					WithHint("use --format csv, json or parquet, or cut it in the query")
			}
		}
		s.cells[i] = cell
	}
	return s.put()
}

// sheetCell gives the value of a cell: a number where Excel keeps it exactly,
// else text. A text is never a formula: only cells that say so are.
func sheetCell(kind Kind, v any) any {
	text, null := CellText(kind, v)
	switch {
	case null:
		return nil
	case kind == Bool:
		return text == "true"
	case numeric(kind) && IsPlainNumber(text) && digitsOf(text) <= sheetDigitsMax:
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	}
	return strings.ToValidUTF8(escape.WithoutControls(text), "\uFFFD")
}

func digitsOf(text string) int {
	return len(strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(text), "0"))
}

// Close writes the workbook.
func (s *sheetRows) Close() error {
	err := s.stream.Flush()
	if err == nil {
		_, err = s.file.WriteTo(s.w)
	}
	if cerr := s.file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}
