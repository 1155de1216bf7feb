package yearfile

import (
	"bytes"

	"carat/reports/escape"
)

// CSV writes rows of texts; no cell begins a formula.
func CSV(b *bytes.Buffer, rows [][]string) {
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(escape.AppendCSV(nil, cell))
		}
		b.WriteByte('\n')
	}
}
