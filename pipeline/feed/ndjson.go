package feed

import (
	"bytes"
	"errors"

	"carat/pipeline"
)

var errKeyTwice = errors.New("a key twice")

// ndjsonParse makes the parser of one worker. Each line is one object whose
// keys are columns. Lines are found before JSON is read: a string can't hold an
// end of line.
func ndjsonParse(name string) func() parse {
	return func() parse {
		var order []int // column of the n-th key of the row before
		return func(b *builder, blk block) error {
			plain, err := checkText(name, blk)
			if err != nil {
				return err
			}
			data, line := blk.data, blk.line
			for len(data) > 0 {
				end := bytes.IndexByte(data, '\n') + 1
				if end == 0 {
					end = len(data)
				}
				if end > MaxRecordBytes {
					return lineTooLong(name, line)
				}
				record := bytes.TrimSpace(data[:end])
				if len(record) > 0 {
					b.plain = plain && bytes.IndexByte(record, '\\') < 0
					if order, err = ndjsonRow(b, record, order, line); err != nil {
						return err
					}
				}
				data, line = data[end:], line+1
			}
			return nil
		}
	}
}

// ndjsonRow makes a row of an object.
func ndjsonRow(b *builder, record []byte, order []int, line int64) ([]int, error) {
	b.begin(line)
	s := jsonScanner{data: record, room: b.room}
	n := 0
	err := s.object(func(key []byte) error {
		column, known := -1, false
		if n < len(order) && order[n] >= 0 && string(key) == b.columns[order[n]].Name {
			column, known = order[n], true
		} else {
			column, known = b.columnOf(key)
			if n < len(order) {
				order[n] = column
			} else if n < maxColumns {
				order = append(order, column)
			}
		}
		n++
		if !known {
			b.ignore(key)
			return s.skip(0)
		}
		if b.seen&(1<<uint(column)) != 0 {
			return errKeyTwice
		}
		v, err := s.value()
		if err != nil {
			return err
		}
		b.value(column, v.text, v.form)
		return nil
	})
	if err == nil && s.peek() != 0 {
		err = errJSON
	}
	if err != nil {
		b.rows.Drop()
		expected := "one JSON object on the line"
		if errors.Is(err, errKeyTwice) {
			expected = "every key once"
		}
		return order, b.rejectLine(line, pipeline.CodeBadJSON, record, expected)
	}
	b.missing()
	return order, b.end()
}

// columnOf finds the column of a key.
func (b *builder) columnOf(key []byte) (int, bool) {
	i, ok := b.schema.byName[string(key)]
	if !ok {
		return -1, false
	}
	return i, true
}
