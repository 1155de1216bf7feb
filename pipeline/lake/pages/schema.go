package pages

import (
	"fmt"
	"reflect"
	"strings"

	"carat/pipeline"
)

// Lineage columns of every raw table (see pipeline.Lineage).
const (
	colBatchID         = "batch_id"
	colBatchNo         = "batch_no"
	colSourceLine      = "source_line"
	colIngestedAt      = "ingested_at"
	ColAccountingMonth = "accounting_month"
)

// BatchNoID is the field id of batch_no.
const BatchNoID = 905

// storage is how a column is held in its Go struct.
type storage int

const (
	heldString storage = iota // "" is absent when the column is optional
	heldInt64
	heldInt64Pointer
	heldInt32
)

// Column is one stored column of a row type: its contract and where its value
// lies in the struct.
type Column struct {
	pipeline.Column
	held   storage
	offset uintptr
}

// columnsOf derives the columns of a row type from its parquet tags, in the
// order of the struct. The tags are the schema; there is no second list.
func columnsOf(t reflect.Type) ([]Column, error) {
	return appendColumns(nil, t, 0)
}

// ColumnsOf derives the columns of a row type, as RawTableOf does.
func ColumnsOf[T any]() ([]Column, error) { return columnsOf(reflect.TypeFor[T]()) }

func appendColumns(cols []Column, t reflect.Type, base uintptr) ([]Column, error) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("parquet")
		if f.Anonymous && !tagged {
			var err error
			if cols, err = appendColumns(cols, f.Type, base+f.Offset); err != nil {
				return nil, err
			}
			continue
		}
		if tag == "-" || !f.IsExported() {
			continue
		}
		c, err := columnOf(f, tag)
		if err != nil {
			return nil, fmt.Errorf("column %s.%s: %w", t.Name(), f.Name, err)
		}
		c.offset = base + f.Offset
		cols = append(cols, c)
	}
	return cols, nil
}

func columnOf(f reflect.StructField, tag string) (Column, error) {
	parts := strings.Split(tag, ",")
	c := Column{Column: pipeline.Column{Name: parts[0]}}
	switch {
	case f.Type.Kind() == reflect.String:
		c.held, c.Type = heldString, "VARCHAR"
	case f.Type.Kind() == reflect.Int64:
		c.held, c.Type = heldInt64, "BIGINT"
	case f.Type.Kind() == reflect.Int32:
		c.held, c.Type = heldInt32, "INTEGER"
	case f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Int64:
		c.held, c.Type, c.Optional = heldInt64Pointer, "BIGINT", true
	default:
		return c, fmt.Errorf("no storage for Go type %v", f.Type)
	}
	for _, p := range parts[1:] {
		var a, b int
		switch {
		case p == "optional":
			c.Optional = true
		case p == "date":
			c.Type = "DATE"
		case p == "timestamp(microsecond)":
			c.Type = "TIMESTAMP WITH TIME ZONE"
		case scan(p, "decimal(%d:%d)", &a, &b):
			c.Type = fmt.Sprintf("DECIMAL(%d,%d)", b, a)
		case scan(p, "id(%d)", &a):
			c.ID = a
		}
	}
	if c.ID == 0 {
		return c, fmt.Errorf("the tag %q has no field id", tag)
	}
	return c, nil
}

func scan(text, format string, into ...any) bool {
	n, err := fmt.Sscanf(text, format, into...)
	return err == nil && n == len(into)
}

// PlainColumns gives the contracts of columns, without where they are held.
func PlainColumns(cols []Column) []pipeline.Column {
	out := make([]pipeline.Column, len(cols))
	for i, c := range cols {
		out[i] = c.Column
	}
	return out
}
