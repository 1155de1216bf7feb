package feed

import (
	"bytes"
	"errors"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/typed"
)

var errKeyTwice = errors.New("a key twice")

// ndjsonParse makes the parser of one worker. Each line is one object whose
// keys are columns; a JSON array comes as its elements, one on a line. Lines are found before JSON is read: a string can't hold an
// end of line.
func ndjsonParse(name string) func() typed.Parse {
	return func() typed.Parse {
		var order []int // column of the n-th key of the row before
		return func(b *typed.Builder, blk lex.Block) error {
			plain, err := lex.CheckText(name, blk)
			if err != nil {
				return err
			}
			data, line := blk.Data, blk.Line
			for len(data) > 0 {
				end := bytes.IndexByte(data, '\n') + 1
				if end == 0 {
					end = len(data)
				}
				if end > lex.MaxRecordBytes {
					return lex.LineTooLong(name, line)
				}
				record := bytes.TrimSpace(data[:end])
				if len(record) > 0 {
					b.Plain = plain && bytes.IndexByte(record, '\\') < 0
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
func ndjsonRow(b *typed.Builder, record []byte, order []int, line int64) ([]int, error) {
	b.Begin(line)
	s := lex.JSON{Data: record, Room: b.Room}
	n := 0
	err := s.Object(func(key []byte) error {
		column, known := -1, false
		if n < len(order) && order[n] >= 0 && string(key) == b.Columns[order[n]].Name {
			column, known = order[n], true
		} else {
			column, known = columnOf(b, key)
			if n < len(order) {
				order[n] = column
			} else if n < lex.MaxColumns {
				order = append(order, column)
			}
		}
		n++
		if !known {
			b.Ignore(key)
			return s.Skip(0)
		}
		if b.Seen&(1<<uint(column)) != 0 {
			return errKeyTwice
		}
		v, err := s.Value()
		if err != nil {
			return err
		}
		if v.Form == lex.TokenNumber && b.Columns[column].Kind == pipeline.ColumnNumber && bytes.ContainsAny(v.Text, "eE") {
			if plain, ok := lex.PlainJSONNumber(string(v.Text)); ok { // as machines write 1e2 for 100
				v.Text = []byte(plain)
			}
		}
		b.Value(column, v.Text, v.Form)
		return nil
	})
	if err == nil && s.Peek() != 0 {
		err = lex.ErrJSON
	}
	if err != nil {
		b.Rows.Drop()
		expected := "one JSON object on the line"
		if errors.Is(err, errKeyTwice) {
			expected = "every key once"
		}
		return order, b.RejectLine(line, pipeline.CodeBadJSON, record, expected)
	}
	b.Missing()
	return order, b.End()
}

// columnOf finds the column of a key.
func columnOf(b *typed.Builder, key []byte) (int, bool) {
	i, ok := b.Schema.ByName[string(key)]
	if !ok {
		return -1, false
	}
	return i, true
}
