package feed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// Layout describes delimited text that is not in carat's own columns: a user's
// own export. What it doesn't say is as in CSV.
type Layout struct {
	Separator    byte
	Encoding     string                       // utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1
	SkipLines    int                          // before the header
	DecimalComma bool                         // 1.234,56
	Thousands    string                       // what groups the digits of a whole number; "": nothing
	TimeFormat   string                       // of times and days, as TimeLayout takes it; "": RFC 3339
	Columns      map[string]string            // by column of the feed: the header's name
	Constants    map[string]string            // by column of the feed: the same in every row
	Values       map[string]map[string]string // by column of the feed: what a text means
	Absolute     []string                     // columns of the feed whose sign is dropped
}

// FormatLayout is the format of files that a Layout describes.
const FormatLayout = "layout"

// LayoutEncodings are the encodings that a layout can name.
func LayoutEncodings() []string {
	return []string{"utf-8", string(lex.UTF16Little), string(lex.UTF16Big), string(lex.Windows1252), string(lex.Latin1)}
}

// timeTokens are the parts of a time format, the longer ones first.
var timeTokens = []struct{ token, layout string }{
	{"YYYY", "2006"}, {"YY", "06"}, {"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"}, {"DD", "02"}, {"D", "2"},
	{"HH", "15"}, {"hh", "03"}, {"h", "3"}, {"mm", "04"}, {"ss", "05"}, {"AM", "PM"}, {"PM", "PM"}, {"Z", "Z07:00"},
}

// TimeLayout turns a format such as "DD.MM.YYYY HH:mm:ss" into one of package
// time. Letters that are no part of a format are an error; put a T between the
// day and the time as it is. A fraction of a second is read after ss.
func TimeLayout(format string) (string, error) {
	var layout strings.Builder
	day := false
	for rest := format; rest != ""; {
		i := slices.IndexFunc(timeTokens, func(t struct{ token, layout string }) bool { return strings.HasPrefix(rest, t.token) })
		switch {
		case i >= 0:
			layout.WriteString(timeTokens[i].layout)
			day = day || strings.HasPrefix(timeTokens[i].token, "D")
			rest = rest[len(timeTokens[i].token):]
		case strings.HasPrefix(rest, "T"), strings.Trim(rest[:1], " .,/:-_'") == "":
			layout.WriteByte(rest[0])
			rest = rest[1:]
		default:
			return "", fmt.Errorf("%q is no part of a time; write YYYY MM DD HH mm ss", rest[:1])
		}
	}
	if !day {
		return "", errors.New("a time needs a day: DD or D")
	}
	return layout.String(), nil
}

// head says whether a text's header is that of the layout; missing is a column
// that it lacks.
func (l *Layout) head(text []byte) (ok bool, missing string, found published.Columns) {
	text = l.decode(text)
	text = bytes.TrimPrefix(text, []byte(lex.ByteOrderMark))
	for range l.SkipLines {
		_, text, _ = bytes.Cut(text, lex.Newline)
	}
	found = published.FirstRecord(text, l.Separator)
	for _, column := range slices.Sorted(maps.Keys(l.Columns)) {
		if found.Find(layoutName(l.Columns[column])) < 0 {
			return false, column, found
		}
	}
	return true, "", found
}

// layoutName makes a header's name comparable; | parts no spellings in it.
func layoutName(name string) string { return strings.ReplaceAll(published.FoldName(name), "|", "¦") }

func (l *Layout) decode(text []byte) []byte {
	if l.Encoding == "" || l.Encoding == "utf-8" {
		return text
	}
	decoded, err := io.ReadAll(lex.DecodeText(bytes.NewReader(text), lex.Encoding(l.Encoding)))
	if err != nil && len(decoded) == 0 {
		return text
	}
	return decoded
}

// read is the adapter's reader.
func (l *Layout) read(r *published.Report) error {
	recs := r.Records(l.Separator, published.QuotesStrict)
	for range l.SkipLines {
		recs.Raw = recs.Raw[:0]
		if err := recs.ReadLine(); errors.Is(err, io.EOF) {
			return lex.EmptyFile(r.Name)
		} else if err != nil {
			return err
		}
	}
	cells, err := recs.Next()
	switch {
	case errors.Is(err, io.EOF):
		return lex.EmptyFile(r.Name)
	case errors.Is(err, published.ErrBadQuote):
		return r.Refuse(recs.Line, "the header has broken quotes: %q", lex.Cut80(recs.Raw))
	case err != nil:
		return err
	}
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], "|", "¦")
	}
	c := published.ColumnsOf(FormatLayout, cells)
	order := slices.Sorted(maps.Keys(l.Columns))
	for _, column := range order {
		if c.Find(layoutName(l.Columns[column])) < 0 {
			return l.lacks(r.Name, r.Feed, recs.Line, column, c)
		}
	}
	return recs.Each(c, func(cells []string) error { return l.row(r, recs.Line, c, order, cells) })
}

// lacks is the error of a file that is not in the layout.
func (l *Layout) lacks(name, feed string, line int64, column string, found published.Columns) error {
	return lex.BadFile(name, line, "column %q, which feeds: %s: layout says is %s, is not there; found %s",
		l.Columns[column], feed, column, lex.ColumnName([]byte(strings.Join(found.Names, ", ")))).
		WithHint("say under feeds: %s: layout in carat.yaml what its columns are called now", feed)
}

func (l *Layout) row(r *published.Report, line int64, c published.Columns, order []string, cells []string) error {
	values := make([]string, len(order))
	for i, column := range order {
		text := c.Cell(cells, layoutName(l.Columns[column]))
		meant, ok := l.Values[column][text]
		if !ok {
			meant, ok = l.convert(r, column, text)
		}
		if !ok {
			return r.Out.Reject(line, column, l.wrong(r, column), text, l.expected(r, column))
		}
		values[i] = meant
	}
	if err := r.Out.Begin(line); err != nil {
		return err
	}
	for column, text := range l.Constants {
		if i, mapped := slices.BinarySearch(order, column); !mapped || values[i] == "" {
			r.Out.Set(column, text)
		}
	}
	for i, column := range order {
		if _, constant := l.Constants[column]; values[i] != "" || !constant {
			r.Out.Set(column, values[i])
		}
	}
	return r.Out.End()
}

func (l *Layout) wrong(r *published.Report, column string) pipeline.Code {
	if r.Out.Kind(column) == pipeline.ColumnNumber {
		return pipeline.CodeNotANumber
	}
	return pipeline.CodeBadTime
}

func (l *Layout) expected(r *published.Report, column string) string {
	switch {
	case r.Out.Kind(column) != pipeline.ColumnNumber:
		return "a time like " + l.TimeFormat + ", as the layout says"
	case l.DecimalComma:
		return "a number like " + "1" + l.Thousands + "234,56, as the layout says"
	}
	return "a number like " + "1" + l.Thousands + "234.56, as the layout says"
}

// convert writes numbers and times as carat does; false if the text is not
// written as the layout says.
func (l *Layout) convert(r *published.Report, column, text string) (string, bool) {
	switch r.Out.Kind(column) {
	case pipeline.ColumnNumber:
		if text == "" || !l.DecimalComma && l.Thousands == "" && len(l.Absolute) == 0 {
			return text, true
		}
		number, ok := l.number(text)
		if slices.Contains(l.Absolute, column) {
			number = strings.TrimPrefix(number, "-")
		}
		return number, ok
	case pipeline.ColumnTime:
		return l.time(text, "2006-01-02T15:04:05.999999999")
	case pipeline.ColumnDate:
		return l.time(text, time.DateOnly)
	}
	return text, true
}

// number takes out what groups the digits and puts the point in its place.
func (l *Layout) number(text string) (string, bool) {
	mark := "."
	if l.DecimalComma {
		mark = ","
	}
	whole, fraction, found := strings.Cut(text, mark)
	number := whole
	if l.Thousands != "" {
		number = published.UngroupWhole(whole, l.Thousands)
	}
	if found {
		number += "." + fraction
	}
	digits := strings.TrimPrefix(number, "-")
	return number, strings.Trim(digits, "0123456789.") == "" && strings.Count(digits, ".") <= 1 && (found || !strings.Contains(digits, "."))
}

// time writes a time as RFC 3339 does; one whose format has a zone keeps it.
func (l *Layout) time(text, as string) (string, bool) {
	if l.TimeFormat == "" || text == "" {
		return text, true
	}
	layout, err := TimeLayout(l.TimeFormat)
	if err != nil {
		return text, false
	}
	t, err := time.Parse(layout, text)
	if err != nil {
		return text, false
	}
	switch {
	case as == time.DateOnly:
	case strings.Contains(layout, "Z07:00"):
		as = time.RFC3339Nano
	case !strings.ContainsAny(layout, "35"): // no hour (15, 03, 3), minute or second
		as = time.DateOnly
	}
	return t.Format(as), true
}
