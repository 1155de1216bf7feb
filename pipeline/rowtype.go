package pipeline

import (
	"reflect"
	"unsafe"
)

// Fault is a broken rule among the columns of a row; one with an empty code is
// none.
type Fault struct {
	Column   string
	Code     Code
	Value    string
	Expected string
}

// rowPointer is the pointer to a feed's row type.
type rowPointer[T any] interface {
	*T
	Row
}

// rowType is a feed's row type for code that doesn't name it.
type rowType interface {
	of() reflect.Type
	buffer() RowBuffer
	finish(r Row) Fault
}

// feedOf binds a feed's columns to the fields of T by their parquet tags.
// finish fills what follows from other columns and applies the rules among
// columns.
func feedOf[T any, P rowPointer[T]](f Feed, finish func(P) Fault, columns ...FeedColumn) Feed {
	f.rows = rowsOf[T, P]{rule: finish}
	f.Columns = columns
	for i := range f.Columns {
		f.Columns[i].bind(reflect.TypeFor[T]())
	}
	return f
}

// noRule is the rule of feeds whose columns don't depend on each other.
func noRule[T any](*T) Fault { return Fault{} }

type rowsOf[T any, P rowPointer[T]] struct{ rule func(P) Fault }

func (rowsOf[T, P]) of() reflect.Type     { return reflect.TypeFor[T]() }
func (rowsOf[T, P]) buffer() RowBuffer    { return &rowBuffer[T, P]{} }
func (o rowsOf[T, P]) finish(r Row) Fault { return o.rule(r.(P)) }

// Finish fills what follows from other columns of a row of the feed and applies
// the rules among columns.
func (f Feed) Finish(r Row) Fault { return f.rows.finish(r) }

// NewRows gives an empty buffer for rows of the feed.
func (f Feed) NewRows() RowBuffer { return f.rows.buffer() }

// RowBuffer holds rows of one feed, whichever its type. It belongs to one
// goroutine.
type RowBuffer interface {
	// Prototype is the row of which every new one is a copy.
	Prototype() (Row, unsafe.Pointer)
	// Add begins a row. The pointer is to the row type and is valid until the
	// next Add.
	Add() unsafe.Pointer
	// Last gives the row that was added last.
	Last() Row
	// Drop takes the last row back.
	Drop()
	Len() int
	// Reset forgets all rows and keeps their memory.
	Reset()
}

type rowBuffer[T any, P rowPointer[T]] struct {
	prototype T
	rows      []T
}

func (b *rowBuffer[T, P]) Prototype() (Row, unsafe.Pointer) {
	return P(&b.prototype), unsafe.Pointer(&b.prototype)
}

func (b *rowBuffer[T, P]) Add() unsafe.Pointer {
	b.rows = append(b.rows, b.prototype)
	return unsafe.Pointer(&b.rows[len(b.rows)-1])
}

func (b *rowBuffer[T, P]) Last() Row { return P(&b.rows[len(b.rows)-1]) }
func (b *rowBuffer[T, P]) Drop()     { b.rows = b.rows[:len(b.rows)-1] }
func (b *rowBuffer[T, P]) Len() int  { return len(b.rows) }
func (b *rowBuffer[T, P]) Reset()    { b.rows = b.rows[:0] }

func (b *rowBuffer[T, P]) slice() []T { return b.rows }

// AnySink is a Sink for code that doesn't name the row type.
type AnySink interface {
	// OpenBlock is that of Sink.
	OpenBlock(seq int) (AnyBlock, error)
}

// AnyBlock is a BlockSink for code that doesn't name the row type.
type AnyBlock interface {
	// Write takes the rows of a buffer of the sink's feed, as BlockSink does.
	Write(rows RowBuffer) error
	// Close is that of BlockSink.
	Close() error
}

// ToAny gives a sink to code that doesn't name its row type.
func ToAny[T any](sink Sink[T]) AnySink { return anySink[T]{sink} }

type anySink[T any] struct{ sink Sink[T] }

func (s anySink[T]) OpenBlock(seq int) (AnyBlock, error) {
	block, err := s.sink.OpenBlock(seq)
	if block == nil {
		return nil, err
	}
	return anyBlock[T]{block}, err
}

type anyBlock[T any] struct{ BlockSink[T] }

// Write of rows of another feed is a programmer's mistake.
func (b anyBlock[T]) Write(rows RowBuffer) error {
	return b.BlockSink.Write(rows.(interface{ slice() []T }).slice())
}
