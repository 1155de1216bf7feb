package feed

import (
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

var errJSON = errors.New("not JSON")

// errEnough ends a look at the head of a file.
var errEnough = errors.New("seen enough")

// jsonValue is a value as it is written: a string without its quotes and
// escapes, a number's own digits, or the text of anything else. null and an
// empty string are both the empty text.
type jsonValue struct {
	text []byte
	form token
}

// jsonScanner walks JSON text without building anything and without reading a
// number as a float.
type jsonScanner struct {
	data []byte
	pos  int
	room func(int) []byte // for strings with escapes
}

func (s *jsonScanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek gives the next byte that is no space, 0 at the end.
func (s *jsonScanner) peek() byte {
	s.space()
	if s.pos == len(s.data) {
		return 0
	}
	return s.data[s.pos]
}

func (s *jsonScanner) take(b byte) bool {
	if s.peek() != b || b == 0 {
		return false
	}
	s.pos++
	return true
}

// object calls member for each member; the scanner stands before its value,
// which member must read or skip.
func (s *jsonScanner) object(member func(key []byte) error) error {
	if !s.take('{') {
		return errJSON
	}
	if s.take('}') {
		return nil
	}
	for {
		if s.peek() != '"' {
			return errJSON
		}
		key, err := s.str()
		if err != nil {
			return err
		}
		if !s.take(':') {
			return errJSON
		}
		if err := member(key); err != nil {
			return err
		}
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return errJSON
		}
	}
}

// array calls element for each element, which it must read or skip.
func (s *jsonScanner) array(element func() error) error {
	if !s.take('[') {
		return errJSON
	}
	if s.take(']') {
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if s.take(']') {
			return nil
		}
		if !s.take(',') {
			return errJSON
		}
	}
}

// value reads the next value.
func (s *jsonScanner) value() (jsonValue, error) {
	switch b := s.peek(); {
	case b == '"':
		text, err := s.str()
		return jsonValue{text: text}, err
	case b == '-' || b-'0' <= 9:
		text, err := s.number()
		return jsonValue{text: text, form: tokenNumber}, err
	case b == '{' || b == '[':
		start := s.pos
		err := s.skip(0)
		return jsonValue{text: s.data[start:s.pos], form: tokenOther}, err
	}
	for _, word := range [3]string{"null", "true", "false"} {
		if len(s.data)-s.pos >= len(word) && string(s.data[s.pos:s.pos+len(word)]) == word {
			s.pos += len(word)
			if word == "null" {
				return jsonValue{}, nil
			}
			return jsonValue{text: []byte(word), form: tokenOther}, nil
		}
	}
	return jsonValue{}, errJSON
}

// skip passes over a value, checking its form.
func (s *jsonScanner) skip(depth int) error {
	if depth > maxJSONDepth {
		return errJSON
	}
	switch s.peek() {
	case '{':
		return s.object(func([]byte) error { return s.skip(depth + 1) })
	case '[':
		return s.array(func() error { return s.skip(depth + 1) })
	}
	_, err := s.value()
	return err
}

// number passes over a number as JSON writes it.
func (s *jsonScanner) number() ([]byte, error) {
	start := s.pos
	digits := func() bool {
		from := s.pos
		for s.pos < len(s.data) && s.data[s.pos]-'0' <= 9 {
			s.pos++
		}
		return s.pos > from
	}
	at := func(b byte) bool {
		if s.pos < len(s.data) && s.data[s.pos] == b {
			s.pos++
			return true
		}
		return false
	}
	at('-')
	first := s.pos
	if !digits() || s.data[first] == '0' && s.pos > first+1 {
		return nil, errJSON
	}
	if at('.') && !digits() {
		return nil, errJSON
	}
	if at('e') || at('E') {
		_ = at('+') || at('-')
		if !digits() {
			return nil, errJSON
		}
	}
	return s.data[start:s.pos], nil
}

// str reads a string; the scanner stands on its quote.
func (s *jsonScanner) str() ([]byte, error) {
	s.pos++
	start := s.pos
	for ; s.pos < len(s.data); s.pos++ {
		switch b := s.data[s.pos]; {
		case b == '"':
			s.pos++
			return s.data[start : s.pos-1], nil
		case b == '\\':
			return s.escaped(start)
		case b < ' ':
			return nil, errJSON
		}
	}
	return nil, errJSON
}

// escaped reads a string with escapes from its start; the text never grows.
func (s *jsonScanner) escaped(start int) ([]byte, error) {
	end := s.pos
	for end < len(s.data) && s.data[end] != '"' {
		if s.data[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(s.data) {
		return nil, errJSON
	}
	text := append(s.room(end-start), s.data[start:s.pos]...)
	for s.pos < end {
		b := s.data[s.pos]
		s.pos++
		if b < ' ' {
			return nil, errJSON
		}
		if b != '\\' {
			text = append(text, b)
			continue
		}
		b = s.data[s.pos]
		s.pos++
		switch b {
		case '"', '\\', '/':
			text = append(text, b)
		case 'b':
			text = append(text, '\b')
		case 'f':
			text = append(text, '\f')
		case 'n':
			text = append(text, '\n')
		case 'r':
			text = append(text, '\r')
		case 't':
			text = append(text, '\t')
		case 'u':
			r, ok := s.unicode(end)
			if !ok {
				return nil, errJSON
			}
			text = utf8.AppendRune(text, r)
		default:
			return nil, errJSON
		}
	}
	s.pos = end + 1
	return text, nil
}

// unicode reads the digits of \u, and the second half of a surrogate pair.
func (s *jsonScanner) unicode(end int) (rune, bool) {
	r, ok := s.hex(end)
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if s.pos+2 > end || s.data[s.pos] != '\\' || s.data[s.pos+1] != 'u' {
		return 0, false
	}
	s.pos += 2
	low, ok := s.hex(end)
	pair := utf16.DecodeRune(r, low)
	return pair, ok && pair != utf8.RuneError
}

func (s *jsonScanner) hex(end int) (rune, bool) {
	if s.pos+4 > end {
		return 0, false
	}
	var r rune
	for _, b := range s.data[s.pos : s.pos+4] {
		switch {
		case b-'0' <= 9:
			b -= '0'
		case b|0x20 >= 'a' && b|0x20 <= 'f':
			b = b | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(b)
	}
	s.pos += 4
	return r, true
}
