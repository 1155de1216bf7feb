package published

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// Quoting is what a quote means in a delimited text.
type Quoting uint8

// What quotes can mean.
const (
	QuotesPlain  Quoting = iota // nothing: tab-separated reports don't quote
	QuotesStrict                // RFC 4180
	QuotesLoose                 // text may follow a closing quote, and stay in the cell
)

// Records reads a report's delimited text record by record, ends of lines of
// any system, quoted ones inside a record. It holds one record at a time.
type Records struct {
	report *Report
	in     *bufio.Reader
	comma  byte
	quotes Quoting
	Line   int64 // of the last record
	Lines  int64 // read so far
	Raw    []byte
}

// Records reads the report's text as records whose cells are parted by comma.
func (r *Report) Records(comma byte, quotes Quoting) *Records {
	in, ok := r.Text.(*bufio.Reader)
	if !ok {
		in = bufio.NewReaderSize(r.Text, 64<<10)
	}
	return &Records{report: r, in: in, comma: comma, quotes: quotes}
}

// Next gives the cells of the next record that is not an empty line; io.EOF
// without. The cells are the caller's.
func (r *Records) Next() ([]string, error) {
	for {
		r.Raw = r.Raw[:0]
		r.Line = r.Lines + 1
		if err := r.ReadLine(); err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(r.Raw)) == 0 {
			continue
		}
		if r.quotes == QuotesPlain || bytes.IndexByte(r.Raw, '"') < 0 {
			return strings.Split(string(r.Raw), string(r.comma)), nil
		}
		for {
			cells, state := r.split()
			switch state {
			case lex.RecordWhole:
				return cells, nil
			case lex.RecordBroken:
				return nil, ErrBadQuote
			}
			r.Raw = append(r.Raw, '\n')
			if err := r.ReadLine(); err != nil {
				if errors.Is(err, io.EOF) {
					err = r.report.Refuse(r.Line, "a quote that is never closed").WithHint("download the file again")
				}
				return nil, err
			}
		}
	}
}

// ErrBadQuote is a record whose quotes are broken; the next can be read.
var ErrBadQuote = errors.New("quotes that RFC 4180 doesn't allow")

// ReadLine appends the next line to raw, without its end.
func (r *Records) ReadLine() error {
	start := len(r.Raw)
	for {
		part, err := r.in.ReadSlice('\n')
		r.Raw = append(r.Raw, part...)
		if len(r.Raw) > lex.MaxRecordBytes {
			return lex.LineTooLong(r.report.Name, r.Line)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return r.report.Wrap(err)
		}
		if err != nil && len(r.Raw) == start {
			return io.EOF
		}
		break
	}
	r.Lines++
	r.Raw = append(r.Raw[:start], lex.TrimEOL(r.Raw[start:])...)
	line := r.Raw[start:]
	if bytes.IndexByte(line, 0) >= 0 {
		return r.report.Refuse(r.Lines, "a zero byte: this is no text").WithHint("download the file again")
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
		return r.report.Refuse(r.Lines, "not UTF-8: byte 0x%02X in column %d of the line", line[at], at+1).
			WithHint("download the file again; a spreadsheet may have saved it in another encoding")
	}
	return nil
}

// split cuts the record into cells and takes their quotes off.
func (r *Records) split() ([]string, lex.RecordState) {
	var cells []string
	var cell []byte
	text := r.Raw
	for i := 0; ; {
		cell = cell[:0]
		if i < len(text) && text[i] == '"' {
			closing := lex.ClosingQuote(text, i+1)
			if closing < 0 {
				return nil, lex.RecordPartial
			}
			cell = append(cell, bytes.ReplaceAll(text[i+1:closing], []byte(`""`), []byte(`"`))...)
			i = closing + 1
			if i < len(text) && text[i] != r.comma && r.quotes == QuotesStrict {
				return nil, lex.RecordBroken
			}
		}
		end := len(text)
		if n := bytes.IndexByte(text[i:], r.comma); n >= 0 {
			end = i + n
		}
		if r.quotes == QuotesStrict && bytes.IndexByte(text[i:end], '"') >= 0 {
			return nil, lex.RecordBroken
		}
		cells = append(cells, string(append(cell, text[i:end]...)))
		if i = end + 1; i > len(text) {
			return cells, lex.RecordWhole
		}
	}
}

// Header reads the first record as the names of columns.
func (r *Records) Header(format string) (Columns, error) {
	cells, err := r.Next()
	if errors.Is(err, io.EOF) {
		return Columns{}, lex.EmptyFile(r.report.Name)
	}
	if errors.Is(err, ErrBadQuote) {
		return Columns{}, r.report.Refuse(r.Line, "the header has broken quotes: %q", lex.Cut80(r.Raw))
	}
	if err != nil {
		return Columns{}, err
	}
	c := ColumnsOf(format, cells)
	for i, name := range c.Names {
		if first := c.at[FoldName(name)]; name != "" && first != i {
			return Columns{}, r.report.Refuse(r.Line, "column %q is there twice, as number %d and %d", lex.ColumnName([]byte(name)), first+1, i+1)
		}
	}
	return c, nil
}

// Each calls row for every record behind the header. Records whose quotes are
// broken, or that have more or fewer cells than the header, are rejected.
func (r *Records) Each(c Columns, row func(cells []string) error) error {
	for {
		cells, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, ErrBadQuote):
			err = r.report.Out.Reject(r.Line, "", pipeline.CodeBadQuote, string(r.Raw), "fields quoted as in RFC 4180")
		case err != nil:
			return err
		case !c.Fits(cells):
			err = r.WrongCount(c, cells)
		default:
			err = row(cells)
		}
		if err != nil {
			return err
		}
	}
}

// WrongCount rejects the last record for having more or fewer cells than the header.
func (r *Records) WrongCount(c Columns, cells []string) error {
	return r.report.Out.Reject(r.Line, "", pipeline.CodeWrongFieldCount, string(r.Raw), fieldsExpected(len(c.Names), len(cells)))
}

// FirstRecord splits the first line of a text, for recognising it.
func FirstRecord(head []byte, comma byte) Columns {
	head = bytes.TrimLeft(head, "\r\n \t")
	line, _, more := bytes.Cut(head, lex.Newline)
	c := LineColumns(line, comma)
	if len(c.Names) > 0 || !more {
		return c
	}
	// A name may go on over lines, as one of metadata that somebody made.
	if end, state := lex.RecordEnd(head, true, true); state == lex.RecordWhole && end > len(line)+1 {
		return LineColumns(head[:end], comma)
	}
	return c
}

// LineColumns splits a line as FirstRecord does.
func LineColumns(line []byte, comma byte) Columns {
	r := &Records{comma: comma, quotes: QuotesLoose, Raw: lex.TrimEOL(line)}
	if len(r.Raw) > lex.MaxRecordBytes {
		return Columns{}
	}
	cells, state := r.split()
	if state != lex.RecordWhole || len(cells) > lex.MaxColumns {
		return Columns{}
	}
	return ColumnsOf("", cells)
}

// HasHeader says whether the first line of a text has the columns, parted by
// any of the separators.
func HasHeader(head []byte, separators string, names ...string) bool {
	for i := range len(separators) {
		if FirstRecord(head, separators[i]).Has(names...) {
			return true
		}
	}
	return false
}

// Respaced is the error of a report whose commas are gone.
func (r *Report) Respaced(line int64) error {
	return r.Refuse(line, "its columns are not parted by commas, as the publisher does: a spreadsheet saved it again and may have changed numbers and dates").
		WithHint("download the file again and leave it as it is")
}
