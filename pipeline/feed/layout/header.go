package layout

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// headerWithin bounds where a header is looked for.
const headerWithin = 100

// Fit is how a file's beginning fits a layout.
type Fit struct {
	Fits    bool
	Used    int      // columns of the file that the layout uses and that are there
	Line    int64    // where the header is, or where it comes nearest
	Missing string   // a column of the file that isn't there
	column  string   // of the feed, that Missing is for
	Found   []string // what is there
}

// fold makes a header's name comparable; | parts no spellings in it.
func fold(name string) string { return strings.ReplaceAll(published.FoldName(name), "|", "¦") }

// fit compares the names of one header with the layout.
func (l *Layout) fit(names []string, line int64) Fit {
	f := Fit{Fits: true, Line: line, Found: names}
	for _, u := range l.uses() {
		if l.place(names, u.name) >= 0 {
			f.Used++
		} else if f.Fits {
			f.Fits, f.Missing, f.column = false, u.name, u.column
		}
	}
	return f
}

// place finds a column in a header; -1 without.
func (l *Layout) place(names []string, name string) int {
	if l.NoHeader {
		if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(names) {
			return n - 1
		}
		return -1
	}
	return slices.IndexFunc(names, func(n string) bool { return fold(n) == fold(name) })
}

// twice gives a column that the layout uses and the header has more than once.
func (l *Layout) twice(names []string) string {
	if l.NoHeader {
		return ""
	}
	for _, u := range l.uses() {
		n := 0
		for _, name := range names {
			if fold(name) == fold(u.name) {
				n++
			}
		}
		if n > 1 {
			return u.name
		}
	}
	return ""
}

// FitText compares the beginning of a delimited text, as the file has it, with
// the layout.
func (l *Layout) FitText(text []byte) Fit {
	text = bytes.TrimPrefix(l.Decode(text), []byte(lex.ByteOrderMark))
	line := int64(1)
	for range l.SkipLines {
		_, text, _ = bytes.Cut(text, lex.Newline)
		line++
	}
	var best Fit
	for n := 0; n < headerWithin && len(text) > 0; n++ {
		record, rest, lines := lex.CutRecord(text)
		if len(bytes.TrimSpace(record)) > 0 {
			f := l.fit(published.LineColumns(record, l.Separator.Comma()).Names, line)
			if f.Fits || best.Line == 0 || f.Used > best.Used {
				best = f
			}
			if f.Fits || l.SkipLines > 0 || l.NoHeader {
				return best
			}
		}
		text, line = rest, line+lines
	}
	return best
}

// Decode gives a text in UTF-8, by the encoding that the layout says or its beginning shows.
func (l *Layout) Decode(text []byte) []byte {
	if l.Encoding == "" || l.Encoding == "utf-8" {
		decoded, _ := lex.DecodeHead(text)
		return decoded
	}
	decoded, err := io.ReadAll(lex.DecodeText(bytes.NewReader(text), lex.Encoding(l.Encoding)))
	if err != nil && len(decoded) == 0 {
		return text
	}
	return decoded
}

// Lacks is the error of a file that is not in the layout.
func (l *Layout) Lacks(name, feed string, f Fit) error {
	key, use := l.Called(), "is "+f.column
	if f.column == "leave_out" {
		use = "tells what is left out"
	}
	e := lex.BadFile(name, f.Line, "column %q, which feeds: %s: %s says %s, is not there; found %s", f.Missing, feed, key, use, shown(f.Found))
	if meant := pipeline.Closest(f.Missing, f.Found); meant != "" {
		return e.WithHint("did you mean %q? say under feeds: %s: layout in carat.yaml what its columns are called", meant, feed)
	}
	return e.WithHint("say under feeds: %s: layout in carat.yaml what its columns are called now", feed)
}
