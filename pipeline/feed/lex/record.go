package lex

import "bytes"

// recordLinesMax is how many lines a record may go over.
const recordLinesMax = 20

// CutRecord parts a delimited text behind its first record, whose end of line is left off, and says over how many lines that
// goes: a quoted cell goes over several, as spreadsheets write a heading. A quote that isn't ended within recordLinesMax
// is a quote, and the record a line.
func CutRecord(text []byte) (record, rest []byte, lines int64) {
	end, quotes := 0, 0
	for lines = 1; lines <= recordLinesMax; lines++ {
		n := bytes.IndexByte(text[end:], '\n')
		if n < 0 {
			n = len(text) - end
		}
		if quotes += bytes.Count(text[end:end+n], []byte{'"'}); quotes%2 == 0 {
			return text[:end+n], text[min(end+n+1, len(text)):], lines
		}
		if end += n + 1; end >= len(text) {
			break
		}
	}
	record, rest, _ = bytes.Cut(text, Newline)
	return record, rest, 1
}
