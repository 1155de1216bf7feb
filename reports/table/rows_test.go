package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/xuri/excelize/v2"

	"carat/pipeline"
)

var (
	rowColumns = []Column{{"id", Text}, {"n", Number}, {"amount", Decimal}, {"at", Time}, {"day", Date}, {"yes", Bool}, {"big", Number}, {"f", Number}}
	rowTypes   = []string{"VARCHAR", "BIGINT", "DECIMAL(38,9)", "TIMESTAMP WITH TIME ZONE", "DATE", "BOOLEAN", "HUGEINT", "DOUBLE"}
	rowAt      = time.Date(2026, 10, 5, 10, 0, 0, 123456000, time.UTC)
	rowBig, _  = new(big.Int).SetString("12345678901234567890123456789", 10)
	rowValues  = [][]any{
		{"=1+1", int64(-7), "12345678901234567890123456789.123456789", rowAt, rowAt, true, rowBig, 0.5},
		{nil, nil, nil, nil, nil, nil, nil, nil},
		{"b,\"c\"", int64(3), "-0.000000001", rowAt, rowAt, false, big.NewInt(0), 2.0},
	}
)

func streamed(t *testing.T, format string, columns []Column, types []string, rows [][]any) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewRowWriter(&b, format, columns, types)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The streaming text forms are those of a Table, byte for byte.
func TestRowsAreWrittenAsATableIs(t *testing.T) {
	for _, format := range Formats() {
		for _, rows := range [][][]any{rowValues, nil} {
			var want bytes.Buffer
			if err := (&Table{Columns: rowColumns, Rows: rows}).Write(&want, format); err != nil {
				t.Fatal(err)
			}
			if got := string(streamed(t, format, rowColumns, rowTypes, rows)); got != want.String() {
				t.Errorf("%s of %d rows:\n%s\nwant\n%s", format, len(rows), got, &want)
			}
		}
	}
}

// The exact values come back from Arrow and from Parquet.
func TestArrowAndParquetAreExact(t *testing.T) {
	const want = `[["=1+1" null "b,\"c\""] [-7 null 3] [12345678901234567890123456789.123456789 null -1e-09]` +
		` ["2026-10-05T10:00:00.123456Z" null "2026-10-05T10:00:00.123456Z"] ["2026-10-05" null "2026-10-05"] [true null false]` +
		` [12345678901234567890123456789 null 0] [0.5 null 2]]`
	r, err := ipc.NewFileReader(bytes.NewReader(streamed(t, "arrow", rowColumns, rowTypes, rowValues)))
	if err != nil {
		t.Fatal(err)
	}
	record, err := r.RecordBatch(0)
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for i := range record.Columns() {
		var cells []string
		for n := range int(record.NumRows()) {
			c := record.Column(i)
			switch text := c.ValueStr(n); {
			case c.IsNull(n):
				cells = append(cells, "null")
			case strings.Contains("id at day", rowColumns[i].Name):
				cells = append(cells, fmt.Sprintf("%q", text))
			default:
				cells = append(cells, text)
			}
		}
		columns = append(columns, "["+strings.Join(cells, " ")+"]")
	}
	if got := "[" + strings.Join(columns, " ") + "]"; got != want {
		t.Errorf("Arrow holds\n%s\nwant\n%s", got, want)
	}

	p, err := file.NewParquetReader(bytes.NewReader(streamed(t, "parquet", rowColumns, rowTypes, rowValues)))
	if err != nil {
		t.Fatal(err)
	}
	in, err := pqarrow.NewFileReader(p, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := in.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range rowColumns {
		got := table.Column(i).Data().Chunk(0)
		for n := range got.Len() {
			if a, b := got.ValueStr(n), record.Column(i).ValueStr(n); a != b {
				t.Errorf("Parquet's %s of row %d is %s, Arrow's %s", rowColumns[i].Name, n+1, a, b)
			}
		}
	}
}

func TestManyRowsInEveryFormat(t *testing.T) {
	columns, types := []Column{{"n", Number}, {"text", Text}}, []string{"BIGINT", "VARCHAR"}
	var rows [][]any
	for i := range 20_000 {
		rows = append(rows, []any{int64(i), "row"})
	}
	p, err := file.NewParquetReader(bytes.NewReader(streamed(t, "parquet", columns, types, rows)))
	if err != nil || p.NumRows() != 20_000 || p.NumRowGroups() != 1 {
		t.Errorf("%d rows in %d groups, %v", p.NumRows(), p.NumRowGroups(), err)
	}
	r, err := ipc.NewFileReader(bytes.NewReader(streamed(t, "arrow", columns, types, rows)))
	if err != nil || r.NumRecords() != 3 {
		t.Errorf("%d records, %v", r.NumRecords(), err)
	}
}

// A sheet holds numbers where Excel keeps them exactly, else text; a text is no
// formula.
func TestSheetLosesNoDigit(t *testing.T) {
	rows := append([][]any{{"=cmd()", int64(123456789012345), "0.10", rowAt, rowAt, true, rowBig, 0.5}}, rowValues...)
	f, err := excelize.OpenReader(bytes.NewReader(streamed(t, "xlsx", rowColumns, rowTypes, rows)))
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{
		"A1": "id", "A2": "=cmd()", "B2": "123456789012345", "C2": "0.1", "D2": "2026-10-05T10:00:00.123456Z", "E2": "2026-10-05", "F2": "TRUE",
		"G2": "12345678901234567890123456789", "H2": "0.5", "C3": "12345678901234567890123456789.123456789", "A4": "", "C5": "-0.000000001",
	} {
		if got, err := f.GetCellValue(sheetName, cell); got != want || err != nil {
			t.Errorf("%s is %q, %v; want %q", cell, got, err, want)
		}
		if formula, err := f.GetCellFormula(sheetName, cell); formula != "" || err != nil {
			t.Errorf("%s is the formula %q, %v", cell, formula, err)
		}
	}
	if kind, err := f.GetCellType(sheetName, "C3"); kind == excelize.CellTypeNumber || err != nil {
		t.Errorf("a number of 38 digits is type %d, %v", kind, err)
	}
}

func TestFormatsRefuse(t *testing.T) {
	if _, err := NewRowWriter(&bytes.Buffer{}, "pdf", rowColumns, rowTypes); pipeline.KindOf(err) != pipeline.KindUsage {
		t.Errorf("error %v", err)
	}
	w, err := NewRowWriter(&bytes.Buffer{}, "arrow", []Column{{"big", Number}}, []string{"HUGEINT"})
	if err != nil {
		t.Fatal(err)
	}
	tooBig, _ := new(big.Int).SetString("170141183460469231731687303715884105727", 10)
	if err := w.Write([]any{tooBig}); pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "more than 38 digits") {
		t.Errorf("error %v", err)
	}
	full := failingWriter{}
	for _, format := range []string{"csv", "json", "parquet", "arrow", "xlsx"} {
		w, err := NewRowWriter(full, format, rowColumns, rowTypes)
		for i := 0; err == nil && i < 2; i++ {
			err = w.Write(rowValues[0])
		}
		if err == nil {
			err = w.Close()
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("%s: error %v", format, err)
		}
	}
}

var errDisk = errors.New("disk full")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errDisk }

func TestFormatOfFile(t *testing.T) {
	for name, want := range map[string]string{"a.csv": "csv", "a.b.Parquet": "parquet", "a": "", "a.zip": "", "x.table": "", "x.txt": "table", "x.feather": "arrow"} {
		if got := FormatOfFile(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// Where a cell is found by its column's name, two columns of one name would be one to whoever reads.
func TestColumnsAreNamedApart(t *testing.T) {
	two := []Column{{Name: "a"}, {Name: "a"}}
	for format, want := range map[string]bool{"json": true, "parquet": true, "csv": false, "table": false} {
		_, err := NewRowWriter(io.Discard, format, two, []string{"INTEGER", "INTEGER"})
		if refused := pipeline.KindOf(err) == pipeline.KindUsage; refused != want {
			t.Errorf("%s: %v", format, err)
		}
	}
}
