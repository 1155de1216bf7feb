package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"unsafe"

	mapping "github.com/duckdb/duckdb-go-bindings"

	"carat/pipeline"
)

// columnReader is a database of its own for reading very many rows: it hands
// out DuckDB's vectors as they lie in memory. Through database/sql each cell is
// boxed, and each text copied by several calls into C, which is most of the
// time that statements took. It runs the engine's own SQL alone.
type columnReader struct {
	db   mapping.Database
	conn mapping.Connection
}

// openColumns opens a database with an engine's bounds.
func openColumns(ctx context.Context, c Config) (r *columnReader, err error) {
	r = &columnReader{}
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
			r.close()
		}
	}()
	if mapping.Connect(r.db, &r.conn) == mapping.StateError {
		return nil, startFailure(errors.New("no connection"))
	}
	for _, q := range append([]string{"set TimeZone = 'UTC'"}, settings(c)...) {
		rows, err := r.query(ctx, q)
		if err != nil {
			return nil, startFailure(fmt.Errorf("%s: %w", q, err))
		}
		rows.close()
	}
	return r, nil
}

func (r *columnReader) close() {
	mapping.Disconnect(&r.conn)
	mapping.Close(&r.db)
}

// query runs a query to its end and gives its rows, which must be closed. A
// context that ends interrupts it.
func (r *columnReader) query(ctx context.Context, query string) (*columnRows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { mapping.Interrupt(r.conn) })
	defer stop()
	rows := &columnRows{}
	if mapping.Query(r.conn, query, &rows.result) == mapping.StateError {
		err := errors.New(mapping.ResultError(&rows.result))
		rows.close()
		return nil, errors.Join(ctx.Err(), err)
	}
	rows.columns = make([]vector, mapping.ColumnCount(&rows.result))
	for i := range rows.columns {
		rows.columns[i].describe(&rows.result, mapping.IdxT(i))
	}
	return rows, nil
}

// columnRows are the rows of a query, read one after the other.
type columnRows struct {
	result  mapping.Result
	chunk   mapping.DataChunk
	columns []vector
	row     int // of the chunk
	size    int // of the chunk
	slab    []int64
	err     error // the first cell that was not what was asked for
}

// next goes to the next row, and says whether there is one.
func (r *columnRows) next() bool {
	if r.row++; r.row < r.size {
		return true
	}
	for {
		mapping.DestroyDataChunk(&r.chunk)
		r.chunk = mapping.FetchChunk(r.result)
		r.row, r.size = 0, 0
		if r.chunk.Ptr == nil {
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

func (r *columnRows) close() {
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

func (r *columnRows) fail(column int, what string) {
	if r.err == nil {
		r.err = fmt.Errorf("column %d: %s", column, what)
	}
}

// whole gives an integer, a boolean, the microseconds of a timestamp or the
// unscaled digits of a decimal; 0 for NULL.
func (r *columnRows) whole(column int) int64 {
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

// pointer is whole, and nil for NULL.
func (r *columnRows) pointer(column int) *int64 {
	if r.columns[column].null(r.row) {
		return nil
	}
	return r.keep(r.whole(column))
}

// keep gives the address of a number. They lie together: one piece of memory
// for many rows.
func (r *columnRows) keep(v int64) *int64 {
	const together = 1024
	if len(r.slab) == cap(r.slab) {
		r.slab = make([]int64, 0, together)
	}
	r.slab = append(r.slab, v)
	return &r.slab[len(r.slab)-1]
}

// digits gives a decimal as an integer of so many places; 0 for NULL.
func (r *columnRows) digits(column, places int) int64 {
	n := r.whole(column)
	for scale := r.columns[column].scale; scale != places; scale++ {
		if scale > places || n > math.MaxInt64/10 || n < math.MinInt64/10 {
			r.fail(column, fmt.Sprintf("a decimal that does not fit %d places", places))
			return 0
		}
		n *= 10
	}
	return n
}

func (r *columnRows) digitsPointer(column, places int) *int64 {
	if r.columns[column].null(r.row) {
		return nil
	}
	return r.keep(r.digits(column, places))
}

func (r *columnRows) amount(column int) pipeline.Amount {
	return pipeline.Amount(r.digits(column, pipeline.AmountDigits))
}

func (r *columnRows) amountPointer(column int) *pipeline.Amount {
	return (*pipeline.Amount)(r.digitsPointer(column, pipeline.AmountDigits))
}

func (r *columnRows) rate(column int) pipeline.Rate {
	return pipeline.Rate(r.digits(column, pipeline.RateDigits))
}

func (r *columnRows) ratePointer(column int) *pipeline.Rate {
	return (*pipeline.Rate)(r.digitsPointer(column, pipeline.RateDigits))
}

func (r *columnRows) bool(column int) bool { return r.whole(column) != 0 }

// The layout of duckdb_string_t (duckdb.h): a length, then the text itself when
// it is short, else four bytes of it and the address of the whole.
const (
	stringBytes  = 16
	inlinedBytes = 12
)

// knownTexts bounds how many texts of a column are kept to be given out again.
const knownTexts = 4096

// text gives a text; "" for NULL.
func (r *columnRows) text(column int) string {
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
