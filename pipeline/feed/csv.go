package feed

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/typed"
)

// csvLayout is what the header says: for each field of a record the index of
// its column, or -1.
type csvLayout struct {
	fields []int
}

// csvHeader reads the header. Its errors fail the file: a column twice, a
// required one missing.
func csvHeader(s *typed.Schema, name string, record []byte, line int64) (layout csvLayout, unknown []string, err error) {
	if lex.BareReturns(record) {
		return layout, nil, lex.BareReturnsError(name)
	}
	fields, ok := splitQuoted(nil, record, func(n int) []byte { return make([]byte, 0, n) })
	if !ok {
		return layout, nil, lex.BadFile(name, line, "the header has broken quotes: %q", lex.Cut80(record))
	}
	if !utf8.Valid(record) {
		return layout, nil, lex.NotUTF8(name, record, line, 0)
	}
	if len(fields) > lex.MaxColumns {
		return layout, nil, lex.BadFile(name, line, "%d columns, more than %d", len(fields), lex.MaxColumns)
	}
	var found []string
	for _, field := range fields {
		found = append(found, lex.ColumnName(field))
	}
	if parted := partedBy(record); len(found) == 1 && parted != "" {
		return layout, nil, lex.BadFile(name, line, "the columns are parted by %s, not by commas", parted).
			WithHint("describe the file under feeds: %s: layout in carat.yaml, as docs/formats.md shows", s.Feed.Name)
	}
	layout.fields, unknown, err = s.Header(name, line, found)
	return layout, unknown, err
}

// partedBy says what parts the columns of a header that has no comma; "" for nothing.
func partedBy(record []byte) string {
	for mark, name := range map[string]string{";": "semicolons", "\t": "tabs", "|": "bars"} {
		if bytes.Contains(record, []byte(mark)) {
			return name
		}
	}
	return ""
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// matches sets the high bit of every byte of w that equals the repeated byte.
func matches(w, repeated uint64) uint64 {
	x := w ^ repeated
	return ^(((x & ^uint64(highs)) + ^uint64(highs)) | x | ^uint64(highs))
}

// csvParse makes the parser of one worker.
func csvParse(name string, layout csvLayout) func() typed.Parse {
	return func() typed.Parse {
		ends := make([]int, len(layout.fields)+1)
		var fields [][]byte
		return func(b *typed.Builder, blk lex.Block) error {
			plain, err := lex.CheckText(name, blk)
			if err != nil {
				return err
			}
			// A lone carriage return may stand inside a field.
			b.Plain = plain && (bytes.IndexByte(blk.Data, '\r') < 0 ||
				bytes.Count(blk.Data, []byte{'\r'}) == bytes.Count(blk.Data, []byte("\r\n")))
			data, line := blk.Data, blk.Line
			for pos := 0; pos < len(data); {
				n, next, quoted := splitPlain(data, pos, ends)
				if !quoted {
					if next-pos > lex.MaxRecordBytes {
						return lex.LineTooLong(name, line)
					}
					if err := csvRecord(b, layout, data, pos, ends, n, line); err != nil {
						return err
					}
					pos, line = next, line+1
					continue
				}
				length, state := lex.RecordEnd(data[pos:], true, true)
				if state != lex.RecordWhole {
					return lex.LineTooLong(name, line)
				}
				record := data[pos : pos+length]
				fields, err = csvQuoted(b, layout, fields, record, line)
				if err != nil {
					return err
				}
				pos, line = pos+length, line+int64(bytes.Count(record, lex.Newline))
			}
			return nil
		}
	}
}

// splitPlain finds the ends of a record's fields: n of them, and where the next
// record begins. Ends beyond the room of ends are counted only. If the record
// has a quote it gives up.
func splitPlain(data []byte, pos int, ends []int) (n, next int, quoted bool) {
	for ; pos+8 <= len(data); pos += 8 {
		w := binary.LittleEndian.Uint64(data[pos:])
		m := matches(w, lows*',') | matches(w, lows*'\n') | matches(w, lows*'"')
		for m != 0 {
			at := pos + bits.TrailingZeros64(m)>>3
			m &= m - 1
			switch data[at] {
			case ',':
				if n < len(ends) {
					ends[n] = at
				}
				n++
			case '\n':
				return endRecord(data, ends, n, at), at + 1, false
			default:
				return 0, 0, true
			}
		}
	}
	for ; pos < len(data); pos++ {
		switch data[pos] {
		case ',':
			if n < len(ends) {
				ends[n] = pos
			}
			n++
		case '\n':
			return endRecord(data, ends, n, pos), pos + 1, false
		case '"':
			return 0, 0, true
		}
	}
	return endRecord(data, ends, n, pos), pos, false
}

// endRecord sets the end of the last field, without a carriage return.
func endRecord(data []byte, ends []int, n, at int) int {
	if n < len(ends) {
		ends[n] = at
		start := 0
		if n > 0 {
			start = ends[n-1] + 1
		}
		if at > start && data[at-1] == '\r' {
			ends[n] = at - 1
		}
	}
	return n + 1
}

// csvRecord makes a row of a record without quotes.
func csvRecord(b *typed.Builder, layout csvLayout, data []byte, pos int, ends []int, n int, line int64) error {
	if n != len(layout.fields) {
		if n == 1 && ends[0] <= pos {
			return nil // an empty line
		}
		end := len(data)
		if i := bytes.IndexByte(data[pos:], '\n'); i >= 0 {
			end = pos + i
		}
		if onlyCommas(data[pos:end]) {
			return nil
		}
		return wrongFieldCount(b, data[pos:end], len(layout.fields), n, line)
	}
	if n == 1 && ends[0] <= pos {
		return nil
	}
	if data[pos] == ',' && onlyCommas(data[pos:ends[n-1]]) {
		return nil
	}
	b.Begin(line)
	for i, column := range layout.fields {
		end := ends[i]
		if column >= 0 {
			b.Set(column, b.Row, data[pos:end:end], lex.TokenText)
		}
		pos = end + 1
	}
	return b.End()
}

// onlyCommas says whether a record has nothing in any field: spreadsheets write such rows
// below their last one.
func onlyCommas(record []byte) bool { return len(bytes.Trim(record, ", \r")) == 0 }

func wrongFieldCount(b *typed.Builder, record []byte, want, have int, line int64) error {
	return b.RejectLine(line, pipeline.CodeWrongFieldCount, lex.TrimEOL(record), fmt.Sprintf("%d fields, as the header has; found %d", want, have))
}

// csvQuoted makes a row of a record with quotes.
func csvQuoted(b *typed.Builder, layout csvLayout, fields [][]byte, record []byte, line int64) ([][]byte, error) {
	fields, ok := splitQuoted(fields[:0], lex.TrimEOL(record), b.Room)
	if !ok {
		return fields, b.RejectLine(line, pipeline.CodeBadQuote, lex.TrimEOL(record), "fields quoted as in RFC 4180")
	}
	if len(fields) != len(layout.fields) {
		return fields, wrongFieldCount(b, record, len(layout.fields), len(fields), line)
	}
	b.Begin(line)
	plain := b.Plain
	b.Plain = false // quotes may hold ends of lines
	for i, column := range layout.fields {
		if column >= 0 {
			b.Set(column, b.Row, fields[i], lex.TokenText)
		}
	}
	b.Plain = plain
	return fields, b.End()
}

// splitQuoted splits a record into fields and takes their quotes off. It is
// false if RFC 4180 doesn't allow the quotes. Fields with doubled quotes are
// written into room; the others point into the record.
func splitQuoted(fields [][]byte, record []byte, room func(int) []byte) ([][]byte, bool) {
	for i := 0; ; i++ {
		var field []byte
		if i < len(record) && record[i] == '"' {
			closing := lex.ClosingQuote(record, i+1)
			if closing < 0 {
				return fields, false
			}
			field = record[i+1 : closing]
			if bytes.IndexByte(field, '"') >= 0 {
				field = halveQuotes(room(len(field)), field)
			}
			i = closing + 1
			if i < len(record) && record[i] != ',' {
				return fields, false
			}
		} else {
			end := len(record)
			if n := bytes.IndexByte(record[i:], ','); n >= 0 {
				end = i + n
			}
			field = record[i:end]
			if bytes.IndexByte(field, '"') >= 0 {
				return fields, false
			}
			i = end
		}
		fields = append(fields, field)
		if i >= len(record) {
			return fields, true
		}
	}
}

func halveQuotes(dst, field []byte) []byte {
	for {
		i := bytes.IndexByte(field, '"')
		if i < 0 {
			return append(dst, field...)
		}
		dst = append(dst, field[:i+1]...)
		field = field[i+2:]
	}
}
