package escape

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Terminal makes a text safe for a terminal and fit for one line: escape
// sequences go whole, other controls and characters that reorder text too;
// tabs and line ends become spaces, bytes that are not UTF-8 U+FFFD.
func Terminal(text string) string {
	if plainASCII(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == 0x1B || r == 0x9B || r == 0x9D || r == 0x90:
			i += escapeLength(text[i:], r, size)
			continue
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case Unsafe(r):
		case r == utf8.RuneError && size == 1:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// WithoutControls drops control characters, tab and line ends excepted.
func WithoutControls(text string) string {
	if plainASCII(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' {
			return -1
		}
		return r
	}, text)
}

func plainASCII(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < ' ' || text[i] >= 0x7F {
			return false
		}
	}
	return true
}

// escapeLength gives the length of a terminal escape sequence (ECMA-48): a
// control sequence ends in @ to ~, a string in BEL or ST, any other after one
// character.
func escapeLength(text string, first rune, size int) int {
	kind := byte(0)
	i := size
	switch first {
	case 0x9B:
		kind = '['
	case 0x9D, 0x90:
		kind = ']'
	default:
		if i < len(text) && text[i] < utf8.RuneSelf {
			kind = text[i]
			i++
		}
	}
	switch kind {
	case '[':
		for ; i < len(text); i++ {
			if text[i] >= '@' && text[i] <= '~' {
				return i + 1
			}
			if text[i] < ' ' || text[i] > '~' { // not a control sequence after all
				return i
			}
		}
	case ']', 'P', 'X', '^', '_':
		for j := i; j < len(text); j++ {
			if text[j] == 0x07 {
				return j + 1
			}
			if text[j] == 0x1B && j+1 < len(text) && text[j+1] == '\\' {
				return j + 2
			}
		}
	}
	return i
}
