package feed_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// nullSink takes rows and does nothing, so that the benchmark measures the
// parser alone.
type nullSink[T any] struct{}

func (nullSink[T]) OpenBlock(int) (pipeline.BlockSink[T], error) { return nullSink[T]{}, nil }
func (nullSink[T]) Write([]T) error                              { return nil }
func (nullSink[T]) Close() error                                 { return nil }

func writeGiftCSV(b testing.TB, rows int) (string, int64) {
	path := filepath.Join(b.TempDir(), "gift_events.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "event_id,kind,original_event_id,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds")
	rng := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	var at []byte
	for i := range rows {
		at = start.Add(time.Duration(i)*250*time.Millisecond).AppendFormat(at[:0], "2006-01-02T15:04:05.000Z")
		n := rng.IntN(9) + 1
		fmt.Fprintf(w, "g%09d,gift,,%s,s%05d,v%06d,c%05d,%d,%d,%d,%d\n", i, at, rng.IntN(50000), rng.IntN(1000000), rng.IntN(20000), 5655, n, n*5, n*2)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	return path, info.Size()
}

// BenchmarkReadGiftCSV reports the time of one row; with one worker it is about
// the processor's. CARAT_BENCH_ROWS changes how many rows there are.
func BenchmarkReadGiftCSV(b *testing.B) {
	rows := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("CARAT_BENCH_ROWS")); err == nil {
		rows = n
	}
	path, size := writeGiftCSV(b, rows)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				f, err := os.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				opts := feedtest.TestOptions()
				opts.Workers = workers
				r, err := feed.Read(context.Background(), feed.Input{Name: "gift_events.csv", File: f, Size: size}, opts, nullSink[pipeline.GiftEvent]{})
				if err != nil || r.RowsAccepted != int64(rows) {
					b.Fatal(r, err)
				}
				f.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<20), "MB-sys")
		})
	}
}

// BenchmarkReadGiftNDJSON is the same for NDJSON.
func BenchmarkReadGiftNDJSON(b *testing.B) {
	const rows = 200_000
	var text strings.Builder
	for i := range rows {
		fmt.Fprintf(&text, `{"event_id":"g%09d","kind":"gift","sent_at":"2026-10-01T12:00:00.123Z","stream_id":"s%d","viewer_id":"v%d","creator_id":"c%d","gift_id":"5655","quantity":2,"coins":10,"diamonds":5}`+"\n", i, i%500, i%7001, i%301)
	}
	path := filepath.Join(b.TempDir(), "gift_events.ndjson")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		r, err := feed.Read(context.Background(), feed.Input{Name: "gift_events.ndjson", File: f, Size: int64(text.Len())}, feedtest.TestOptions(), nullSink[pipeline.GiftEvent]{})
		if err != nil || r.RowsAccepted != rows {
			b.Fatal(r, err)
		}
		f.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
