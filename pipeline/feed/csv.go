package feed

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"carat/pipeline"
)

// csvLayout is what the header says: for each field of a record the index of
// its column, or -1.
type csvLayout struct {
	fields []int
}

// csvHeader reads the header. Its errors fail the file: a column twice, a
// required one missing.
func csvHeader(s *schema, name string, record []byte, line int64) (layout csvLayout, unknown []string, err error) {
	fields, ok := splitQuoted(nil, record, func(n int) []byte { return make([]byte, 0, n) })
	if !ok {
		return layout, nil, badFile(name, line, "the header has broken quotes: %q", cut80(record))
	}
	if !utf8.Valid(record) {
		return layout, nil, notUTF8(name, record, line, 0)
	}
	if len(fields) > maxColumns {
		return layout, nil, badFile(name, line, "%d columns, more than %d", len(fields), maxColumns)
	}
	var found []string
	for _, field := range fields {
		found = append(found, columnName(field))
	}
	if len(found) == 1 && strings.Count(found[0], ";") > 0 {
		return layout, nil, badFile(name, line, "the columns are parted by semicolons, not by commas").
			WithHint("describe the file under feeds: %s: layout in carat.yaml, as docs/formats.md shows", s.feed.Name)
	}
	layout.fields, unknown, err = s.layout(name, line, found)
	return layout, unknown, err
}

// layout maps the columns of a header to those of the schema.
func (s *schema) layout(name string, line int64, found []string) (columns []int, unknown []string, err error) {
	at := map[string]int{}
	for i, column := range found {
		if first, twice := at[column]; twice && column != "" {
			return nil, nil, badFile(name, line, "column %q is there twice, as number %d and %d", column, first+1, i+1)
		}
		at[column] = i
		n, known := s.byName[column]
		if !known {
			n = -1
			if len(unknown) < MaxUnknownColumns {
				unknown = append(unknown, column)
			}
		}
		columns = append(columns, n)
	}
	var missing []string
	for _, c := range s.columns {
		if _, ok := at[c.Name]; !ok && !c.Optional {
			missing = append(missing, c.Name)
		}
	}
	if len(missing) > 0 {
		what := "column " + missing[0] + " is"
		if len(missing) > 1 {
			what = "columns " + strings.Join(missing, ", ") + " are"
		}
		if len(found) > 40 {
			found = append(slices.Clip(found[:40]), "…")
		}
		return nil, nil, badFile(name, line, "required %s missing; found %s", what, strings.Join(found, ", ")).
			WithHint("%s has the columns %s", s.feed.Name, strings.Join(s.feed.ColumnNames(), ", "))
	}
	return columns, unknown, nil
}

// checkText checks a block's encoding and says whether it is plain: ASCII, and
// no control characters but ends of lines.
func checkText(name string, b block) (plain bool, err error) {
	if isPlain(b.data) {
		return true, nil
	}
	if !utf8.Valid(b.data) {
		return false, notUTF8(name, b.data, b.line, b.offset)
	}
	return false, nil
}

func notUTF8(name string, data []byte, line, offset int64) error {
	at := 0
	for at < len(data) {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	line += int64(bytes.Count(data[:at], newline))
	return badFile(name, line, "not UTF-8: byte 0x%02X at offset %d", data[min(at, len(data)-1)], offset+int64(at)).
		WithHint("save it as UTF-8")
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// isPlain looks at eight bytes at a time.
func isPlain(data []byte) bool {
	i := 0
	for ; i+8 <= len(data); i += 8 {
		w := binary.LittleEndian.Uint64(data[i:])
		// A high bit where a byte is below 0x20, is 0x7F, or is no ASCII. It may
		// also be set beside such a byte; plainBytes decides.
		if ((w-lows*0x20)|((w^lows*0x7F)-lows)|w)&highs != 0 && !plainBytes(data[i:i+8]) {
			return false
		}
	}
	return plainBytes(data[i:])
}

func plainBytes(data []byte) bool {
	for _, b := range data {
		if b < ' ' && b != '\n' && b != '\r' || b >= 0x7F {
			return false
		}
	}
	return true
}

// matches sets the high bit of every byte of w that equals the repeated byte.
func matches(w, repeated uint64) uint64 {
	x := w ^ repeated
	return ^(((x & ^uint64(highs)) + ^uint64(highs)) | x | ^uint64(highs))
}

// csvParse makes the parser of one worker.
func csvParse(name string, layout csvLayout) func() parse {
	return func() parse {
		ends := make([]int, len(layout.fields)+1)
		var fields [][]byte
		return func(b *builder, blk block) error {
			plain, err := checkText(name, blk)
			if err != nil {
				return err
			}
			// A lone carriage return may stand inside a field.
			b.plain = plain && (bytes.IndexByte(blk.data, '\r') < 0 ||
				bytes.Count(blk.data, []byte{'\r'}) == bytes.Count(blk.data, []byte("\r\n")))
			data, line := blk.data, blk.line
			for pos := 0; pos < len(data); {
				n, next, quoted := splitPlain(data, pos, ends)
				if !quoted {
					if next-pos > MaxRecordBytes {
						return lineTooLong(name, line)
					}
					if err := csvRecord(b, layout, data, pos, ends, n, line); err != nil {
						return err
					}
					pos, line = next, line+1
					continue
				}
				length, state := recordEnd(data[pos:], true, true)
				if state != recordWhole {
					return lineTooLong(name, line)
				}
				record := data[pos : pos+length]
				fields, err = csvQuoted(b, layout, fields, record, line)
				if err != nil {
					return err
				}
				pos, line = pos+length, line+int64(bytes.Count(record, newline))
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
func csvRecord(b *builder, layout csvLayout, data []byte, pos int, ends []int, n int, line int64) error {
	if n != len(layout.fields) {
		if n == 1 && ends[0] <= pos {
			return nil // an empty line
		}
		end := len(data)
		if i := bytes.IndexByte(data[pos:], '\n'); i >= 0 {
			end = pos + i
		}
		return b.wrongFieldCount(data[pos:end], len(layout.fields), n, line)
	}
	if n == 1 && ends[0] <= pos {
		return nil
	}
	b.begin(line)
	for i, column := range layout.fields {
		end := ends[i]
		if column >= 0 {
			b.set(column, b.row, data[pos:end:end], tokenText)
		}
		pos = end + 1
	}
	return b.end()
}

func (b *builder) wrongFieldCount(record []byte, want, have int, line int64) error {
	return b.rejectLine(line, pipeline.CodeWrongFieldCount, trimEOL(record), fmt.Sprintf("%d fields, as the header has; found %d", want, have))
}

// csvQuoted makes a row of a record with quotes.
func csvQuoted(b *builder, layout csvLayout, fields [][]byte, record []byte, line int64) ([][]byte, error) {
	fields, ok := splitQuoted(fields[:0], trimEOL(record), b.room)
	if !ok {
		return fields, b.rejectLine(line, pipeline.CodeBadQuote, trimEOL(record), "fields quoted as in RFC 4180")
	}
	if len(fields) != len(layout.fields) {
		return fields, b.wrongFieldCount(record, len(layout.fields), len(fields), line)
	}
	b.begin(line)
	plain := b.plain
	b.plain = false // quotes may hold ends of lines
	for i, column := range layout.fields {
		if column >= 0 {
			b.set(column, b.row, fields[i], tokenText)
		}
	}
	b.plain = plain
	return fields, b.end()
}

// splitQuoted splits a record into fields and takes their quotes off. It is
// false if RFC 4180 doesn't allow the quotes. Fields with doubled quotes are
// written into room; the others point into the record.
func splitQuoted(fields [][]byte, record []byte, room func(int) []byte) ([][]byte, bool) {
	for i := 0; ; i++ {
		var field []byte
		if i < len(record) && record[i] == '"' {
			closing := closingQuote(record, i+1)
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
