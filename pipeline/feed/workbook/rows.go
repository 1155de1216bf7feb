package workbook

import (
	"encoding/xml"
	"errors"
	"io"
	"math/big"

	"carat/pipeline"
)

// Cell is a cell's content: a text, or a number as the file has it.
type Cell struct {
	Text   string
	Number bool
	Date   bool // the number is shown as a day or a time
	// Currency is the sign or the code that the number is shown with; "" without one, or
	// where it is that of the reader's own computer.
	Currency string
}

// Rows gives the rows of a sheet for whoever knows what its columns are.
type Rows struct {
	sheetReader
	closer io.Closer
}

// Open opens a sheet of a workbook by its name, "" for the first. What is wrong
// with the file is an error of KindBadInput.
func Open(file io.ReaderAt, size int64, name, sheet string) (*Rows, error) {
	w, err := openWorkbook(file, size, name)
	if err != nil {
		return nil, err
	}
	d, closer, err := w.openSheet(sheet)
	if err != nil {
		return nil, err
	}
	return &Rows{sheetReader{workbook: w, d: d}, closer}, nil
}

// openSheet opens a sheet and reads the texts that its cells share.
func (w *workbook) openSheet(sheet string) (*xml.Decoder, io.Closer, error) {
	part, err := w.sheetPart(sheet)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(w.readStrings(), w.readStyles()); err != nil {
		return nil, nil, err
	}
	return w.open(part)
}

// Close lets go of the sheet.
func (r *Rows) Close() error { return r.closer.Close() }

// Next gives the next row that has a cell, and its number from 1; io.EOF behind
// the last. The cells are the caller's.
func (r *Rows) Next() (int64, []Cell, error) {
	if err := r.next(); err != nil {
		return 0, nil, err
	}
	cells := make([]Cell, len(r.cells))
	for i, c := range r.cells {
		cells[i] = Cell{c.text, c.number, c.date, c.currency}
	}
	return r.number, cells, nil
}

// Number writes the number of a cell as a column of the kind needs it: an amount
// rounded to the digits that a spreadsheet keeps, a day or a time from days since
// 1900, an id only if no digit of it can be lost. Several are added up: a day in
// one cell, the time of the day in another. One that is shown as a date is no amount
// and no id.
func (r *Rows) Number(kind pipeline.ColumnKind, date bool, texts ...string) (string, pipeline.Code) {
	if len(texts) == 1 {
		return r.workbook.shown(kind, texts[0], date)
	}
	sum := new(big.Rat)
	for _, text := range texts {
		v, ok := decimalOf(text)
		if !ok {
			return text, pipeline.CodeNotANumber
		}
		sum.Add(sum, v)
	}
	if kind != pipeline.ColumnTime && kind != pipeline.ColumnDate {
		return texts[0], pipeline.CodeNotANumber
	}
	return r.date(kind, sum)
}
