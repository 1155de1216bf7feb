package literal

import (
	"bytes"
	"unicode/utf8"
)

// NotUTF8 gives the line of a text in which bytes are no UTF-8; 0: there is none. UTF-16
// with its mark is read as such.
func NotUTF8(text []byte) (line int) {
	if utf8.Valid(text) || bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return 0
	}
	for one := range bytes.Lines(text) {
		if line++; !utf8.Valid(one) {
			break
		}
	}
	return line
}
