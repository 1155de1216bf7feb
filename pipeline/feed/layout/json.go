package layout

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

var errKeyTwice = errors.New("a key twice")

// maxKeys bounds what is seen of an object's keys.
const maxKeys = lex.MaxColumns

// FitObject compares the first object of a JSON text with the layout.
func (l *Layout) FitObject(head []byte) Fit {
	if l.Rows != "" {
		at, found := lex.ArrayAt(head, l.Rows)
		if !found {
			return Fit{Line: 1, Missing: l.Rows}
		}
		head = head[at:]
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte(lex.ByteOrderMark)), " \t\r\n[")
	var names []string
	_ = EachValue(&lex.JSON{Data: head, Room: room}, "", 0, func(path string, _ lex.Value) error {
		if names = append(names, path); len(names) > maxKeys {
			return lex.ErrEnough
		}
		return nil
	})
	f := Fit{Fits: true, Line: 1, Found: names}
	for _, u := range l.uses() {
		if slices.Contains(names, u.name) {
			f.Used++
		} else if f.Fits {
			f.Fits, f.Missing, f.column = false, u.name, u.column
		}
	}
	return f
}

func room(n int) []byte { return make([]byte, 0, n) }

// EachValue calls do for each value of an object and of the objects in it, by
// its path.
func EachValue(s *lex.JSON, under string, depth int, do func(path string, v lex.Value) error) error {
	return s.Object(func(key []byte) error {
		path := under + string(key)
		if s.Peek() == '{' && depth < 20 {
			return EachValue(s, path+".", depth+1, do)
		}
		v, err := s.Value()
		if err != nil {
			return err
		}
		return do(path, v)
	})
}

// ReadObjects reads a text of one JSON object on each line.
func (l *Layout) ReadObjects(r *published.Report, zone *time.Location) error {
	m, err := newMaker(l, r, zone)
	if err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "read", r.Name, "%s: %w", l.Called(), err)
	}
	for i, name := range l.Uses() {
		m.at[name] = i
	}
	in := bufio.NewReaderSize(r.Text, 64<<10)
	for line := int64(1); ; line++ {
		record, err := readLine(r, in, line)
		if errors.Is(err, io.EOF) {
			return m.finish(r)
		}
		if err != nil {
			return err
		}
		if record = bytes.TrimSpace(record); len(record) == 0 {
			continue
		}
		if err := m.object(line, record); err != nil {
			return err
		}
	}
}

// object makes a row of an object.
func (m *maker) object(line int64, record []byte) error {
	cells := make([]Cell, len(m.at))
	seen := make([]bool, len(m.at))
	s := &lex.JSON{Data: record, Room: room}
	err := EachValue(s, "", 0, func(path string, v lex.Value) error {
		i, used := m.at[path]
		if !used {
			return nil
		}
		if seen[i] {
			return errKeyTwice
		}
		seen[i] = true
		text := string(v.Text)
		if v.Form == lex.TokenOther && text != "true" && text != "false" {
			text = "" // a list
		}
		cells[i] = Cell{Text: text, Number: v.Form == lex.TokenNumber}
		return nil
	})
	if err == nil && s.Peek() != 0 {
		err = lex.ErrJSON
	}
	if err != nil {
		expected := "one JSON object on the line"
		if errors.Is(err, errKeyTwice) {
			expected = "every key once"
		}
		return m.out.Reject(line, "", pipeline.CodeBadJSON, string(record), expected)
	}
	return m.row(line, cells)
}

// readLine gives the next line; io.EOF behind the last.
func readLine(r *published.Report, in *bufio.Reader, line int64) ([]byte, error) {
	var record []byte
	for {
		part, err := in.ReadSlice('\n')
		record = append(record, part...)
		switch {
		case len(record) > lex.MaxRecordBytes:
			return nil, lex.LineTooLong(r.Name, line)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(record) == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, r.Wrap(err)
		case !utf8.Valid(record):
			return nil, r.Refuse(line, "not UTF-8: %q", lex.Cut80(record)).WithHint("fetch the file again")
		case bytes.IndexByte(record, 0) >= 0:
			return nil, r.Refuse(line, "a zero byte: this is no text").WithHint("fetch the file again")
		}
		return record, nil
	}
}
