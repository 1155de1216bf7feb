package statement_test

import (
	"carat/reports/statement"
	"os"
	"path/filepath"
	"strconv"
	"testing"
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
