package table

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"carat/pipeline"
)

// arrowBatchRows is how many rows are handed on at a time.
const arrowBatchRows = 8192

// parquetGroupRows is how many rows a row group has: the readers' usual size.
const parquetGroupRows = 122_880

// decimalDigits is the precision of the widest decimal.
const decimalDigits = 38

// arrowRows gathers rows to Arrow records. Numbers keep their exact types: a
// decimal stays one, and a whole number beyond 64 bits becomes a decimal.
type arrowRows struct {
	builder *array.RecordBuilder
	columns []Column
	pending int
	write   func(arrow.RecordBatch) error
	close   func() error
}

func newArrowRows(w io.Writer, columns []Column, types []string) (RowWriter, error) {
	schema := ArrowSchema(columns, types)
	file, err := ipc.NewFileWriter(w, ipc.WithSchema(schema), ipc.WithZstd())
	if err != nil {
		return nil, fmt.Errorf("write Arrow: %w", err)
	}
	return &arrowRows{builder: array.NewRecordBuilder(memory.DefaultAllocator, schema), columns: columns,
		write: func(r arrow.RecordBatch) error { return file.Write(r) }, close: file.Close}, nil
}

func newParquetRows(w io.Writer, columns []Column, types []string) (RowWriter, error) {
	schema := ArrowSchema(columns, types)
	// A writer that can be closed would be closed with the file; that is for
	// whoever opened it.
	file, err := pqarrow.NewFileWriter(schema, struct{ io.Writer }{w},
		parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd), parquet.WithMaxRowGroupLength(parquetGroupRows), parquet.WithCreatedBy("carat")),
		pqarrow.NewArrowWriterProperties(pqarrow.WithCoerceTimestamps(arrow.Microsecond)))
	if err != nil {
		return nil, fmt.Errorf("write Parquet: %w", err)
	}
	return &arrowRows{builder: array.NewRecordBuilder(memory.DefaultAllocator, schema), columns: columns,
		write: file.WriteBuffered, close: file.Close}, nil
}

// ArrowSchema gives the fields of columns, whose types are named as the SQL engine names them.
func ArrowSchema(columns []Column, types []string) *arrow.Schema {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.Name, Type: arrowType(types[i]), Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

// arrowType gives the exact type of a column; what Arrow has no simple type for
// becomes text.
func arrowType(sqlType string) arrow.DataType {
	name, arguments, _ := strings.Cut(sqlType, "(")
	switch name {
	case "BOOLEAN":
		return arrow.FixedWidthTypes.Boolean
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER":
		return arrow.PrimitiveTypes.Int64
	case "UBIGINT", "HUGEINT", "UHUGEINT":
		return &arrow.Decimal128Type{Precision: decimalDigits}
	case "FLOAT", "DOUBLE":
		return arrowInexact
	case "DATE":
		return arrow.FixedWidthTypes.Date32
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	case "TIMESTAMP":
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case "DECIMAL":
		width, scale, ok := strings.Cut(strings.TrimSuffix(arguments, ")"), ",")
		p, err := strconv.Atoi(strings.TrimSpace(width))
		s, err2 := strconv.Atoi(strings.TrimSpace(scale))
		if ok && err == nil && err2 == nil {
			return &arrow.Decimal128Type{Precision: int32(p), Scale: int32(s)}
		}
	}
	return arrow.BinaryTypes.String
}

// arrowInexact is for what a query itself made inexact.
var arrowInexact arrow.DataType = &arrow.Float64Type{}

// Write takes a row.
func (a *arrowRows) Write(row []any) error {
	for i, v := range row {
		if err := a.append(i, v); err != nil {
			return pipeline.Errorf(pipeline.KindUsage, "write", "column "+a.columns[i].Name, "%w", err).
				WithHint("cast the column in the query, for example to decimal(38, 6) or varchar")
		}
	}
	a.pending++
	if a.pending < arrowBatchRows {
		return nil
	}
	return a.flush()
}

func (a *arrowRows) flush() error {
	record := a.builder.NewRecordBatch()
	defer record.Release()
	a.pending = 0
	if err := a.write(record); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// Close writes the rest and ends the file.
func (a *arrowRows) Close() error {
	var err error
	if a.pending > 0 {
		err = a.flush()
	}
	a.builder.Release()
	return errors.Join(err, a.close())
}

func (a *arrowRows) append(i int, v any) error {
	kind := a.columns[i].Kind
	text, null := CellText(kind, v)
	builder := a.builder.Field(i)
	if null {
		builder.AppendNull()
		return nil
	}
	switch b := builder.(type) {
	case *array.BooleanBuilder:
		b.Append(text == "true")
	case *array.Int64Builder:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		b.Append(n)
	case *array.Decimal128Builder:
		n, err := decimalOf(text, b.Type().(*arrow.Decimal128Type))
		if err != nil {
			return err
		}
		b.Append(n)
	case *array.TimestampBuilder:
		t, ok := v.(time.Time)
		if !ok {
			return fmt.Errorf("%q is no time", text)
		}
		b.Append(arrow.Timestamp(t.UnixMicro()))
	case *array.Date32Builder:
		t, ok := v.(time.Time)
		if !ok {
			return fmt.Errorf("%q is no day", text)
		}
		b.Append(arrow.Date32FromTime(t))
	case *array.StringBuilder:
		b.Append(strings.ToValidUTF8(text, "\uFFFD"))
	default:
		f := reflect.ValueOf(v)
		in, ok := builder.(*array.Float64Builder)
		if !ok || !f.CanFloat() {
			return fmt.Errorf("%q has no place in a column of %s", text, builder.Type())
		}
		in.Append(f.Float())
	}
	return nil
}

// decimalOf turns the text of a number into a decimal's unscaled integer.
func decimalOf(text string, t *arrow.Decimal128Type) (decimal128.Num, error) {
	if !IsPlainNumber(text) {
		return decimal128.Num{}, fmt.Errorf("%q is no decimal", text)
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > int(t.Scale) {
		return decimal128.Num{}, fmt.Errorf("%s has more than %d places", text, t.Scale)
	}
	digits := whole + fraction + strings.Repeat("0", int(t.Scale)-len(fraction))
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok || len(strings.TrimLeft(strings.TrimPrefix(digits, "-"), "0")) > int(t.Precision) {
		return decimal128.Num{}, fmt.Errorf("%s has more than %d digits", text, t.Precision)
	}
	return decimal128.FromBigInt(n), nil
}
