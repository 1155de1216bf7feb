package feedtest

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
	"carat/pipeline/feed"
)

// MemorySink keeps copies of the rows, by block.
type MemorySink[T any] struct {
	mu     sync.Mutex
	blocks map[int][]T
	Opened int
	Closed int
	Fail   error // of every Write
}

// OpenBlock begins a block.
func (s *MemorySink[T]) OpenBlock(seq int) (pipeline.BlockSink[T], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Opened++
	return &memoryBlock[T]{s, seq}, nil
}

type memoryBlock[T any] struct {
	sink *MemorySink[T]
	seq  int
}

// Write keeps copies of the rows.
func (b *memoryBlock[T]) Write(rows []T) error {
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	if b.sink.Fail != nil {
		return b.sink.Fail
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

// Close counts the block as closed.
func (b *memoryBlock[T]) Close() error {
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	b.sink.Closed++
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

func (s *MemorySink[T]) rows() []T {
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

// Outcome is all that a file became.
type Outcome[T any] struct {
	Report  feed.Report
	Rows    []T
	Rejects []pipeline.Reject
	Err     error
}

// TestIngested is when files are ingested, in microseconds since the epoch.
var TestIngested = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC).UnixMicro()

// everyMonthOpen is immutable, and dear to make thousands of times.
var everyMonthOpen = sync.OnceValue(func() *pipeline.Calendar { return pipeline.NewCalendar(time.UTC, "") })

// TestOptions are options that take any share of rejects.
func TestOptions() feed.Options {
	return feed.Options{BatchID: "b000001", IngestedAt: TestIngested, Entity: "main", Zone: time.UTC,
		Calendar: everyMonthOpen(), Workers: 2, MaxRejectShare: 1_000_000_000}
}

// Read reads the content as a file of that name.
func Read[T any](t testing.TB, name string, content []byte, change func(*feed.Options)) Outcome[T] {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return ReadPath[T](t, path, change)
}

// ReadPath reads a file, and checks that the report, the rows, the rejects and the
// tee agree.
func ReadPath[T any](t testing.TB, path string, change func(*feed.Options)) Outcome[T] {
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
	opts := TestOptions()
	var out Outcome[T]
	opts.OnRejects = func(r []pipeline.Reject) error {
		out.Rejects = append(out.Rejects, r...)
		return nil
	}
	if change != nil {
		change(&opts)
	}
	sink := &MemorySink[T]{}
	var tee strings.Builder
	out.Report, out.Err = feed.Read(context.Background(), feed.Input{Path: path, Name: filepath.Base(path), File: file, Size: info.Size(), Tee: &tee}, opts, sink)
	out.Rows = sink.rows()
	if sink.Opened != sink.Closed {
		t.Errorf("%d blocks opened, %d closed", sink.Opened, sink.Closed)
	}
	if out.Err != nil {
		return out
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if tee.String() != string(raw) {
		t.Errorf("the tee got %d bytes of %d, or others", tee.Len(), len(raw))
	}
	if r := out.Report; r.RowsRead != r.RowsAccepted+r.RowsRejected+r.RowsLeftOut || r.RowsAccepted != int64(len(out.Rows)) || r.RowsRejected != int64(len(out.Rejects)) {
		t.Errorf("read %d, accepted %d, rejected %d, but %d rows and %d rejects", r.RowsRead, r.RowsAccepted, r.RowsRejected, len(out.Rows), len(out.Rejects))
	}
	checkTotals(t, out)
	return out
}

// checkTotals compares the sums that a report tells with those of its rows, where none was
// rejected: a row that is counted and not handed on, or handed on and not summed, is found
// whatever the file.
func checkTotals[T any](t testing.TB, out Outcome[T]) {
	t.Helper()
	if len(out.Rejects) > 0 || len(out.Rows) == 0 {
		return
	}
	sums := map[string]*pipeline.Sum{}
	add := func(column string, v int64) {
		if sums[column] == nil {
			sums[column] = &pipeline.Sum{}
		}
		sums[column].Add(v)
	}
	for _, row := range out.Rows {
		switch r := any(row).(type) {
		case pipeline.BankLine:
			add("amount", r.Amount)
		case pipeline.SettlementLine:
			add("gross_amount", r.GrossAmount)
			add("net_amount", r.NetAmount)
		case pipeline.CoinPurchase:
			add("gross_amount", r.GrossAmount)
		}
	}
	for column, sum := range sums {
		if got, want := out.Report.ControlTotals[column], pipeline.DecimalText(sum.Big(), pipeline.AmountDigits); got != want {
			t.Errorf("the rows' %s come to %s, and the report says %q", column, want, got)
		}
	}
}
