package bank

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// lines reads a bank's text line by line, in whichever encoding it is.
type lines struct {
	*published.Report
	in      *bufio.Reader
	line    int64 // read so far
	western bool  // a line was not UTF-8
	utf8    bool  // a line was, beyond ASCII
}

func linesOf(r *published.Report) *lines {
	in, ok := r.Text.(*bufio.Reader)
	if !ok {
		in = bufio.NewReaderSize(r.Text, 64<<10)
	}
	return &lines{Report: r, in: in}
}

// next reads a line as text. A line that is not UTF-8 is in a western encoding;
// a file with lines in both can't be read rightly.
func (l *lines) next() (string, error) {
	var raw []byte
	for {
		part, err := l.in.ReadSlice('\n')
		raw = append(raw, part...)
		if len(raw) > lex.MaxRecordBytes {
			return "", lex.LineTooLong(l.Name, l.line+1)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return "", l.Wrap(err)
		}
		if err != nil && len(raw) == 0 {
			return "", io.EOF
		}
		break
	}
	l.line++
	raw = lex.TrimEOL(raw)
	switch {
	case !utf8.Valid(raw):
		l.western = true
		raw = lex.AppendWestern(nil, raw)
	case !lex.IsPlain(raw):
		l.utf8 = l.utf8 || bytes.ContainsFunc(raw, func(r rune) bool { return r >= utf8.RuneSelf })
	}
	if l.western && l.utf8 {
		return "", l.Refuse(l.line, "lines in UTF-8 and lines in another encoding in one file").WithHint("fetch the file again")
	}
	return string(raw), nil
}
