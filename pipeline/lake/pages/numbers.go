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

// numbersHash is carat.numbers-sha256 of one result table of one run: the
// SHA-256 over every column but run_id, so that two runs which came to the same
// numbers have the same one. It goes over the column chunks of the files as
// they are encoded: the files of a result table are written in a total order
// by one encoder, so equal rows are equal bytes. It is exact in one direction:
// equal hashes are equal rows. That rows written by another version of the
// encoder may differ in bytes is for whoever compares to look into.
type numbersHash struct {
	h    hash.Hash
	Rows int64
}

// NewNumbersHash begins the hash of one table of one run.
func NewNumbersHash() *numbersHash { return &numbersHash{h: sha256.New()} }

// Add takes a file.
func (n *numbersHash) Add(path string) (err error) {
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
	pf, err := parquetlimits.OpenFooter(f, info.Size())
	if err != nil {
		return err
	}
	n.Rows += pf.NumRows()
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
func (n *numbersHash) Sum() string { return hex.EncodeToString(n.h.Sum(nil)) }

// NumbersSHA256 gives the hash of a result table's files (every column but
// run_id) and the number of their rows.
func NumbersSHA256(paths []string) (sum string, rows int64, err error) {
	n := NewNumbersHash()
	for _, path := range paths {
		if err := n.Add(path); err != nil {
			return "", 0, fmt.Errorf("hash %s: %w", path, err)
		}
	}
	return n.Sum(), n.Rows, nil
}
