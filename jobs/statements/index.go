package statements

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/reports/escape"
	"carat/reports/statement"
)

// The files of a period's statements besides the statements themselves.
const (
	IndexFile   = "index.csv"      // there when all statements are
	partialFile = "index.csv.part" // what was written so far, while a run is under way
)

// Entry is a row of the index: one statement and the hashes of its files.
// Entries are in the order of creator, entity and currency, bytes compared.
type Entry struct {
	Creator, Entity, Currency string
	Version                   int64
	Provisional               bool
	Closing                   pipeline.Amount
	Folder                    string            // from the statements' folder, with slashes
	SHA256                    map[string]string // of the file, by format
	Rows                      string            // SHA-256 of all that the files depend on
	Status                    string            // of the month, as everything says it; see Options.Says
	// doubtful says that a later run was broken off and may have written other
	// files: they are to be hashed before they are trusted.
	doubtful bool
}

func (e *Entry) compare(o *Entry) int {
	for _, c := range []int{strings.Compare(e.Creator, o.Creator), strings.Compare(e.Entity, o.Entity), strings.Compare(e.Currency, o.Currency)} {
		if c != 0 {
			return c
		}
	}
	return 0
}

// File gives the path of a rendering, from the statements' folder.
func (e *Entry) File(format string) string {
	return filepath.Join(filepath.FromSlash(e.Folder), statement.FileName(e.Creator, e.Entity, e.Currency, format))
}

func newEntry(s *statement.Statement, rows string) Entry {
	m := &s.Summary
	shard, folder := statement.FolderName(m.CreatorID)
	return Entry{
		Creator: m.CreatorID, Entity: m.Entity, Currency: m.Currency, Version: m.Version, Provisional: m.Provisional, Closing: m.ClosingAmount,
		Folder: shard + "/" + folder, SHA256: map[string]string{}, Rows: rows,
	}
}

func indexHeader() []string {
	head := []string{"creator_id", "entity", "currency", "version", "provisional", "closing_amount", "folder"}
	for _, f := range Formats {
		head = append(head, f+"_sha256")
	}
	return append(head, "rows_sha256", "month_status")
}

func (e *Entry) record() []string {
	row := []string{escape.CSVText(e.Creator), escape.CSVText(e.Entity), escape.CSVText(e.Currency), strconv.FormatInt(e.Version, 10),
		strconv.FormatBool(e.Provisional), e.Closing.String(), e.Folder}
	for _, f := range Formats {
		row = append(row, e.SHA256[f])
	}
	return append(row, e.Rows, escape.CSVText(e.Status))
}

// indexReader goes through an index once, in step with the statements.
type indexReader struct {
	file *os.File
	rows *csv.Reader
	next *Entry // read and not yet passed; nil at the end
}

// openIndex opens an index. One that is not there, or was written by another
// version of carat, is empty: everything is then rendered anew.
func openIndex(path string) (*indexReader, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &indexReader{}, nil
	}
	if err != nil {
		return nil, err
	}
	r := &indexReader{file: f, rows: csv.NewReader(bufio.NewReaderSize(f, 1<<16))}
	head, err := r.rows.Read()
	if err != nil || strings.Join(head, ",") != strings.Join(indexHeader(), ",") {
		return &indexReader{file: f}, nil
	}
	r.advance()
	return r, nil
}

// advance reads the next entry. A line that is no entry ends the index, as the
// last line of a run that was killed does.
func (r *indexReader) advance() {
	r.next = nil
	if r.rows == nil {
		return
	}
	row, err := r.rows.Read()
	if err != nil || len(row) != len(indexHeader()) {
		return
	}
	e := &Entry{Creator: escape.CSVPlain(row[0]), Entity: escape.CSVPlain(row[1]), Currency: escape.CSVPlain(row[2]), Folder: row[6], SHA256: map[string]string{}, Rows: row[len(row)-2],
		Status: escape.CSVPlain(row[len(row)-1])}
	if e.Version, err = strconv.ParseInt(row[3], 10, 64); err != nil {
		return
	}
	if e.Closing, err = pipeline.ParseAmount([]byte(row[5])); err != nil {
		return
	}
	e.Provisional = row[4] == "true"
	shard, folder := statement.FolderName(e.Creator)
	if e.Folder != shard+"/"+folder {
		return // an index that was tampered with leads to no other folder
	}
	for i, f := range Formats {
		if row[7+i] != "" {
			e.SHA256[f] = row[7+i]
		}
	}
	r.next = e
}

// find gives the entry of a statement, passing those before it; passed is told
// each of these.
func (r *indexReader) find(e *Entry, passed func(*Entry) error) (*Entry, error) {
	for r.next != nil {
		switch c := r.next.compare(e); {
		case c == 0:
			found := r.next
			r.advance()
			return found, nil
		case c > 0:
			return nil, nil
		}
		gone := r.next
		r.advance()
		if err := passed(gone); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (r *indexReader) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// indexWriter writes an index beside its place.
type indexWriter struct {
	file *os.File
	buf  *bufio.Writer
	rows *csv.Writer

	count int64
}

func createIndex(path string) (*indexWriter, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	buf := bufio.NewWriterSize(f, 1<<16)
	w := &indexWriter{file: f, buf: buf, rows: csv.NewWriter(buf)}
	return w, w.rows.Write(indexHeader())
}

func (w *indexWriter) add(e *Entry) error { return w.rows.Write(e.record()) }

// flush writes what was added so far.
func (w *indexWriter) flush() error {
	w.rows.Flush()
	return errors.Join(w.rows.Error(), w.buf.Flush())
}

func (w *indexWriter) close() error {
	return errors.Join(w.flush(), w.file.Close())
}

// EachEntry goes through a finished index.
func EachEntry(path string, fn func(*Entry) error) error {
	r, err := openIndex(path)
	if err != nil {
		return err
	}
	for r.next != nil && err == nil {
		one := r.next
		r.advance()
		err = fn(one)
	}
	return errors.Join(err, r.close())
}

// copyFile writes a file's content on.
func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read statement: %w", err)
	}
	_, err = io.Copy(w, f)
	return errors.Join(err, f.Close())
}
