package feed

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"carat/pipeline"
)

// quoting is what a quote means in a delimited text.
type quoting uint8

const (
	quotesPlain  quoting = iota // nothing: tab-separated reports don't quote
	quotesStrict                // RFC 4180
	quotesLoose                 // text may follow a closing quote, and stay in the cell
)

// records reads a report's delimited text record by record, ends of lines of
// any system, quoted ones inside a record. It holds one record at a time.
type records struct {
	report *report
	in     *bufio.Reader
	comma  byte
	quotes quoting
	line   int64 // of the last record
	lines  int64 // read so far
	raw    []byte
}

func (r *report) records(comma byte, quotes quoting) *records {
	in, ok := r.text.(*bufio.Reader)
	if !ok {
		in = bufio.NewReaderSize(r.text, 64<<10)
	}
	return &records{report: r, in: in, comma: comma, quotes: quotes}
}

// next gives the cells of the next record that is not an empty line; io.EOF
// without. The cells are the caller's.
func (r *records) next() ([]string, error) {
	for {
		r.raw = r.raw[:0]
		r.line = r.lines + 1
		if err := r.readLine(); err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(r.raw)) == 0 {
			continue
		}
		if r.quotes == quotesPlain || bytes.IndexByte(r.raw, '"') < 0 {
			return strings.Split(string(r.raw), string(r.comma)), nil
		}
		for {
			cells, state := r.split()
			switch state {
			case recordWhole:
				return cells, nil
			case recordBroken:
				return nil, errBadQuote
			}
			r.raw = append(r.raw, '\n')
			if err := r.readLine(); err != nil {
				if errors.Is(err, io.EOF) {
					err = r.report.refuse(r.line, "a quote that is never closed").WithHint("download the file again")
				}
				return nil, err
			}
		}
	}
}

// errBadQuote is a record whose quotes are broken; the next can be read.
var errBadQuote = errors.New("quotes that RFC 4180 doesn't allow")

// readLine appends the next line to raw, without its end.
func (r *records) readLine() error {
	start := len(r.raw)
	for {
		part, err := r.in.ReadSlice('\n')
		r.raw = append(r.raw, part...)
		if len(r.raw) > MaxRecordBytes {
			return lineTooLong(r.report.name, r.line)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return r.report.wrap(err)
		}
		if err != nil && len(r.raw) == start {
			return io.EOF
		}
		break
	}
	r.lines++
	r.raw = append(r.raw[:start], trimEOL(r.raw[start:])...)
	line := r.raw[start:]
	if bytes.IndexByte(line, 0) >= 0 {
		return r.report.refuse(r.lines, "a zero byte: this is no text").WithHint("download the file again")
	}
	if !utf8.Valid(line) {
		at := 0
		for at < len(line) {
			c, n := utf8.DecodeRune(line[at:])
			if c == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		return r.report.refuse(r.lines, "not UTF-8: byte 0x%02X in column %d of the line", line[at], at+1).
			WithHint("download the file again; a spreadsheet may have saved it in another encoding")
	}
	return nil
}

// split cuts the record into cells and takes their quotes off.
func (r *records) split() ([]string, recordState) {
	var cells []string
	var cell []byte
	text := r.raw
	for i := 0; ; {
		cell = cell[:0]
		if i < len(text) && text[i] == '"' {
			closing := closingQuote(text, i+1)
			if closing < 0 {
				return nil, recordPartial
			}
			cell = append(cell, bytes.ReplaceAll(text[i+1:closing], []byte(`""`), []byte(`"`))...)
			i = closing + 1
			if i < len(text) && text[i] != r.comma && r.quotes == quotesStrict {
				return nil, recordBroken
			}
		}
		end := len(text)
		if n := bytes.IndexByte(text[i:], r.comma); n >= 0 {
			end = i + n
		}
		if r.quotes == quotesStrict && bytes.IndexByte(text[i:end], '"') >= 0 {
			return nil, recordBroken
		}
		cells = append(cells, string(append(cell, text[i:end]...)))
		if i = end + 1; i > len(text) {
			return cells, recordWhole
		}
	}
}

// header reads the first record as the names of columns.
func (r *records) header(format string) (columns, error) {
	cells, err := r.next()
	if errors.Is(err, io.EOF) {
		return columns{}, emptyFile(r.report.name)
	}
	if errors.Is(err, errBadQuote) {
		return columns{}, r.report.refuse(r.line, "the header has broken quotes: %q", cut80(r.raw))
	}
	if err != nil {
		return columns{}, err
	}
	c := columnsOf(format, cells)
	for i, name := range c.names {
		if first := c.at[foldName(name)]; name != "" && first != i {
			return columns{}, r.report.refuse(r.line, "column %q is there twice, as number %d and %d", columnName([]byte(name)), first+1, i+1)
		}
	}
	return c, nil
}

// each calls row for every record behind the header. Records whose quotes are
// broken, or that have more or fewer cells than the header, are rejected.
func (r *records) each(c columns, row func(cells []string) error) error {
	for {
		cells, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errBadQuote):
			err = r.report.out.reject(r.line, "", pipeline.CodeBadQuote, string(r.raw), "fields quoted as in RFC 4180")
		case err != nil:
			return err
		case !c.fits(cells):
			err = r.wrongCount(c, cells)
		default:
			err = row(cells)
		}
		if err != nil {
			return err
		}
	}
}

func (r *records) wrongCount(c columns, cells []string) error {
	return r.report.out.reject(r.line, "", pipeline.CodeWrongFieldCount, string(r.raw), fieldsExpected(len(c.names), len(cells)))
}

// firstRecord splits the first line of a text, for recognising it.
func firstRecord(head []byte, comma byte) columns {
	line, _, _ := bytes.Cut(bytes.TrimLeft(head, "\r\n \t"), newline)
	return lineColumns(line, comma)
}

func lineColumns(line []byte, comma byte) columns {
	r := &records{comma: comma, quotes: quotesLoose, raw: trimEOL(line)}
	if len(r.raw) > MaxRecordBytes {
		return columns{}
	}
	cells, state := r.split()
	if state != recordWhole || len(cells) > maxColumns {
		return columns{}
	}
	return columnsOf("", cells)
}

// hasHeader says whether the first line of a text has the columns, parted by
// any of the separators.
func hasHeader(head []byte, separators string, names ...string) bool {
	for i := range len(separators) {
		if firstRecord(head, separators[i]).has(names...) {
			return true
		}
	}
	return false
}
