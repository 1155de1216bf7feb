package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	mapping "github.com/duckdb/duckdb-go-bindings"
)

// Stream runs a query on a connection and gives its rows as they are made, as
// vectors: what doesn't fit into memory is the engine's to spill. The
// connection can do nothing else until they are closed. A context that ends
// interrupts it.
func Stream(ctx context.Context, conn *sql.Conn, query string) (*ColumnRows, error) {
	raw, err := rawConnection(conn)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows := &ColumnRows{stop: context.AfterFunc(ctx, func() { mapping.Interrupt(raw) })}
	var prepared mapping.PreparedStatement
	defer mapping.DestroyPrepare(&prepared)
	if mapping.Prepare(raw, query, &prepared) == mapping.StateError {
		err := errors.New(mapping.PrepareError(prepared))
		rows.Close()
		return nil, errors.Join(ctx.Err(), err)
	}
	if mapping.ExecutePreparedStreaming(prepared, &rows.result) == mapping.StateError {
		err := errors.New(mapping.ResultError(&rows.result))
		rows.Close()
		return nil, errors.Join(ctx.Err(), err)
	}
	rows.columns = make([]vector, mapping.ColumnCount(&rows.result))
	for i := range rows.columns {
		rows.columns[i].describe(&rows.result, mapping.IdxT(i))
	}
	return rows, nil
}

// Stream runs a query of carat's own as Stream does. The database can do nothing else
// until the rows are closed.
func (d *Database) Stream(ctx context.Context, query string) (*ColumnRows, error) {
	return Stream(ctx, d.conn, query)
}

// rawConnection gives DuckDB's own handle of a connection. The driver keeps it
// to itself, and its Arrow interface, which could do the same, is there only
// when everything is built with a tag.
func rawConnection(conn *sql.Conn) (raw mapping.Connection, err error) {
	err = conn.Raw(func(driver any) error {
		v := reflect.Indirect(reflect.ValueOf(driver))
		if v.Kind() != reflect.Struct {
			return fmt.Errorf("a connection is a %T", driver)
		}
		held := v.FieldByName("conn")
		if !held.IsValid() || held.Type() != reflect.TypeFor[mapping.Connection]() {
			return fmt.Errorf("a %T has no connection of the engine's", driver)
		}
		raw.Ptr = held.FieldByName("Ptr").UnsafePointer()
		return nil
	})
	return raw, err
}

// TableWriter appends rows to a table, a vector of each column at a time. Cells
// are put in order of their columns; Done ends a row.
type TableWriter struct {
	appender mapping.Appender
	types    []mapping.LogicalType
	columns  []writtenColumn
	chunk    mapping.DataChunk
	at       int // the next cell's column
	row      int // of the chunk
	err      error
}

// writtenColumn is a column of the chunk that is being filled.
type writtenColumn struct {
	vector mapping.Vector
	data   unsafe.Pointer
	valid  *uint64 // nil: no NULL was put
	kind   mapping.Type
}

// AppendTo begins to append to a table. The connection can do nothing else
// until the writer is closed.
func AppendTo(conn *sql.Conn, table string) (*TableWriter, error) {
	raw, err := rawConnection(conn)
	if err != nil {
		return nil, err
	}
	w := &TableWriter{}
	if mapping.AppenderCreateExt(raw, "", "main", table, &w.appender) == mapping.StateError {
		err := fmt.Errorf("append to %s: %s", table, mapping.AppenderError(w.appender))
		mapping.AppenderDestroy(&w.appender)
		return nil, err
	}
	for i := range mapping.AppenderColumnCount(w.appender) {
		kind := mapping.AppenderColumnType(w.appender, i)
		w.types = append(w.types, kind)
		c := writtenColumn{kind: mapping.GetTypeId(kind)}
		if c.kind == mapping.TypeDecimal {
			c.kind = mapping.DecimalInternalType(kind)
		}
		w.columns = append(w.columns, c)
	}
	w.chunk = mapping.CreateDataChunk(w.types)
	w.vectors()
	return w, nil
}

func (w *TableWriter) vectors() {
	w.row = 0
	for i := range w.columns {
		c := &w.columns[i]
		c.vector = mapping.DataChunkGetVector(w.chunk, mapping.IdxT(i))
		c.data, c.valid = mapping.VectorGetData(c.vector), nil
	}
}

// cell gives where the next cell lies, which must be of so many bytes.
func (w *TableWriter) cell(size uintptr, kinds ...mapping.Type) unsafe.Pointer {
	c := &w.columns[w.at]
	for _, kind := range kinds {
		if c.kind == kind {
			w.at++
			return unsafe.Add(c.data, uintptr(w.row)*size)
		}
	}
	panic(fmt.Sprintf("column %d is of another type: %v", w.at, c.kind))
}

// Int puts a number of 32 bits, or a date in days since the epoch.
func (w *TableWriter) Int(n int32) {
	*(*int32)(w.cell(4, mapping.TypeInteger, mapping.TypeDate)) = n
}

// Big puts a number of 64 bits, or an instant in microseconds since the epoch.
func (w *TableWriter) Big(n int64) {
	*(*int64)(w.cell(8, mapping.TypeBigInt, mapping.TypeTimestampTZ)) = n
}

// Small puts the digits of a decimal of at most 4 of them.
func (w *TableWriter) Small(n int16) { *(*int16)(w.cell(2, mapping.TypeSmallInt)) = n }

// Unsigned puts a number of 64 bits without a sign.
func (w *TableWriter) Unsigned(n uint64) { *(*uint64)(w.cell(8, mapping.TypeUBigInt)) = n }

// Wide puts the digits of a decimal of more than 18 of them.
func (w *TableWriter) Wide(hi int64, lo uint64) {
	at := w.cell(16, mapping.TypeHugeInt)
	*(*uint64)(at), *(*int64)(unsafe.Add(at, 8)) = lo, hi
}

// Bool puts a boolean.
func (w *TableWriter) Bool(b bool) { *(*bool)(w.cell(1, mapping.TypeBoolean)) = b }

// Text puts a text.
func (w *TableWriter) Text(s string) {
	at := w.cell(stringBytes, mapping.TypeVarchar)
	if len(s) > inlinedBytes {
		mapping.VectorAssignStringElementLen(w.columns[w.at-1].vector, mapping.IdxT(w.row), unsafe.Slice(unsafe.StringData(s), len(s)))
		return
	}
	bytes := unsafe.Slice((*byte)(at), stringBytes)
	clear(bytes)
	*(*uint32)(at) = uint32(len(s))
	copy(bytes[4:], s)
}

// Null puts a NULL.
func (w *TableWriter) Null() {
	c := &w.columns[w.at]
	if c.valid == nil {
		mapping.VectorEnsureValidityWritable(c.vector)
		c.valid = (*uint64)(mapping.VectorGetValidity(c.vector))
	}
	*(*uint64)(unsafe.Add(unsafe.Pointer(c.valid), w.row/64*8)) &^= 1 << (w.row % 64)
	w.at++
}

// Done ends a row, all of whose cells were put.
func (w *TableWriter) Done() {
	if w.at != len(w.columns) {
		panic(fmt.Sprintf("a row of %d columns has %d cells", len(w.columns), w.at))
	}
	w.at = 0
	if w.row++; w.row == int(mapping.VectorSize()) {
		w.append()
	}
}

func (w *TableWriter) append() {
	mapping.DataChunkSetSize(w.chunk, mapping.IdxT(w.row))
	if w.err == nil && mapping.AppendDataChunk(w.appender, w.chunk) == mapping.StateError {
		w.err = FullDisk(errors.New(mapping.AppenderError(w.appender)))
	}
	mapping.DataChunkReset(w.chunk)
	w.vectors()
}

// Close appends what is left and ends the writer; the error is the first of all
// appending.
func (w *TableWriter) Close() error {
	if w.row > 0 {
		w.append()
	}
	if mapping.AppenderClose(w.appender) == mapping.StateError && w.err == nil {
		w.err = FullDisk(errors.New(mapping.AppenderError(w.appender)))
	}
	mapping.AppenderDestroy(&w.appender)
	mapping.DestroyDataChunk(&w.chunk)
	for i := range w.types {
		mapping.DestroyLogicalType(&w.types[i])
	}
	return w.err
}
