package lex

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
)

// elements reads a JSON array as its elements, one on a line.
type elements struct {
	in      *bufio.Reader
	name    string
	array   bool
	out     []byte // made, not yet handed out
	from    int    // of out
	err     error  // behind out
	line    int64  // of the text
	depth   int    // of what is open inside the element
	where   place
	quoted  bool   // inside a string
	escaped bool   // behind a backslash
	rows    bool   // an element was handed out
	owed    int    // ends of lines inside the element, which come behind it
	ahead   int    // ends of lines that were written and the text hadn't yet
	rowsAt  string // the array is not the text, but the value of this key; "": it is
	around  []byte // what stands around it
}

// place is where in the array the reader stands.
type place uint8

const (
	beforeArray  place = iota
	beforeFirst        // behind [
	beforeNext         // behind a comma
	insideOne          // in an element
	behindArray        // behind ]
	elementsRoom = 64 << 10
)

// Elements gives a text as it is, unless it is a JSON array: then its elements,
// each on one line, so that they are read as they come. An element begins on the
// line on which it begins in the text, as long as no two share one. The error of
// a text that is no whole array is of KindBadInput; what is inside an element
// isn't judged.
func Elements(src io.Reader, name string) io.Reader {
	return &elements{in: bufio.NewReaderSize(src, elementsRoom), name: name, line: 1}
}

// ElementsAt is Elements of an array that an object holds, such as data, or data.items in
// an object of an object. Of a list that says it goes on (has_more) a part is missing: it is
// refused.
func ElementsAt(src io.Reader, name, path string) io.Reader {
	return &elements{in: bufio.NewReaderSize(src, elementsRoom), name: name, line: 1, rowsAt: path}
}

// ArrayAt gives where the array that is the value of a key begins in the beginning of an
// object, behind its bracket.
func ArrayAt(head []byte, path string) (at int, found bool) {
	s := &JSON{Data: head, Room: func(n int) []byte { return make([]byte, 0, n) }}
	if bytes.HasPrefix(head, []byte(ByteOrderMark)) {
		s.Pos = len(ByteOrderMark)
	}
	var in func(parts []string) error
	in = func(parts []string) error {
		return s.Object(func(key []byte) error {
			switch {
			case string(key) != parts[0]:
			case len(parts) == 1 && s.Peek() == '[':
				at, found = s.Pos+1, true
				return ErrEnough
			case len(parts) > 1 && s.Peek() == '{':
				return in(parts[1:])
			}
			return s.Skip(0)
		})
	}
	_ = in(strings.Split(path, ".")) // what it found is all that counts
	return at, found
}

// goesOn tells a list that is a page of more.
var goesOn = regexp.MustCompile(`"has_more"\s*:\s*true`)

// IsArray says whether a text begins as a JSON array of objects, or an empty one.
func IsArray(text []byte) bool {
	s := JSON{Data: text}
	if !s.take('[') {
		return false
	}
	next := s.Peek()
	return next == '{' || next == ']'
}

// Read implements io.Reader.
func (e *elements) Read(p []byte) (int, error) {
	if e.where == beforeArray {
		e.begin()
	}
	if !e.array {
		return e.in.Read(p)
	}
	for e.from == len(e.out) && e.err == nil {
		e.out, e.from = e.out[:0], 0
		e.more()
	}
	if e.from == len(e.out) {
		return 0, e.err
	}
	n := copy(p, e.out[e.from:])
	e.from += n
	return n, nil
}

// begin looks whether the text is an array.
func (e *elements) begin() {
	e.where = beforeFirst
	head, _ := e.in.Peek(elementsRoom) // an error comes again when it is read
	skip := 0
	if len(head) >= len(ByteOrderMark) && string(head[:len(ByteOrderMark)]) == ByteOrderMark {
		skip = len(ByteOrderMark)
	}
	if e.rowsAt != "" {
		at, found := ArrayAt(head, e.rowsAt)
		if e.array = true; !found {
			e.err = BadFile(e.name, 1, "no array %s is at the beginning of its object", Shown(e.rowsAt)).WithHint("say under layout: rows: of which key the rows are the value")
			return
		}
		for _, b := range head[skip:at] {
			if b == '\n' {
				e.endOfLine()
			}
		}
		e.around = append(e.around, head[:at]...)
		_, _ = e.in.Discard(at)
		return
	}
	s := JSON{Data: head, Pos: skip}
	if s.Peek() != '[' {
		return
	}
	e.array = true
	for _, b := range head[skip:s.Pos] {
		if b == '\n' {
			e.endOfLine()
		}
	}
	_, _ = e.in.Discard(s.Pos + 1)
}

// more reads on.
func (e *elements) more() {
	if _, err := e.in.Peek(1); err != nil {
		switch {
		case !errors.Is(err, io.EOF):
			e.err = err
		case e.where == behindArray && e.rowsAt != "" && !bytes.HasSuffix(bytes.TrimSpace(e.around), []byte("}")):
			e.err = BadFile(e.name, e.line, "a JSON object that ends in the middle").WithHint("fetch the file again")
		case e.where == behindArray && goesOn.Match(e.around):
			e.err = BadFile(e.name, e.line, "a list that goes on (has_more): it is one page of several").WithHint("fetch the other pages too, each as a file without has_more, or the whole list at once")
		case e.where == behindArray:
			e.err = io.EOF
		default:
			e.err = BadFile(e.name, e.line, "a JSON array that ends in the middle").WithHint("fetch the file again")
		}
		return
	}
	text, _ := e.in.Peek(e.in.Buffered())
	for _, b := range text {
		if e.take(b); e.err != nil {
			return
		}
	}
	_, _ = e.in.Discard(len(text))
}

// take puts the next byte to its place.
func (e *elements) take(b byte) {
	switch {
	case e.where == behindArray && e.rowsAt != "":
		if e.around = append(e.around, b); len(e.around) > MaxRecordBytes {
			e.err = LineTooLong(e.name, e.line)
		}
	case e.where == insideOne:
		e.inside(b)
	case b == '\n':
		e.endOfLine()
	case b == ' ' || b == '\t' || b == '\r':
	case e.where == behindArray:
		e.err = BadFile(e.name, e.line, "text behind the end of a JSON array").WithHint("have each array exported as a file of its own")
	case b == ']' && e.where == beforeFirst:
		e.end()
	case b == ']' || b == ',' || b == '}' || b == ':':
		e.err = BadFile(e.name, e.line, "broken JSON: %q where an element of the array should be", b)
	default:
		e.where = insideOne
		e.inside(b)
	}
}

// endOfLine takes one between elements.
func (e *elements) endOfLine() {
	e.line++
	if e.ahead > 0 {
		e.ahead--
		return
	}
	e.out = append(e.out, '\n')
}

// inside takes a byte of an element. What is inside an element stays; an end of
// line becomes a tab: a space to JSON, and as wrong inside a string.
func (e *elements) inside(b byte) {
	switch {
	case b == '\n':
		e.line, e.owed, e.escaped = e.line+1, e.owed+1, false
		e.out = append(e.out, '\t')
		return
	case e.escaped:
		e.escaped = false
	case e.quoted:
		e.escaped = b == '\\'
		e.quoted = b != '"'
	case b == '"':
		e.quoted = true
	case b == '{' || b == '[':
		e.depth++
	case e.depth > 0:
		if b == '}' || b == ']' {
			e.depth--
		}
	case b == ',':
		e.endElement()
		e.where = beforeNext
		return
	case b == ']':
		e.endElement()
		e.end()
		return
	}
	e.out = append(e.out, b)
}

// endElement ends the line, and adds the ends of lines that it held back.
func (e *elements) endElement() {
	lines := max(1, e.owed-e.ahead)
	e.ahead += lines - e.owed
	e.owed, e.rows = 0, true
	for range lines {
		e.out = append(e.out, '\n')
	}
}

// end ends the array; an empty one is an empty line, a text without a row.
func (e *elements) end() {
	e.where = behindArray
	if !e.rows {
		e.out = append(e.out, '\n')
	}
}
