package statement_test

import (
	"carat/reports/locale"
	"carat/reports/statement"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// thirty is rich with more gifts: about the lines of an ordinary creator.
func thirty(b *testing.B) *statement.Statement {
	s := rich(b)
	for len(s.Lines) < 30 {
		s.Lines = append(s.Lines, s.Lines[5])
	}
	return s
}

// BenchmarkStatement renders and writes the three files of one creator. The
// goal is 2,000 creators a second on two cores: 1 ms each on one.
func BenchmarkStatement(b *testing.B) {
	b.Run("files", func(b *testing.B) {
		s, dir := thirty(b), b.TempDir()
		var r renderer
		b.ReportAllocs()
		for i := range b.N {
			for _, format := range formats {
				data, err := format.write(&r, s)
				if err != nil {
					b.Fatal(err)
				}
				name := statement.FileName("c_"+strconv.Itoa(i%5000), "main", "USD", format.ext)
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creators/s")
	})
	for _, format := range formats {
		b.Run(format.ext, func(b *testing.B) {
			s := thirty(b)
			var r renderer
			b.ReportAllocs()
			for range b.N {
				data, err := format.write(&r, s)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(data)))
			}
		})
	}
}

// BenchmarkPaper makes the PDF of statements that differ in names, ids and numbers, in each language: the goal is 500 a second on
// two cores.
func BenchmarkPaper(b *testing.B) {
	for _, l := range locale.Languages() {
		b.Run(l.Tag, func(b *testing.B) {
			var all []*statement.Statement
			for i := range 300 {
				s := thirty(b)
				s.Language, s.DisplayName, s.Summary.CreatorID = l.Tag, "Ana "+strconv.Itoa(i*7919), "c_"+strconv.Itoa(i)
				s.Lines = slices.Clone(s.Lines)
				for j := range s.Lines {
					line := &s.Lines[j]
					line.CreatorID = s.Summary.CreatorID
					if n := int64(i*31 + j*17); line.Count != nil && line.Coins != nil {
						count, coins := *line.Count+n, *line.Coins+n*3
						line.Count, line.Coins = &count, &coins
					}
				}
				all = append(all, s)
			}
			var r renderer
			if _, err := r.PDF(all[0]); err != nil { // the language's words are set once for all
				b.Fatal(err)
			}
			b.ResetTimer()
			began := cpu(b)
			for i := range b.N {
				if _, err := r.PDF(all[i%len(all)]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpu(b)-began).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// cpu gives what the process has used of processors: on a machine with other work it says more than the clock.
func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
