package lake

import (
	"context"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"carat/pipeline"
)

// cpuNanos is the processor time that this process has used.
func cpuNanos() int64 {
	var ru syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	return ru.Utime.Nano() + ru.Stime.Nano()
}

// BenchmarkStage writes blocks of 430,000 gift rows (32 MiB of CSV) with two
// goroutines, looks for repeated keys and commits.
func BenchmarkStage(b *testing.B) {
	for _, kind := range []string{"short ids", "snowflake ids", "shuffled"} {
		b.Run(kind, func(b *testing.B) { benchmarkStage(b, kind) })
	}
}

func benchmarkStage(b *testing.B, kind string) {
	const blockRows, blocks = 430_000, 4
	rows := giftRows(blockRows*blocks, 1, kind == "snowflake ids")
	if kind == "shuffled" {
		for i := range rows {
			rows[i].SentAt += int64(i*7919%28) * microsPerDay // every row another day than the one before
		}
	}
	packStrings(rows)
	feed, _ := pipeline.FeedByName("gift_events")
	for b.Loop() {
		l, err := Open(context.Background(), Config{Root: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		release, err := l.Lock(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		start := cpuNanos()
		s, err := NewStage[pipeline.GiftEvent](context.Background(), l, feed, l.NextBatchID())
		if err != nil {
			b.Fatal(err)
		}
		writeSideBySide(b, s, rows, blocks)
		if _, err := s.KeysMayRepeat(); err != nil {
			b.Fatal(err)
		}
		written := cpuNanos()
		if _, err := s.Commit(context.Background(), batchOf(blockRows*blocks)); err != nil {
			b.Fatal(err)
		}
		done := cpuNanos()
		var size int64
		tables, err := l.Tables(context.Background(), AsOf{})
		if err != nil {
			b.Fatal(err)
		}
		for _, t := range tables {
			for _, f := range t.Files {
				info, err := os.Stat(f)
				if err != nil {
					b.Fatal(err)
				}
				size += info.Size()
			}
		}
		b.ReportMetric(float64(written-start)/(blockRows*blocks), "cpu-ns/row")
		b.ReportMetric(float64(done-written)/1e6, "commit-cpu-ms")
		b.ReportMetric(float64(size)/(blockRows*blocks), "bytes/row")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.Sys)/(1<<20), "sys-MB")
		release()
		_ = l.Close()
	}
}

func writeSideBySide(b *testing.B, s *giftStage, rows []pipeline.GiftEvent, blocks int) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 2 {
		wg.Go(func() {
			own := make([]pipeline.GiftEvent, pipeline.BatchRows)
			for seq := range next {
				bl, err := s.OpenBlock(seq)
				if err != nil {
					b.Error(err)
				}
				of := rows[seq*len(rows)/blocks : (seq+1)*len(rows)/blocks]
				for i := 0; i < len(of); i += pipeline.BatchRows {
					part := own[:copy(own, of[i:min(i+pipeline.BatchRows, len(of))])]
					if err := bl.Write(part); err != nil {
						b.Error(err)
					}
				}
				if err := bl.Close(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for seq := range blocks {
		next <- seq
	}
	close(next)
	wg.Wait()
}

// packStrings lays the rows' strings behind each other, as a parser that points
// into its input does.
func packStrings(rows []pipeline.GiftEvent) {
	var all strings.Builder
	all.Grow(len(rows) * 80)
	pack := func(s *string) {
		at := all.Len()
		all.WriteString(*s)
		*s = all.String()[at:]
	}
	for i := range rows {
		r := &rows[i]
		for _, s := range []*string{&r.EventID, &r.Kind, &r.OriginalEventID, &r.StreamID, &r.ViewerID, &r.CreatorID, &r.GiftID} {
			pack(s)
		}
	}
}
