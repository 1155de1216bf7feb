package pages

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// rowNumbers is the canonical form of the rows of a result table, which form 2 of
// carat.numbers-sha256 is the SHA-256 of (docs/lake.md says it with a program that
// recomputes it). It begins with the line `carat-numbers/2`; of a table without rows that
// is all. Then comes a line `column NAME` for each column but run_id, in the order of the
// table. Then come the rows in the table's total order, each its values in the order of
// the columns and a newline. A value is `LENGTH:TEXT`, LENGTH being the bytes of TEXT in
// decimal; null is `-`. TEXT of a
//
//	whole number   is its decimal digits
//	decimal        has as many digits after the point as its scale, no point at scale 0
//	string         is its UTF-8
//	date           is YYYY-MM-DD
//	instant        is its microseconds since 1970 in UTC, in decimal
//	boolean        is true or false
type rowNumbers struct {
	columns []string // of the first file that has rows
	row     []byte
}

const numbersHead = "carat-numbers/2\n"

// blockRows is how many rows are read of each column at a time.
const blockRows = 1024

func (n *rowNumbers) begin(w io.Writer) { _, _ = io.WriteString(w, numbersHead) } // a hash takes all

// add writes the rows of a file to w, and the columns before the first of them.
func (n *rowNumbers) add(pf *parquet.File, w io.Writer) error {
	if pf.NumRows() == 0 {
		return nil
	}
	var columns []*numberColumn
	var names []string
	for i, field := range pf.Schema().Fields() {
		if field.Name() == columnRun {
			continue
		}
		text, err := canonicalText(field)
		if err != nil {
			return fmt.Errorf("column %s: %w", field.Name(), err)
		}
		columns = append(columns, &numberColumn{at: i, text: text})
		names = append(names, field.Name())
	}
	switch {
	case n.columns == nil:
		n.columns = names
		if _, err := io.WriteString(w, "column "+strings.Join(names, "\ncolumn ")+"\n"); err != nil {
			return err
		}
	case !slices.Equal(n.columns, names):
		return errors.New("its columns aren't those of the file before")
	}
	for _, group := range pf.RowGroups() {
		if err := n.addGroup(columns, group, w); err != nil {
			return err
		}
	}
	return nil
}

func (n *rowNumbers) addGroup(columns []*numberColumn, group parquet.RowGroup, w io.Writer) (err error) {
	chunks := group.ColumnChunks()
	for _, c := range columns {
		c.pages, c.values = chunks[c.at].Pages(), nil
	}
	defer func() {
		for _, c := range columns {
			err = errors.Join(err, c.close())
		}
	}()
	for left := group.NumRows(); left > 0; {
		rows := int(min(left, blockRows))
		for _, c := range columns {
			if err := c.read(rows); err != nil {
				return err
			}
		}
		n.row = n.row[:0]
		for i := range rows {
			for _, c := range columns {
				n.row = append(n.row, c.value(i)...)
			}
			n.row = append(n.row, '\n')
		}
		if _, err := w.Write(n.row); err != nil {
			return err
		}
		left -= int64(rows)
	}
	return nil
}

// numberColumn gives the values of one column in their canonical form.
type numberColumn struct {
	at     int // among the file's columns
	text   func(dst []byte, v parquet.Value) []byte
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader // of page; nil before the first
	buffer [blockRows]parquet.Value
	one    []byte
	bytes  []byte // of the block's values
	ends   []int  // ends[i] is where value i ends in bytes
}

// read takes the next rows. Values live as long as their page, so their text is made at
// once.
func (c *numberColumn) read(rows int) error {
	c.bytes, c.ends = c.bytes[:0], c.ends[:0]
	for len(c.ends) < rows {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if err != nil {
				return fmt.Errorf("after %d of %d rows: %w", len(c.ends), rows, err)
			}
			c.page, c.values = page, page.Values()
		}
		got, err := c.values.ReadValues(c.buffer[:rows-len(c.ends)])
		for _, v := range c.buffer[:got] {
			if v.IsNull() {
				c.bytes = append(c.bytes, '-')
			} else {
				c.one = c.text(c.one[:0], v)
				c.bytes = append(strconv.AppendInt(c.bytes, int64(len(c.one)), 10), ':')
				c.bytes = append(c.bytes, c.one...)
			}
			c.ends = append(c.ends, len(c.bytes))
		}
		if errors.Is(err, io.EOF) {
			parquet.Release(c.page)
			c.page, c.values = nil, nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (c *numberColumn) value(i int) []byte {
	if i == 0 {
		return c.bytes[:c.ends[0]]
	}
	return c.bytes[c.ends[i-1]:c.ends[i]]
}

func (c *numberColumn) close() error {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
	if c.pages == nil {
		return nil
	}
	pages := c.pages
	c.pages = nil
	return pages.Close()
}

// canonicalText gives what writes the text of a column's values.
func canonicalText(field parquet.Field) (func([]byte, parquet.Value) []byte, error) {
	name, err := parquetType(field)
	if err != nil {
		return nil, err
	}
	kind := field.Type().Kind()
	switch {
	case name == "BOOLEAN":
		return func(dst []byte, v parquet.Value) []byte { return strconv.AppendBool(dst, v.Boolean()) }, nil
	case name == "VARCHAR":
		return func(dst []byte, v parquet.Value) []byte { return append(dst, v.ByteArray()...) }, nil
	case name == "DATE":
		return func(dst []byte, v parquet.Value) []byte {
			return time.Unix(int64(v.Int32())*secondsPerDay, 0).UTC().AppendFormat(dst, time.DateOnly)
		}, nil
	case strings.HasPrefix(name, "DECIMAL"):
		scale := int(field.Type().LogicalType().Value.(*format.DecimalType).Scale)
		switch kind {
		case parquet.Int32:
			return func(dst []byte, v parquet.Value) []byte { return appendDecimal(dst, int64(v.Int32()), scale) }, nil
		case parquet.Int64:
			return func(dst []byte, v parquet.Value) []byte { return appendDecimal(dst, v.Int64(), scale) }, nil
		case parquet.FixedLenByteArray, parquet.ByteArray:
			return func(dst []byte, v parquet.Value) []byte { return appendLong(dst, v.ByteArray(), scale) }, nil
		}
	case kind == parquet.Int32:
		return func(dst []byte, v parquet.Value) []byte { return strconv.AppendInt(dst, int64(v.Int32()), 10) }, nil
	case kind == parquet.Int64:
		return func(dst []byte, v parquet.Value) []byte { return strconv.AppendInt(dst, v.Int64(), 10) }, nil
	}
	return nil, fmt.Errorf("type %s (%s) has no canonical form", name, kind)
}

const secondsPerDay = 86_400

func appendDecimal(dst []byte, n int64, scale int) []byte {
	var digits [20]byte
	return appendPoint(dst, strconv.AppendInt(digits[:0], n, 10), scale)
}

// appendLong appends a number in two's complement, big-endian. Almost all of them fit 64
// bits: whatever is before those repeats their sign.
func appendLong(dst, b []byte, scale int) []byte {
	n, sign := int64(0), byte(0)
	if len(b) > 0 && b[0] >= 1<<7 {
		n, sign = -1, 0xFF
	}
	short := true
	for i, one := range b {
		if i < len(b)-8 {
			short = short && one == sign
			continue
		}
		n = n<<8 | int64(one)
	}
	if short && (n < 0) == (sign != 0) {
		return appendDecimal(dst, n, scale)
	}
	long := new(big.Int).SetBytes(b)
	if sign != 0 {
		long.Sub(long, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return appendPoint(dst, long.Append(nil, 10), scale)
}

// appendPoint appends the digits of a number with a point before the last of them.
func appendPoint(dst, digits []byte, scale int) []byte {
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	if scale == 0 {
		return append(dst, digits...)
	}
	whole := max(0, len(digits)-scale)
	if whole == 0 {
		dst = append(dst, '0')
	}
	dst = append(append(dst, digits[:whole]...), '.')
	for range scale - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits[whole:]...)
}
