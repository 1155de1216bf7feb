package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"

	"carat/pipeline/parquetlimits"
)

// columnRun is the one column of result tables that says nothing about their
// numbers: which run they are of.
const columnRun = "run_id"

// Forms of carat.numbers-sha256, the hash of one result table of one run over every
// column but run_id: two runs which came to the same numbers have the same one.
const (
	// NumbersEncoded goes over the column chunks of the files as they are encoded. Equal
	// hashes are equal rows; equal rows that another encoder wrote have another hash.
	NumbersEncoded = 1
	// NumbersRows goes over the rows in the table's total order, whatever file they are
	// in and however it is encoded (see rowNumbers).
	NumbersRows = 2
	// NumbersForm is the form of what is written now.
	NumbersForm = NumbersRows
)

// NumbersHash is the hash of numbers of one table of one run, in one of its forms.
type NumbersHash struct {
	form int
	h    hash.Hash
	rows rowNumbers
	Rows int64
}

// NewNumbersHash begins the hash of one table of one run.
func NewNumbersHash(form int) (*NumbersHash, error) {
	n := &NumbersHash{form: form, h: sha256.New()}
	switch form {
	case NumbersEncoded:
	case NumbersRows:
		n.rows.begin(n.h)
	default:
		return nil, fmt.Errorf("hashes of numbers have no form %d that this carat knows", form)
	}
	return n, nil
}

// Add takes a file.
func (n *NumbersHash) Add(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	defer RecoverReading(&err)
	open := parquetlimits.OpenFooter
	if n.form == NumbersRows { // which reads its pages
		open = parquetlimits.Open
	}
	pf, err := open(f, info.Size())
	if err != nil {
		return err
	}
	n.Rows += pf.NumRows()
	if n.form == NumbersRows {
		return n.rows.add(pf, n.h)
	}
	skip := -1
	for i, field := range pf.Schema().Fields() {
		if field.Name() == columnRun {
			skip = i
			continue
		}
		if _, err := fmt.Fprintf(n.h, "column %s %s\n", field.Name(), field.Type()); err != nil {
			return err
		}
	}
	for _, group := range pf.Metadata().RowGroups {
		if _, err := fmt.Fprintf(n.h, "rows %d\n", group.NumRows); err != nil {
			return err
		}
		for i, chunk := range group.Columns {
			if i == skip {
				continue
			}
			m := chunk.MetaData
			from := m.DataPageOffset
			if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < from {
				from = m.DictionaryPageOffset
			}
			if _, err := fmt.Fprintf(n.h, "chunk %d\n", m.TotalCompressedSize); err != nil {
				return err
			}
			if _, err := io.Copy(n.h, io.NewSectionReader(f, from, m.TotalCompressedSize)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Sum gives the hash of the files taken, lower-case hex.
func (n *NumbersHash) Sum() string { return hex.EncodeToString(n.h.Sum(nil)) }

// NumbersSHA256 gives the hash of a result table's files (every column but
// run_id) in a form, and the number of their rows.
func NumbersSHA256(form int, paths []string) (sum string, rows int64, err error) {
	n, err := NewNumbersHash(form)
	if err != nil {
		return "", 0, err
	}
	for _, path := range paths {
		if err := n.Add(path); err != nil {
			return "", 0, fmt.Errorf("hash %s: %w", path, err)
		}
	}
	return n.Sum(), n.Rows, nil
}
