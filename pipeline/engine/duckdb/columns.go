package duckdb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"unsafe"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"carat/pipeline"
)

// ColumnReader is a database of its own for reading very many rows: it hands
// out DuckDB's vectors as they lie in memory. Through database/sql each cell is
// boxed, and each text copied by several calls into C, which is most of the
// time that statements took. It runs the engine's own SQL alone.
type ColumnReader struct {
	db   mapping.Database
	conn mapping.Connection
}

// OpenColumns opens a database of its own with the same bounds. It holds none
// of the tables of this one: Scans gives what made them.
func (d *Database) OpenColumns(ctx context.Context) (r *ColumnReader, err error) {
	r = &ColumnReader{}
	var config mapping.Config
	if mapping.CreateConfig(&config) == mapping.StateError {
		return nil, startFailure(errors.New("no memory for its configuration"))
	}
	defer mapping.DestroyConfig(&config)
	var message string
	if mapping.OpenExt(":memory:", &r.db, config, &message) == mapping.StateError {
		return nil, startFailure(errors.New(message))
	}
	defer func() {
		if err != nil {
			r.Close()
		}
	}()
	if mapping.Connect(r.db, &r.conn) == mapping.StateError {
		return nil, startFailure(errors.New("no connection"))
	}
	for _, q := range append([]string{"set TimeZone = 'UTC'"}, settings(d.config)...) {
		rows, err := r.Query(ctx, q)
		if err != nil {
			return nil, startFailure(fmt.Errorf("%s: %w", q, err))
		}
		rows.Close()
	}
	return r, nil
}

// Close ends the database; the rows of its queries must be closed by then.
func (r *ColumnReader) Close() {
	mapping.Disconnect(&r.conn)
	mapping.Close(&r.db)
}

// Query runs a query to its end and gives its rows, which must be closed. A
// context that ends interrupts it.
func (r *ColumnReader) Query(ctx context.Context, query string) (*ColumnRows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { mapping.Interrupt(r.conn) })
	defer stop()
	rows := &ColumnRows{}
	if mapping.Query(r.conn, query, &rows.result) == mapping.StateError {
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

// ColumnRows are the rows of a query, read one after the other. Columns count
// from 0. What a cell can't give is remembered for Err.
type ColumnRows struct {
	result  mapping.Result
	chunk   mapping.DataChunk
	columns []vector
	row     int // of the chunk
	size    int // of the chunk
	slab    []int64
	err     error       // the first cell that was not what was asked for, or what ended a stream
	stop    func() bool // of a stream: nothing interrupts it any more
}

// Next goes to the next row, and says whether there is one.
func (r *ColumnRows) Next() bool {
	if r.row++; r.row < r.size {
		return true
	}
	for {
		mapping.DestroyDataChunk(&r.chunk)
		r.chunk = mapping.FetchChunk(r.result)
		r.row, r.size = 0, 0
		if r.chunk.Ptr == nil {
			if message := mapping.ResultError(&r.result); message != "" && r.err == nil {
				r.err = FullDisk(errors.New(message))
			}
			return false
		}
		if r.size = int(mapping.DataChunkGetSize(r.chunk)); r.size > 0 {
			break
		}
	}
	for i := range r.columns {
		v := mapping.DataChunkGetVector(r.chunk, mapping.IdxT(i))
		r.columns[i].data = mapping.VectorGetData(v)
		r.columns[i].valid = (*uint64)(mapping.VectorGetValidity(v))
	}
	return true
}

// Err gives what the first cell was that was not what it was read as; nil when
// all were.
func (r *ColumnRows) Err() error { return r.err }

// Close gives the rows' memory back. It may be called twice.
func (r *ColumnRows) Close() {
	if r.stop != nil {
		r.stop()
	}
	mapping.DestroyDataChunk(&r.chunk)
	mapping.DestroyResult(&r.result)
}

// vector is one column of a chunk.
type vector struct {
	data  unsafe.Pointer
	valid *uint64 // a bit a row; nil: all are valid
	kind  mapping.Type
	scale int // of decimals
	last  string
	known map[string]string // texts that come again and again
}

func (v *vector) describe(result *mapping.Result, at mapping.IdxT) {
	kind := mapping.ColumnLogicalType(result, at)
	defer mapping.DestroyLogicalType(&kind)
	v.kind = mapping.GetTypeId(kind)
	if v.kind == mapping.TypeDecimal {
		v.kind, v.scale = mapping.DecimalInternalType(kind), int(mapping.DecimalScale(kind))
	}
}

func (v *vector) null(row int) bool {
	return v.valid != nil && *(*uint64)(unsafe.Add(unsafe.Pointer(v.valid), row/64*8))>>(row%64)&1 == 0
}

func (r *ColumnRows) fail(column int, what string) {
	if r.err == nil {
		r.err = fmt.Errorf("column %d: %s", column, what)
	}
}

// Whole gives an integer, a boolean, the microseconds of a timestamp or the
// unscaled digits of a decimal; 0 for NULL.
func (r *ColumnRows) Whole(column int) int64 {
	v := &r.columns[column]
	if v.null(r.row) {
		return 0
	}
	switch v.kind {
	case mapping.TypeBigInt, mapping.TypeTimestampTZ, mapping.TypeTimestamp:
		return *(*int64)(unsafe.Add(v.data, r.row*8))
	case mapping.TypeInteger, mapping.TypeDate:
		return int64(*(*int32)(unsafe.Add(v.data, r.row*4)))
	case mapping.TypeSmallInt:
		return int64(*(*int16)(unsafe.Add(v.data, r.row*2)))
	case mapping.TypeBoolean:
		return int64(*(*uint8)(unsafe.Add(v.data, r.row)))
	case mapping.TypeHugeInt:
		low := *(*uint64)(unsafe.Add(v.data, r.row*16))
		high := *(*int64)(unsafe.Add(v.data, r.row*16+8))
		if high != int64(low)>>63 { // not the sign of the lower half: more than 64 bits
			r.fail(column, "a number of more than 64 bits")
		}
		return int64(low)
	}
	r.fail(column, "not a whole number")
	return 0
}

// Wide gives the unscaled digits of a decimal in 128 bits, and whether the cell
// holds one.
func (r *ColumnRows) Wide(column int) (hi int64, lo uint64, known bool) {
	v := &r.columns[column]
	if v.null(r.row) {
		return 0, 0, false
	}
	if v.kind != mapping.TypeHugeInt {
		n := r.Whole(column)
		return n >> 63, uint64(n), true
	}
	return *(*int64)(unsafe.Add(v.data, r.row*16+8)), *(*uint64)(unsafe.Add(v.data, r.row*16)), true
}

// Null says whether a cell holds nothing.
func (r *ColumnRows) Null(column int) bool { return r.columns[column].null(r.row) }

// Pointer is Whole, and nil for NULL.
func (r *ColumnRows) Pointer(column int) *int64 {
	if r.columns[column].null(r.row) {
		return nil
	}
	return r.keep(r.Whole(column))
}

// keep gives the address of a number. They lie together: one piece of memory
// for many rows.
func (r *ColumnRows) keep(v int64) *int64 {
	const together = 1024
	if len(r.slab) == cap(r.slab) {
		r.slab = make([]int64, 0, together)
	}
	r.slab = append(r.slab, v)
	return &r.slab[len(r.slab)-1]
}

// digits gives a decimal as an integer of so many places; 0 for NULL.
func (r *ColumnRows) digits(column, places int) int64 {
	n := r.Whole(column)
	for scale := r.columns[column].scale; scale != places; scale++ {
		if scale > places || n > math.MaxInt64/10 || n < math.MinInt64/10 {
			r.fail(column, fmt.Sprintf("a decimal that does not fit %d places", places))
			return 0
		}
		n *= 10
	}
	return n
}

func (r *ColumnRows) digitsPointer(column, places int) *int64 {
	if r.columns[column].null(r.row) {
		return nil
	}
	return r.keep(r.digits(column, places))
}

// Amount gives a decimal as money; 0 for NULL.
func (r *ColumnRows) Amount(column int) pipeline.Amount {
	return pipeline.Amount(r.digits(column, pipeline.AmountDigits))
}

// AmountPointer is Amount, and nil for NULL.
func (r *ColumnRows) AmountPointer(column int) *pipeline.Amount {
	return (*pipeline.Amount)(r.digitsPointer(column, pipeline.AmountDigits))
}

// Rate gives a decimal as a rate; 0 for NULL.
func (r *ColumnRows) Rate(column int) pipeline.Rate {
	return pipeline.Rate(r.digits(column, pipeline.RateDigits))
}

// RatePointer is Rate, and nil for NULL.
func (r *ColumnRows) RatePointer(column int) *pipeline.Rate {
	return (*pipeline.Rate)(r.digitsPointer(column, pipeline.RateDigits))
}

// Bool gives a boolean; false for NULL.
func (r *ColumnRows) Bool(column int) bool { return r.Whole(column) != 0 }

// The layout of duckdb_string_t (duckdb.h): a length, then the text itself when
// it is short, else four bytes of it and the address of the whole.
const (
	stringBytes  = 16
	inlinedBytes = 12
)

// knownTexts bounds how many texts of a column are kept to be given out again.
const knownTexts = 4096

// Text gives a text; "" for NULL.
func (r *ColumnRows) Text(column int) string {
	v := &r.columns[column]
	if v.null(r.row) {
		return ""
	}
	if v.kind != mapping.TypeVarchar {
		r.fail(column, "not a text")
		return ""
	}
	cell := unsafe.Add(v.data, r.row*stringBytes)
	length := int(*(*uint32)(cell))
	at := unsafe.Add(cell, 4)
	if length > inlinedBytes {
		at = *(*unsafe.Pointer)(unsafe.Add(cell, 8))
	}
	bytes := unsafe.Slice((*byte)(at), length)
	if v.last == string(bytes) {
		return v.last
	}
	text, known := v.known[string(bytes)]
	if !known {
		text = string(bytes)
		if v.known == nil {
			v.known = map[string]string{}
		}
		if len(v.known) < knownTexts {
			v.known[text] = text
		}
	}
	v.last = text
	return text
}
