package feed

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/pipeline"
)

// memorySink keeps copies of the rows, by block.
type memorySink[T any] struct {
	mu     sync.Mutex
	blocks map[int][]T
	opened int
	closed int
	fail   error // of every Write
}

func (s *memorySink[T]) OpenBlock(seq int) (pipeline.BlockSink[T], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	return &memoryBlock[T]{s, seq}, nil
}

type memoryBlock[T any] struct {
	sink *memorySink[T]
	seq  int
}

func (b *memoryBlock[T]) Write(rows []T) error {
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	if b.sink.fail != nil {
		return b.sink.fail
	}
	if len(rows) > pipeline.BatchRows {
		panic("a batch of more than BatchRows")
	}
	if b.sink.blocks == nil {
		b.sink.blocks = map[int][]T{}
	}
	for _, row := range rows {
		deepCopy(reflect.ValueOf(&row).Elem())
		b.sink.blocks[b.seq] = append(b.sink.blocks[b.seq], row)
	}
	return nil
}

func (b *memoryBlock[T]) Close() error {
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	b.sink.closed++
	return nil
}

// deepCopy takes the row's strings and pointers out of the parser's memory.
func deepCopy(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(strings.Clone(f.String()))
		case reflect.Pointer:
			if !f.IsNil() {
				n := reflect.New(f.Type().Elem())
				n.Elem().Set(f.Elem())
				f.Set(n)
			}
		case reflect.Struct:
			deepCopy(f)
		}
	}
}

func (s *memorySink[T]) rows() []T {
	var seqs []int
	for seq := range s.blocks {
		seqs = append(seqs, seq)
	}
	sort.Ints(seqs)
	var all []T
	for _, seq := range seqs {
		all = append(all, s.blocks[seq]...)
	}
	return all
}

// outcome is all that a file became.
type outcome[T any] struct {
	report  Report
	rows    []T
	rejects []pipeline.Reject
	err     error
}

var testIngested = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC).UnixMicro()

// everyMonthOpen is immutable, and dear to make thousands of times.
var everyMonthOpen = sync.OnceValue(func() *pipeline.Calendar { return pipeline.NewCalendar(time.UTC, "") })

func testOptions() Options {
	return Options{BatchID: "b000001", IngestedAt: testIngested, Entity: "main", Zone: time.UTC,
		Calendar: everyMonthOpen(), Workers: 2, MaxRejectShare: 1_000_000_000}
}

// read reads the content as a file of that name.
func read[T any](t testing.TB, name string, content []byte, change func(*Options)) outcome[T] {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return readPath[T](t, path, change)
}

func readPath[T any](t testing.TB, path string, change func(*Options)) outcome[T] {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	opts := testOptions()
	var out outcome[T]
	opts.OnRejects = func(r []pipeline.Reject) error {
		out.rejects = append(out.rejects, r...)
		return nil
	}
	if change != nil {
		change(&opts)
	}
	sink := &memorySink[T]{}
	var tee strings.Builder
	out.report, out.err = Read(context.Background(), Input{Path: path, Name: filepath.Base(path), File: file, Size: info.Size(), Tee: &tee}, opts, sink)
	out.rows = sink.rows()
	if sink.opened != sink.closed {
		t.Errorf("%d blocks opened, %d closed", sink.opened, sink.closed)
	}
	if out.err != nil {
		return out
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if tee.String() != string(raw) {
		t.Errorf("the tee got %d bytes of %d, or others", tee.Len(), len(raw))
	}
	if r := out.report; r.RowsRead != r.RowsAccepted+r.RowsRejected || r.RowsAccepted != int64(len(out.rows)) || r.RowsRejected != int64(len(out.rejects)) {
		t.Errorf("read %d, accepted %d, rejected %d, but %d rows and %d rejects", r.RowsRead, r.RowsAccepted, r.RowsRejected, len(out.rows), len(out.rejects))
	}
	return out
}
