package lex

import (
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrJSON says that a text is not JSON.
var ErrJSON = errors.New("not JSON")

// ErrEnough ends a look at the head of a file.
var ErrEnough = errors.New("seen enough")

// Value is a value as it is written: a string without its quotes and
// escapes, a number's own digits, or the text of anything else. null and an
// empty string are both the empty text.
type Value struct {
	Text []byte
	Form Token
}

// JSON walks JSON text without building anything and without reading a
// number as a float.
type JSON struct {
	Data []byte
	Pos  int
	Room func(int) []byte // for strings with escapes
}

// Space passes over spaces.
func (s *JSON) Space() {
	for s.Pos < len(s.Data) {
		switch s.Data[s.Pos] {
		case ' ', '\t', '\n', '\r':
			s.Pos++
		default:
			return
		}
	}
}

// Peek gives the next byte that is no space, 0 at the end.
func (s *JSON) Peek() byte {
	s.Space()
	if s.Pos == len(s.Data) {
		return 0
	}
	return s.Data[s.Pos]
}

func (s *JSON) take(b byte) bool {
	if s.Peek() != b || b == 0 {
		return false
	}
	s.Pos++
	return true
}

// Object calls member for each member; the scanner stands before its value,
// which member must read or skip.
func (s *JSON) Object(member func(key []byte) error) error {
	if !s.take('{') {
		return ErrJSON
	}
	if s.take('}') {
		return nil
	}
	for {
		if s.Peek() != '"' {
			return ErrJSON
		}
		key, err := s.str()
		if err != nil {
			return err
		}
		if !s.take(':') {
			return ErrJSON
		}
		if err := member(key); err != nil {
			return err
		}
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return ErrJSON
		}
	}
}

// Array calls element for each element, which it must read or skip.
func (s *JSON) Array(element func() error) error {
	if !s.take('[') {
		return ErrJSON
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
			return ErrJSON
		}
	}
}

// Value reads the next value.
func (s *JSON) Value() (Value, error) {
	switch b := s.Peek(); {
	case b == '"':
		text, err := s.str()
		return Value{Text: text}, err
	case b == '-' || b-'0' <= 9:
		text, err := s.number()
		return Value{Text: text, Form: TokenNumber}, err
	case b == '{' || b == '[':
		start := s.Pos
		err := s.Skip(0)
		return Value{Text: s.Data[start:s.Pos], Form: TokenOther}, err
	}
	for _, word := range [3]string{"null", "true", "false"} {
		if len(s.Data)-s.Pos >= len(word) && string(s.Data[s.Pos:s.Pos+len(word)]) == word {
			s.Pos += len(word)
			if word == "null" {
				return Value{}, nil
			}
			return Value{Text: []byte(word), Form: TokenOther}, nil
		}
	}
	return Value{}, ErrJSON
}

// Skip passes over a value, checking its form.
func (s *JSON) Skip(depth int) error {
	if depth > maxJSONDepth {
		return ErrJSON
	}
	switch s.Peek() {
	case '{':
		return s.Object(func([]byte) error { return s.Skip(depth + 1) })
	case '[':
		return s.Array(func() error { return s.Skip(depth + 1) })
	}
	_, err := s.Value()
	return err
}

// number passes over a number as JSON writes it.
func (s *JSON) number() ([]byte, error) {
	start := s.Pos
	digits := func() bool {
		from := s.Pos
		for s.Pos < len(s.Data) && s.Data[s.Pos]-'0' <= 9 {
			s.Pos++
		}
		return s.Pos > from
	}
	at := func(b byte) bool {
		if s.Pos < len(s.Data) && s.Data[s.Pos] == b {
			s.Pos++
			return true
		}
		return false
	}
	at('-')
	first := s.Pos
	if !digits() || s.Data[first] == '0' && s.Pos > first+1 {
		return nil, ErrJSON
	}
	if at('.') && !digits() {
		return nil, ErrJSON
	}
	if at('e') || at('E') {
		_ = at('+') || at('-')
		if !digits() {
			return nil, ErrJSON
		}
	}
	return s.Data[start:s.Pos], nil
}

// str reads a string; the scanner stands on its quote.
func (s *JSON) str() ([]byte, error) {
	s.Pos++
	start := s.Pos
	for ; s.Pos < len(s.Data); s.Pos++ {
		switch b := s.Data[s.Pos]; {
		case b == '"':
			s.Pos++
			return s.Data[start : s.Pos-1], nil
		case b == '\\':
			return s.escaped(start)
		case b < ' ':
			return nil, ErrJSON
		}
	}
	return nil, ErrJSON
}

// escaped reads a string with escapes from its start; the text never grows.
func (s *JSON) escaped(start int) ([]byte, error) {
	end := s.Pos
	for end < len(s.Data) && s.Data[end] != '"' {
		if s.Data[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(s.Data) {
		return nil, ErrJSON
	}
	text := append(s.Room(end-start), s.Data[start:s.Pos]...)
	for s.Pos < end {
		b := s.Data[s.Pos]
		s.Pos++
		if b < ' ' {
			return nil, ErrJSON
		}
		if b != '\\' {
			text = append(text, b)
			continue
		}
		b = s.Data[s.Pos]
		s.Pos++
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
				return nil, ErrJSON
			}
			text = utf8.AppendRune(text, r)
		default:
			return nil, ErrJSON
		}
	}
	s.Pos = end + 1
	return text, nil
}

// unicode reads the digits of \u, and the second half of a surrogate pair.
func (s *JSON) unicode(end int) (rune, bool) {
	r, ok := s.hex(end)
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if s.Pos+2 > end || s.Data[s.Pos] != '\\' || s.Data[s.Pos+1] != 'u' {
		return 0, false
	}
	s.Pos += 2
	low, ok := s.hex(end)
	pair := utf16.DecodeRune(r, low)
	return pair, ok && pair != utf8.RuneError
}

func (s *JSON) hex(end int) (rune, bool) {
	if s.Pos+4 > end {
		return 0, false
	}
	var r rune
	for _, b := range s.Data[s.Pos : s.Pos+4] {
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
	s.Pos += 4
	return r, true
}

// maxJSONDepth bounds the nesting of JSON values that are skipped.
const maxJSONDepth = 64

// TopKeys gives the keys of the object that a text begins with, as far as the
// text goes.
func TopKeys(text []byte) map[string]bool {
	keys := map[string]bool{}
	s := JSON{Data: text, Room: func(n int) []byte { return make([]byte, 0, n) }}
	_ = s.Object(func(key []byte) error { // a cut text is judged by what was seen
		if keys[string(key)] = true; len(keys) > MaxColumns {
			return ErrEnough
		}
		return s.Skip(0)
	})
	return keys
}
