package site

import (
	"bytes"
	"encoding/csv"
	"errors"
	"time"

	"carat/reports/table"
)

// ErrFull is the error of writing more than the beginning that a page shows.
var ErrFull = errors.New("the answer is larger than a page")

// Beginning keeps the beginning of what is written.
type Beginning struct {
	Most int    // bytes
	Full func() // is called once when there is more; nil: nobody asks
	Over bool   // there was more
	kept bytes.Buffer
}

// Write keeps bytes; it fails with ErrFull when they don't fit.
func (w *Beginning) Write(p []byte) (int, error) {
	if w.kept.Len()+len(p) > w.Most {
		if !w.Over && w.Full != nil {
			w.Over = true
			w.Full()
		}
		return 0, ErrFull
	}
	return w.kept.Write(p)
}

// Bytes are those that were kept.
func (w *Beginning) Bytes() []byte { return w.kept.Bytes() }

// FirstRows keeps the first rows of an answer.
type FirstRows struct {
	Most    int
	Columns []table.Column
	Rows    [][]any
}

// Begin is told the columns.
func (k *FirstRows) Begin(columns []table.Column, _ []string) (table.RowWriter, error) {
	k.Columns = columns
	return k, nil
}

// Write keeps a row, if it is one of the first.
func (k *FirstRows) Write(row []any) error {
	if len(k.Rows) < k.Most {
		k.Rows = append(k.Rows, append([]any(nil), row...))
	}
	return nil
}

// Close does nothing.
func (*FirstRows) Close() error { return nil }

// RowsOfCSV reads the first rows of a CSV, or of its beginning; cut says that there are
// more.
func RowsOfCSV(caption string, zone *time.Location, text []byte, most int) (rows Rows, cut bool) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil {
		return Rows{}, false
	}
	rows = Rows{Caption: caption, Zone: zone}
	for _, name := range header {
		rows.Columns = append(rows.Columns, table.Column{Name: name})
	}
	for {
		record, err := r.Read()
		if err != nil || len(record) != len(header) {
			return rows, false // its end, or where it was cut
		}
		if len(rows.Rows) == most {
			return rows, true
		}
		row := make([]any, len(record))
		for i, text := range record {
			row[i] = text
		}
		rows.Rows = append(rows.Rows, row)
	}
}
