package lex

import "testing"

// A quoted cell goes over several lines; a quote that isn't ended ends with its line.
func TestCutRecord(t *testing.T) {
	for _, c := range []struct {
		text, record, rest string
		lines              int64
	}{
		{"a,b\nc", "a,b", "c", 1},
		{"a,b", "a,b", "", 1},
		{"", "", "", 1},
		{"\"Order\nID\",b\r\nc", "\"Order\nID\",b\r", "c", 2},
		{"\"a \"\"b\n\n\nc\"\nd", "\"a \"\"b\n\n\nc\"", "d", 4},
		{"5\" screen,b\nc\nd", "5\" screen,b", "c\nd", 1},
		{"5\" screen\n6\" screen\nd", "5\" screen\n6\" screen", "d", 2}, // as a reader of CSV may take it
	} {
		if record, rest, lines := CutRecord([]byte(c.text)); string(record) != c.record || string(rest) != c.rest || lines != c.lines {
			t.Errorf("%q: %q %q %d", c.text, record, rest, lines)
		}
	}
}
