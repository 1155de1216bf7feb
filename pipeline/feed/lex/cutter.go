package lex

import (
	"bytes"
	"errors"
	"io"
)

// Block is a run of whole records.
type Block struct {
	Seq    int
	Data   []byte
	Line   int64 // of its first record, from 1
	offset int64 // of its first byte in the unpacked file
}

// Cutter cuts a text into blocks at the ends of records. Where it cuts depends
// on the text and the block size alone.
type Cutter struct {
	src    io.Reader
	name   string
	Size   int  // of a block
	quoted bool // CSV: ends of lines inside quotes end no record

	Carry  []byte // read, not yet handed out
	Err    error  // of src, io.EOF included
	line   int64
	Offset int64
	Seq    int
	Hint   int               // bytes of the whole text, if known
	Wrap   func(error) error // makes an error of src one of this file
}

// NewCutter cuts src, of the file of that name, into blocks of about size bytes;
// quoted says that quotes may hold ends of lines.
func NewCutter(src io.Reader, name string, size int, quoted bool, wrap func(error) error) *Cutter {
	return &Cutter{src: src, name: name, Size: max(size, 1), quoted: quoted, line: 1, Wrap: wrap}
}

// fill reads until buf holds want bytes or the text ends.
func (c *Cutter) fill(buf []byte, want int) []byte {
	for len(buf) < want && c.Err == nil {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), min(want, max(64<<10, 4*cap(buf), c.Hint+1)))
			copy(grown, buf)
			buf = grown
		}
		var n int
		n, c.Err = c.src.Read(buf[len(buf):min(want, cap(buf))])
		buf = buf[:len(buf)+n]
	}
	return buf
}

// SkipBOM drops a byte order mark and refuses the ones of UTF-16.
func (c *Cutter) SkipBOM() error {
	c.Carry = c.fill(c.Carry, 4)
	if bytes.HasPrefix(c.Carry, []byte("\xEF\xBB\xBF")) {
		c.Carry = c.Carry[3:]
		c.Offset = 3
	}
	if bytes.HasPrefix(c.Carry, []byte{0xFF, 0xFE}) || bytes.HasPrefix(c.Carry, []byte{0xFE, 0xFF}) {
		return BadFile(c.name, 1, "not UTF-8 but UTF-16").WithHint("have it written as UTF-8 where it is made")
	}
	return nil
}

// BareReturns says whether the lines of a text, of which this is the beginning, end in a
// carriage return alone.
func BareReturns(head []byte) bool {
	at := bytes.IndexByte(head, '\r')
	return at >= 0 && at+1 < len(head) && head[at+1] != '\n' && !bytes.ContainsAny(head[:at], "\"\n")
}

// BareReturnsError is the error of such a text.
func BareReturnsError(name string) error {
	return BadFile(name, 1, "its lines end in a carriage return alone, as old Macs wrote them").WithHint("have it written with line feeds where it is made")
}

// Peek gives the bytes that come next, as many as want if there are so many.
func (c *Cutter) Peek(want int) []byte {
	c.Carry = c.fill(c.Carry, want)
	return c.Carry
}

// Rest takes all that is left; of more than most bytes, one more than most.
func (c *Cutter) Rest(most int) ([]byte, error) {
	data := c.fill(c.Carry, most+1)
	if c.Err != nil && !errors.Is(c.Err, io.EOF) {
		return nil, c.Wrap(c.Err)
	}
	return data, nil
}

// First takes the first record that is not an empty line: the header. It is
// io.EOF if there is none.
func (c *Cutter) First() (record []byte, line int64, err error) {
	for want := 4 << 10; ; {
		c.Carry = c.fill(c.Carry, want)
		if c.Err != nil && !errors.Is(c.Err, io.EOF) {
			return nil, 0, c.Wrap(c.Err)
		}
		if len(c.Carry) == 0 {
			return nil, 0, io.EOF
		}
		end, state := RecordEnd(c.Carry, c.Err != nil, c.quoted)
		switch state {
		case RecordTooLong:
			if BareReturns(c.Carry) {
				return nil, 0, BareReturnsError(c.name)
			}
			return nil, 0, LineTooLong(c.name, c.line)
		case RecordPartial:
			want = 2 * len(c.Carry)
			continue
		}
		record, line = TrimEOL(c.Carry[:end]), c.line
		c.line += int64(bytes.Count(c.Carry[:end], Newline))
		c.Offset += int64(end)
		c.Carry = c.Carry[end:]
		if len(record) > 0 {
			return record, line, nil
		}
	}
}

// Newline ends a line. It is not to be written to.
var Newline = []byte{'\n'}

// Next cuts the next block into buf's memory, or gives io.EOF.
func (c *Cutter) Next(buf []byte) (Block, error) {
	buf = append(buf[:0], c.Carry...)
	for want := c.Size + 1; ; want = 2 * len(buf) { // one more shows whether the text ends here
		buf = c.fill(buf, want)
		if c.Err != nil && !errors.Is(c.Err, io.EOF) {
			return Block{}, c.Wrap(c.Err)
		}
		if len(buf) == 0 {
			return Block{}, io.EOF
		}
		end, state := c.lastEnd(buf)
		if end == 0 && state == RecordTooLong {
			return Block{}, LineTooLong(c.name, c.line)
		}
		if end > 0 {
			c.Carry = append(c.Carry[:0], buf[end:]...)
			b := Block{Seq: c.Seq, Data: buf[:end], Line: c.line, offset: c.Offset}
			c.Seq++
			c.line += int64(bytes.Count(b.Data, Newline))
			c.Offset += int64(end)
			return b, nil
		}
	}
}

// lastEnd gives the end of the last whole record within the block size, or of
// the first record if that alone is longer; 0 if not even one is whole.
func (c *Cutter) lastEnd(buf []byte) (int, RecordState) {
	ended := c.Err != nil
	window := buf[:min(c.Size, len(buf))]
	if !c.quoted || bytes.IndexByte(window, '"') < 0 {
		if ended && len(window) == len(buf) {
			return len(buf), RecordWhole
		}
		if i := bytes.LastIndexByte(window, '\n'); i >= 0 {
			return i + 1, RecordWhole
		}
	}
	last := 0
	for last < len(buf) {
		end, state := RecordEnd(buf[last:], ended, c.quoted)
		if state != RecordWhole {
			return last, state
		}
		if last > 0 && last+end > c.Size {
			break
		}
		last += end
	}
	return last, RecordWhole
}

// LineTooLong is the error of a file with a line above MaxRecordBytes.
func LineTooLong(name string, line int64) error {
	return BadFile(name, line, "a line longer than %d bytes", MaxRecordBytes).WithHint("is this the right file?")
}

// RecordState says whether a record is whole.
type RecordState uint8

// The states of a record.
const (
	RecordWhole   RecordState = iota
	RecordPartial             // more text is needed to tell
	RecordTooLong             // a line above MaxRecordBytes
	RecordBroken              // a quote where RFC 4180 has none, or never closed
)

// RecordEnd gives the length of the record that data begins with, its end of
// line included. A record whose quotes are broken ends with its first line, so
// that one stray quote doesn't swallow the rows behind it. ended says that no
// more text follows data.
func RecordEnd(data []byte, ended, quoted bool) (int, RecordState) {
	lineEnd := bytes.IndexByte(data[:min(len(data), MaxRecordBytes+1)], '\n') + 1
	if lineEnd == 0 {
		if len(data) > MaxRecordBytes {
			return 0, RecordTooLong
		}
		if !ended {
			return 0, RecordPartial
		}
		lineEnd = len(data)
	}
	if lineEnd > MaxRecordBytes {
		return 0, RecordTooLong
	}
	if !quoted || bytes.IndexByte(data[:lineEnd], '"') < 0 {
		return lineEnd, RecordWhole
	}
	end, state := quotedEnd(data, ended)
	if state == RecordPartial && len(data) > MaxRecordBytes || end > MaxRecordBytes {
		state = RecordBroken
	}
	switch state {
	case RecordWhole:
		return end, RecordWhole
	case RecordPartial:
		return 0, RecordPartial
	}
	return lineEnd, RecordWhole
}

// quotedEnd walks a record that has quotes.
func quotedEnd(data []byte, ended bool) (int, RecordState) {
	atEnd := RecordPartial // what it means to run out of text
	if ended {
		atEnd = RecordWhole
	}
	i := 0
	for {
		if i < len(data) && data[i] == '"' {
			closing := ClosingQuote(data[:min(len(data), MaxRecordBytes+1)], i+1)
			if closing < 0 {
				if ended {
					return 0, RecordBroken
				}
				return 0, RecordPartial
			}
			i = closing + 1
		} else {
			for i < len(data) && data[i] != ',' && data[i] != '\n' && data[i] != '"' {
				i++
			}
		}
		if i == len(data) {
			return i, atEnd
		}
		switch data[i] {
		case ',':
			i++
		case '\n':
			return i + 1, RecordWhole
		case '\r':
			if i+1 == len(data) {
				return i + 1, atEnd
			}
			if data[i+1] != '\n' {
				return 0, RecordBroken
			}
			return i + 2, RecordWhole
		default:
			return 0, RecordBroken
		}
	}
}

// ClosingQuote finds the quote that closes a field whose text begins at i; -1
// without. At the end of data it can't tell a closing quote from half of a
// doubled one; the caller takes it as closing and finds the text at its end.
func ClosingQuote(data []byte, i int) int {
	for {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		if i+1 >= len(data) || data[i+1] != '"' {
			return i
		}
		i += 2
	}
}

// TrimEOL drops the end of the line.
func TrimEOL(record []byte) []byte {
	if n := len(record); n > 0 && record[n-1] == '\n' {
		record = record[:n-1]
	}
	if n := len(record); n > 0 && record[n-1] == '\r' {
		record = record[:n-1]
	}
	return record
}
