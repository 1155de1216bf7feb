package escape

import (
	"strings"
	"unicode/utf8"
)

// plainByte are the bytes that neither CSV nor JSON does anything about, and with
// which no formula begins: letters, digits and the commonest marks of ids.
var plainByte = func() (plain [256]bool) {
	for c := range plain {
		plain[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == ':'
	}
	return plain
}()

// isPlain says whether a text is made of these alone, as ids are.
func isPlain(v string) bool {
	for i := 0; i < len(v); i++ {
		if !plainByte[v[i]] {
			return false
		}
	}
	return true
}

// AppendCSV appends a text as one CSV field. A text that begins with a
// character by which spreadsheets recognise a formula gets an apostrophe, which
// they take as "this is text"; so `=1+1` stays readable and does nothing. So
// does a text that begins with apostrophes and then such a character, because
// PlainCell takes one away.
func AppendCSV(b []byte, v string) []byte {
	if isPlain(v) {
		return append(b, v...)
	}
	risky := startsFormula(strings.TrimLeft(v, "'"))
	if !strings.ContainsAny(v, "\",\r\n") && (v == "" || v[0] != ' ') {
		if risky {
			b = append(b, '\'')
		}
		return append(b, v...)
	}
	b = append(b, '"')
	if risky {
		b = append(b, '\'')
	}
	for i := 0; i < len(v); i++ {
		if v[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, v[i])
	}
	return append(b, '"')
}

// CSVText is a text as a cell of a CSV that others write: neutralised, not yet
// quoted. CSVPlain undoes it.
func CSVText(v string) string {
	if startsFormula(v) || strings.HasPrefix(v, "'") {
		return "'" + v
	}
	return v
}

// CSVPlain gives the text that CSVText was given.
func CSVPlain(v string) string { return strings.TrimPrefix(v, "'") }

// startsFormula tells texts that a spreadsheet could run: =, +, -, @ and their
// full-width forms, and control characters, behind which some look for these.
func startsFormula(v string) bool {
	switch r, _ := utf8.DecodeRuneInString(v); r {
	case '=', '+', '-', '@', '\uFF1D', '\uFF0B', '\uFF0D', '\uFF20':
		return true
	default:
		return v != "" && r < ' '
	}
}

// PlainCell undoes what writing a CSV cell does against formulas: it takes the
// apostrophe away again. It gives false for a cell that a spreadsheet could
// run, which carat never writes.
func PlainCell(v string) (plain string, ok bool) {
	if startsFormula(v) {
		return v, false
	}
	if startsFormula(strings.TrimLeft(v, "'")) {
		return v[1:], true
	}
	return v, true
}

const hexDigits = "0123456789abcdef"

// AppendJSON appends a JSON string. Bytes that are not UTF-8 become
// U+FFFD; <, > and & are escaped so that the text may stand inside a page.
func AppendJSON(b []byte, v string) []byte {
	b = append(b, '"')
	if isPlain(v) {
		return append(append(b, v...), '"')
	}
	start := 0
	for i := 0; i < len(v); {
		c := v[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0x7F {
				i++
				continue
			}
			b = append(b, v[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\t':
				b = append(b, '\\', 't')
			case '\r':
				b = append(b, '\\', 'r')
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(v[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(append(b, v[start:i]...), "\uFFFD"...)
			i++
			start = i
			continue
		}
		if r == '\u2028' || r == '\u2029' { // line ends to JavaScript
			b = append(append(b, v[start:i]...), `\u202`...)
			b = append(b, hexDigits[r&15])
			start = i + size
		}
		i += size
	}
	return append(append(b, v[start:]...), '"')
}

// plainHTML are the bytes that stand in HTML as they are.
var plainHTML = func() (plain [256]bool) {
	for c := range plain {
		plain[c] = c >= ' ' && c < 0x7F && c != '&' && c != '<' && c != '>' && c != '"' && c != '\''
	}
	return plain
}()

// AppendHTML appends a text escaped for element content and for quoted
// attributes. Control characters and the characters that reorder text (a name
// could otherwise turn round the numbers beside it) become U+FFFD.
func AppendHTML[T string | []byte](b []byte, v T) []byte {
	start := 0
	for i := 0; i < len(v); {
		c := v[i]
		if plainHTML[c] {
			i++
			continue
		}
		size, with := 1, ""
		switch {
		case c == '&':
			with = "&amp;"
		case c == '<':
			with = "&lt;"
		case c == '>':
			with = "&gt;"
		case c == '"':
			with = "&#34;"
		case c == '\'':
			with = "&#39;"
		case c == '\n' || c == '\t':
			with = " "
		case c < ' ' || c == 0x7F:
			with = "\uFFFD"
		case c >= utf8.RuneSelf:
			var r rune
			r, size = utf8.DecodeRuneInString(string(v[i:min(i+utf8.UTFMax, len(v))]))
			if r == utf8.RuneError || Unsafe(r) {
				with = "\uFFFD"
			}
		}
		if with != "" {
			b = append(append(b, v[start:i]...), with...)
			start = i + size
		}
		i += size
	}
	return append(b, v[start:]...)
}

// Unsafe tells control characters and those that change the direction of
// the text around them (Unicode UAX #9, explicit embeddings and isolates, marks).
func Unsafe(r rune) bool {
	switch {
	case r < ' ' || r >= 0x7F && r <= 0x9F:
		return true
	case r == '\u061C' || r == '\u200E' || r == '\u200F':
		return true
	case r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069':
		return true
	case r == '\u2028' || r == '\u2029' || r == '\uFEFF':
		return true
	}
	return false
}
