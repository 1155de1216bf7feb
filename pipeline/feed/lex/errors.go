package lex

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"carat/pipeline"
)

// Place gives FILE or FILE:LINE.
func Place(name string, line int64) string {
	if line <= 0 {
		return name
	}
	return name + ":" + strconv.FormatInt(line, 10)
}

// Cut copies the offending text for a reject: valid UTF-8 of at most
// RejectValueBytes.
func Cut(text []byte) string { return cutTo(text, pipeline.RejectValueBytes) }

func cutTo(text []byte, most int) string {
	limit := most
	if len(text) > limit {
		for limit > 0 && !utf8.RuneStart(text[limit]) {
			limit--
		}
		text = text[:limit]
	}
	valid := strings.ToValidUTF8(string(text), "\uFFFD")
	for len(valid) > most {
		_, n := utf8.DecodeLastRuneInString(valid)
		valid = valid[:len(valid)-n]
	}
	return valid
}

// ColumnName is a column's name as messages and reports give it: cut, and
// without characters that would drive a terminal.
func ColumnName(name []byte) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, Cut(name))
}

// Cut80 cuts a text for a message: valid UTF-8 of at most 80 bytes.
func Cut80(text []byte) string { return cutTo(text, 80) }

// BadFile is the error of a file that is refused whole. line 0 names no line.
func BadFile(name string, line int64, format string, args ...any) *pipeline.Error {
	return pipeline.Errorf(pipeline.KindBadInput, "read", Place(name, line), format, args...)
}

// EmptyFile is the error of a file without a byte.
func EmptyFile(name string) error {
	return BadFile(name, 0, "the file is empty").WithHint("a file without rows still has a header")
}

// Shown is a text of the file as a message gives it.
func Shown(text string) string {
	if text == "" {
		return "without a name"
	}
	return ColumnName([]byte(Cut80([]byte(text))))
}

// CutText cuts a text to what a text column takes, at a rune's end.
func CutText(text string) string { return cutTo([]byte(text), MaxTextBytes) }
