package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/typed"
	"carat/pipeline/parquetlimits"
)

// parquetColumn reads one column of a row group and turns its values into
// texts, so that Parquet obeys the same rules as every other format.
type parquetColumn struct {
	index  int // in the file
	column int // in the schema
	scale  int // of decimals
	how    parquetForm
	perSec int64 // timestamps: units in a second
	local  bool  // timestamps without a zone

	pages  parquet.Pages
	values parquet.ValueReader
	buf    []parquet.Value
}

type parquetForm uint8

const (
	parquetText parquetForm = iota
	parquetInt
	parquetUint
	parquetDecimal
	parquetTimestamp
	parquetDate
)

// parquetMagic begins and ends a Parquet file.
const parquetMagic = "PAR1"

// readParquet reads a Parquet file with carat's columns, row group by row group,
// a batch at a time. A broken file makes the library panic in places; that is
// the file's fault, not ours, and is reported as such.
func readParquet(ctx context.Context, j *job) (total typed.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			total, err = typed.Result{}, lex.BadFile(j.in.Name, 0, "broken Parquet: %v", p)
		}
	}()
	file, err := parquetlimits.Open(j.in.File, j.in.Size)
	if err != nil {
		return typed.Result{}, lex.BadFile(j.in.Name, 0, "broken Parquet: %w", err).WithHint("fetch the file again")
	}
	columns, err := parquetColumns(j, file)
	if err != nil {
		return typed.Result{}, err
	}
	s := typed.NewSerial(j.task)
	record := int64(0)
	for _, group := range file.RowGroups() {
		if err = readRowGroup(ctx, s, group, columns, &record); err != nil {
			break
		}
	}
	return s.Finish(err)
}

// checkParquetEnd refuses a file that doesn't end as Parquet does.
func checkParquetEnd(in Input) error {
	end := make([]byte, len(parquetMagic))
	if _, err := in.File.ReadAt(end, max(0, in.Size-int64(len(end)))); err != nil && !errors.Is(err, io.EOF) {
		return pipeline.Errorf(pipeline.KindInternal, "read", in.Name, "%w", err)
	}
	if string(end) != parquetMagic {
		return lex.BadFile(in.Name, 0, "broken Parquet: it does not end with %s, so its end is missing", parquetMagic).WithHint("fetch the file again")
	}
	return nil
}

// parquetColumns maps the file's columns to the schema's.
func parquetColumns(j *job, file *parquet.File) ([]*parquetColumn, error) {
	var names []string
	for _, c := range file.Root().Columns() {
		names = append(names, lex.ColumnName([]byte(c.Name())))
	}
	if len(names) > lex.MaxColumns {
		return nil, lex.BadFile(j.in.Name, 0, "%d columns, more than %d", len(names), lex.MaxColumns)
	}
	layout, unknown, err := j.schema.Header(j.in.Name, 0, names)
	if err != nil {
		return nil, err
	}
	j.header = unknown
	var columns []*parquetColumn
	for i, c := range file.Root().Columns() {
		if layout[i] < 0 {
			continue
		}
		p, wrong := parquetColumnOf(c, &j.schema.Columns[layout[i]])
		if wrong != "" {
			return nil, lex.BadFile(j.in.Name, 0, "column %s is %s", names[i], wrong).
				WithHint("write it as %s", parquetWant(&j.schema.Columns[layout[i]]))
		}
		p.index, p.column = c.Index(), layout[i]
		columns = append(columns, p)
	}
	return columns, nil
}

func parquetWant(c *pipeline.FeedColumn) string {
	switch c.Kind {
	case pipeline.ColumnNumber:
		if c.Digits == 0 {
			return "INT64 or text"
		}
		return fmt.Sprintf("DECIMAL(18,%d) or text", c.Digits)
	case pipeline.ColumnTime:
		return "TIMESTAMP or text"
	case pipeline.ColumnDate:
		return "DATE or text"
	}
	return "text"
}

// parquetColumnOf says how a column's values are read, or what is wrong with
// its type.
func parquetColumnOf(c *parquet.Column, want *pipeline.FeedColumn) (*parquetColumn, string) {
	if !c.Leaf() || c.Repeated() || c.MaxRepetitionLevel() > 0 {
		return nil, "a group or a list"
	}
	p := &parquetColumn{}
	kind := c.Type().Kind()
	text := kind == parquet.ByteArray || kind == parquet.FixedLenByteArray
	var logical any
	if l := c.Type().LogicalType(); l != nil {
		logical = l.Value
	}
	wrong := c.Type().String()
	switch kind {
	case parquet.Float, parquet.Double:
		return nil, wrong + ", a float, which can't hold exact values"
	case parquet.Boolean, parquet.Int96:
		return nil, wrong
	}
	switch t := logical.(type) {
	case *format.DecimalType:
		p.how, p.scale = parquetDecimal, int(t.Scale)
		if want.Kind != pipeline.ColumnNumber || p.scale < 0 || p.scale > 38 {
			return nil, wrong
		}
		return p, ""
	case *format.TimestampType:
		p.how, p.local = parquetTimestamp, !t.IsAdjustedToUTC
		switch t.Unit.Value.(type) {
		case *format.MilliSeconds:
			p.perSec = 1_000
		case *format.MicroSeconds:
			p.perSec = 1_000_000
		case *format.NanoSeconds:
			p.perSec = 1_000_000_000
		}
		if want.Kind != pipeline.ColumnTime || p.perSec == 0 {
			return nil, wrong
		}
		return p, ""
	case *format.DateType:
		p.how = parquetDate
		if want.Kind != pipeline.ColumnDate && want.Kind != pipeline.ColumnTime {
			return nil, wrong
		}
		return p, ""
	case *format.IntType:
		if !t.IsSigned {
			p.how = parquetUint
		}
	case *format.StringType, *format.EnumType, *format.JsonType, nil:
	default:
		return nil, wrong
	}
	if text {
		return p, ""
	}
	if p.how != parquetUint {
		p.how = parquetInt
	}
	if want.Kind != pipeline.ColumnNumber && want.Kind != pipeline.ColumnID {
		return nil, wrong
	}
	return p, ""
}

// readRowGroup reads the columns of a row group side by side.
func readRowGroup(ctx context.Context, s *typed.Serial, group parquet.RowGroup, columns []*parquetColumn, record *int64) (err error) {
	chunks := group.ColumnChunks()
	for _, c := range columns {
		c.pages, c.values = chunks[c.index].Pages(), nil
	}
	defer func() {
		for _, c := range columns {
			err = errors.Join(err, c.pages.Close())
		}
	}()
	for left := group.NumRows(); left > 0; {
		n := int(min(left, pipeline.BatchRows))
		for _, c := range columns {
			if err := c.read(n); err != nil {
				return lex.BadFile(s.Task.Name, 0, "broken Parquet: column %s: %w", s.Columns[c.column].Name, err).
					WithHint("fetch the file again")
			}
		}
		for row := range n {
			if err := s.Ready(ctx); err != nil {
				return err
			}
			*record++
			s.Begin(*record)
			for _, c := range columns {
				c.set(&s.Fields, s.Builder.Row, c.buf[row])
			}
			if err := s.Builder.End(); err != nil {
				return err
			}
		}
		// The rows point into the pages that were just read.
		if err := s.Builder.Flush(); err != nil {
			return err
		}
		left -= int64(n)
	}
	return nil
}

// read takes exactly n values, over as many pages as it needs.
func (c *parquetColumn) read(n int) error {
	if cap(c.buf) < n {
		c.buf = make([]parquet.Value, pipeline.BatchRows)
	}
	c.buf = c.buf[:n]
	for have := 0; have < n; {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			if err != nil {
				return err
			}
			c.values = page.Values()
		}
		got, err := c.values.ReadValues(c.buf[have:])
		have += got
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err != nil || got == 0 {
			c.values = nil
		}
	}
	return nil
}

// set reads a value into the row, as text.
func (c *parquetColumn) set(f *typed.Fields, row typed.RowPointer, v parquet.Value) {
	if v.IsNull() {
		f.Set(c.column, row, nil, lex.TokenText)
		return
	}
	switch c.how {
	case parquetText:
		f.Set(c.column, row, v.ByteArray(), lex.TokenText)
	case parquetInt:
		f.Set(c.column, row, strconv.AppendInt(f.Room(20), parquetInt64(v), 10), lex.TokenText)
	case parquetUint:
		f.Set(c.column, row, strconv.AppendUint(f.Room(20), parquetUint64(v), 10), lex.TokenText)
	case parquetDecimal:
		f.Set(c.column, row, c.decimal(v), lex.TokenText)
	case parquetDate:
		f.Set(c.column, row, lex.DateText(f.Room(16), int64(v.Int32())), lex.TokenText)
	case parquetTimestamp:
		c.timestamp(f, row, v.Int64())
	}
}

func parquetInt64(v parquet.Value) int64 {
	if v.Kind() == parquet.Int32 {
		return int64(v.Int32())
	}
	return v.Int64()
}

func parquetUint64(v parquet.Value) uint64 {
	if v.Kind() == parquet.Int32 {
		return uint64(v.Uint32())
	}
	return v.Uint64()
}

// decimal gives the exact text of a decimal: of an integer, or of the big-endian
// two's complement of a byte array.
func (c *parquetColumn) decimal(v parquet.Value) []byte {
	if v.Kind() == parquet.Int32 || v.Kind() == parquet.Int64 {
		if n := parquetInt64(v); n != math.MinInt64 && c.scale <= 18 {
			return pipeline.AppendDecimal(nil, n, c.scale)
		}
		return []byte(pipeline.DecimalText(big.NewInt(v.Int64()), c.scale))
	}
	bytes := v.ByteArray()
	n := new(big.Int).SetBytes(bytes)
	if len(bytes) > 0 && bytes[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(bytes)*8)))
	}
	return []byte(pipeline.DecimalText(n, c.scale))
}

// timestamp reads a count of units since the epoch. One without a zone is a
// local time of the feed's zone.
func (c *parquetColumn) timestamp(f *typed.Fields, row typed.RowPointer, v int64) {
	seconds, rest := lex.FloorDiv(v, c.perSec)
	if c.local {
		offset, ok := f.Clock.LocalOffset(seconds)
		text := time.Unix(seconds, rest*(1_000_000_000/c.perSec)).UTC().AppendFormat(f.Room(32), "2006-01-02T15:04:05.999999999")
		if !ok {
			f.Set(c.column, row, text, lex.TokenText) // the clocks went forward over it
			return
		}
		f.Clock.CountTwice(text)
		seconds -= offset
	}
	micros := rest * 1_000_000
	if c.perSec > 1_000_000 && micros%c.perSec != 0 {
		f.Seen |= 1 << uint(c.column)
		f.Fail(c.column, pipeline.CodeTooPrecise, []byte(strconv.FormatInt(v, 10)+" ns since 1970"))
		return
	}
	if seconds > math.MaxInt64/2_000_000 || seconds < math.MinInt64/2_000_000 {
		f.Seen |= 1 << uint(c.column)
		f.Fail(c.column, pipeline.CodeOutOfRange, []byte(strconv.FormatInt(v, 10)))
		return
	}
	f.Set(c.column, row, lex.MicrosText(seconds*1_000_000+micros/c.perSec), lex.TokenMicros)
}
