package lake

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// historyBatches is up to how many batches BenchmarkHistory goes: CARAT_HISTORY, else so
// many; 5,000 take a quarter of an hour.
const historyBatches = 2000

// BenchmarkHistory commits small batches one after another, and tells what the first, the
// 100th, the 1,000th and the 2,000th cost, in CPU seconds (of ten around each), what verify
// costs at 300, and the largest metadata file in the end: a commit costs the same whatever
// is there. `make bench-history` runs it once.
func BenchmarkHistory(b *testing.B) {
	last := historyBatches
	if n, err := strconv.Atoi(os.Getenv("CARAT_HISTORY")); err == nil && n > 0 {
		last = n
	}
	for b.Loop() {
		l := openTest(b, b.TempDir())
		lockTest(b, l)
		const around = 10
		began := cpuSeconds(b)
		for i := 1; i <= last; i++ {
			ingest(b, l, gifts(10, 1+i%28), "x"+strconv.Itoa(i))
			for _, at := range []int{around, 100, 300, 1000, 2000, 5000} {
				if i == at-around {
					began = cpuSeconds(b)
				}
				if i == at {
					b.ReportMetric((cpuSeconds(b)-began)/around, "cpu-s/batch-"+strconv.Itoa(at))
				}
			}
			if i == 300 {
				before := cpuSeconds(b)
				if _, err := l.Verify(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(cpuSeconds(b)-before, "cpu-s/verify-300")
			}
		}
		var largest int64
		files, err := filepath.Glob(filepath.Join(l.cfg.Root, "carat.db", "*", "metadata", "*.metadata.json"))
		if err != nil {
			b.Fatal(err)
		}
		for _, path := range files {
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			largest = max(largest, info.Size())
		}
		b.ReportMetric(float64(largest)/1024, "KiB/metadata")
	}
}

// cpuSeconds gives the CPU time that the process took so far.
func cpuSeconds(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
