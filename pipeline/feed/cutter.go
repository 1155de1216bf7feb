package feed

import (
	"bytes"
	"errors"
	"io"
)

// block is a run of whole records.
type block struct {
	seq    int
	data   []byte
	line   int64 // of its first record, from 1
	offset int64 // of its first byte in the unpacked file
}

// cutter cuts a text into blocks at the ends of records. Where it cuts depends
// on the text and the block size alone.
type cutter struct {
	src    io.Reader
	name   string
	size   int  // of a block
	quoted bool // CSV: ends of lines inside quotes end no record

	carry  []byte // read, not yet handed out
	err    error  // of src, io.EOF included
	line   int64
	offset int64
	seq    int
	hint   int               // bytes of the whole text, if known
	wrap   func(error) error // makes an error of src one of this file
}

func newCutter(src io.Reader, name string, size int, quoted bool, wrap func(error) error) *cutter {
	return &cutter{src: src, name: name, size: max(size, 1), quoted: quoted, line: 1, wrap: wrap}
}

// fill reads until buf holds want bytes or the text ends.
func (c *cutter) fill(buf []byte, want int) []byte {
	for len(buf) < want && c.err == nil {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), min(want, max(64<<10, 4*cap(buf), c.hint+1)))
			copy(grown, buf)
			buf = grown
		}
		var n int
		n, c.err = c.src.Read(buf[len(buf):min(want, cap(buf))])
		buf = buf[:len(buf)+n]
	}
	return buf
}

// skipBOM drops a byte order mark and refuses the ones of UTF-16.
func (c *cutter) skipBOM() error {
	c.carry = c.fill(c.carry, 4)
	if bytes.HasPrefix(c.carry, []byte("\xEF\xBB\xBF")) {
		c.carry = c.carry[3:]
		c.offset = 3
	}
	if bytes.HasPrefix(c.carry, []byte{0xFF, 0xFE}) || bytes.HasPrefix(c.carry, []byte{0xFE, 0xFF}) {
		return badFile(c.name, 1, "not UTF-8 but UTF-16").WithHint("save it as UTF-8")
	}
	return nil
}

// peek gives the bytes that come next, as many as want if there are so many.
func (c *cutter) peek(want int) []byte {
	c.carry = c.fill(c.carry, want)
	return c.carry
}

// rest takes all that is left; of more than most bytes, one more than most.
func (c *cutter) rest(most int) ([]byte, error) {
	data := c.fill(c.carry, most+1)
	if c.err != nil && !errors.Is(c.err, io.EOF) {
		return nil, c.wrap(c.err)
	}
	return data, nil
}

// first takes the first record that is not an empty line: the header. It is
// io.EOF if there is none.
func (c *cutter) first() (record []byte, line int64, err error) {
	for want := 4 << 10; ; {
		c.carry = c.fill(c.carry, want)
		if c.err != nil && !errors.Is(c.err, io.EOF) {
			return nil, 0, c.wrap(c.err)
		}
		if len(c.carry) == 0 {
			return nil, 0, io.EOF
		}
		end, state := recordEnd(c.carry, c.err != nil, c.quoted)
		switch state {
		case recordTooLong:
			return nil, 0, lineTooLong(c.name, c.line)
		case recordPartial:
			want = 2 * len(c.carry)
			continue
		}
		record, line = trimEOL(c.carry[:end]), c.line
		c.line += int64(bytes.Count(c.carry[:end], newline))
		c.offset += int64(end)
		c.carry = c.carry[end:]
		if len(record) > 0 {
			return record, line, nil
		}
	}
}

var newline = []byte{'\n'}

// next cuts the next block into buf's memory, or gives io.EOF.
func (c *cutter) next(buf []byte) (block, error) {
	buf = append(buf[:0], c.carry...)
	for want := c.size + 1; ; want = 2 * len(buf) { // one more shows whether the text ends here
		buf = c.fill(buf, want)
		if c.err != nil && !errors.Is(c.err, io.EOF) {
			return block{}, c.wrap(c.err)
		}
		if len(buf) == 0 {
			return block{}, io.EOF
		}
		end, state := c.lastEnd(buf)
		if end == 0 && state == recordTooLong {
			return block{}, lineTooLong(c.name, c.line)
		}
		if end > 0 {
			c.carry = append(c.carry[:0], buf[end:]...)
			b := block{seq: c.seq, data: buf[:end], line: c.line, offset: c.offset}
			c.seq++
			c.line += int64(bytes.Count(b.data, newline))
			c.offset += int64(end)
			return b, nil
		}
	}
}

// lastEnd gives the end of the last whole record within the block size, or of
// the first record if that alone is longer; 0 if not even one is whole.
func (c *cutter) lastEnd(buf []byte) (int, recordState) {
	ended := c.err != nil
	window := buf[:min(c.size, len(buf))]
	if !c.quoted || bytes.IndexByte(window, '"') < 0 {
		if ended && len(window) == len(buf) {
			return len(buf), recordWhole
		}
		if i := bytes.LastIndexByte(window, '\n'); i >= 0 {
			return i + 1, recordWhole
		}
	}
	last := 0
	for last < len(buf) {
		end, state := recordEnd(buf[last:], ended, c.quoted)
		if state != recordWhole {
			return last, state
		}
		if last > 0 && last+end > c.size {
			break
		}
		last += end
	}
	return last, recordWhole
}

func lineTooLong(name string, line int64) error {
	return badFile(name, line, "a line longer than %d bytes", MaxRecordBytes).WithHint("is this the right file?")
}

type recordState uint8

const (
	recordWhole   recordState = iota
	recordPartial             // more text is needed to tell
	recordTooLong             // a line above MaxRecordBytes
	recordBroken              // a quote where RFC 4180 has none, or never closed
)

// recordEnd gives the length of the record that data begins with, its end of
// line included. A record whose quotes are broken ends with its first line, so
// that one stray quote doesn't swallow the rows behind it. ended says that no
// more text follows data.
func recordEnd(data []byte, ended, quoted bool) (int, recordState) {
	lineEnd := bytes.IndexByte(data[:min(len(data), MaxRecordBytes+1)], '\n') + 1
	if lineEnd == 0 {
		if len(data) > MaxRecordBytes {
			return 0, recordTooLong
		}
		if !ended {
			return 0, recordPartial
		}
		lineEnd = len(data)
	}
	if lineEnd > MaxRecordBytes {
		return 0, recordTooLong
	}
	if !quoted || bytes.IndexByte(data[:lineEnd], '"') < 0 {
		return lineEnd, recordWhole
	}
	end, state := quotedEnd(data, ended)
	if state == recordPartial && len(data) > MaxRecordBytes || end > MaxRecordBytes {
		state = recordBroken
	}
	switch state {
	case recordWhole:
		return end, recordWhole
	case recordPartial:
		return 0, recordPartial
	}
	return lineEnd, recordWhole
}

// quotedEnd walks a record that has quotes.
func quotedEnd(data []byte, ended bool) (int, recordState) {
	atEnd := recordPartial // what it means to run out of text
	if ended {
		atEnd = recordWhole
	}
	i := 0
	for {
		if i < len(data) && data[i] == '"' {
			closing := closingQuote(data[:min(len(data), MaxRecordBytes+1)], i+1)
			if closing < 0 {
				if ended {
					return 0, recordBroken
				}
				return 0, recordPartial
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
			return i + 1, recordWhole
		case '\r':
			if i+1 == len(data) {
				return i + 1, atEnd
			}
			if data[i+1] != '\n' {
				return 0, recordBroken
			}
			return i + 2, recordWhole
		default:
			return 0, recordBroken
		}
	}
}

// closingQuote finds the quote that closes a field whose text begins at i; -1
// without. At the end of data it can't tell a closing quote from half of a
// doubled one; the caller takes it as closing and finds the text at its end.
func closingQuote(data []byte, i int) int {
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

// trimEOL drops the end of the line.
func trimEOL(record []byte) []byte {
	if n := len(record); n > 0 && record[n-1] == '\n' {
		record = record[:n-1]
	}
	if n := len(record); n > 0 && record[n-1] == '\r' {
		record = record[:n-1]
	}
	return record
}
