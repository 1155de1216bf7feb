// Package view reads files by layouts whose one key is SQL.
//
// It promises that each line of a file comes at most once, that those which don't come
// are counted, and that what comes passes the feed's own parser. It runs no SQL itself:
// whoever reads hands in how. It imports the frame of formats and the layouts.
package view

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/layout"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// View runs the SQL of a layout over the rows of one file: a table file(line, …) with a
// column of text for each of columns. rows gives the file's rows, each once; answer
// takes those of the SQL in the order of their lines, a text per name, "" for NULL. It
// reads nothing else, no clock and no chance: the same file gives the same rows.
type View func(ctx context.Context, sql string, columns []string, rows func(add func(line int64, cells []string) error) error,
	answer func(line int64, names, cells []string) error) error

// LeftOutBySQL is the condition under which rows stand that a layout's SQL doesn't give.
const LeftOutBySQL = "not given by the layout's sql"

// lineColumn is the column of a row's line, in the file and in the answer.
const lineColumn = "line"

// Read reads a delimited text by the layout's SQL. Each line comes at most once;
// those that don't come are left out.
func Read(ctx context.Context, l *layout.Layout, r *published.Report, view View) error {
	if view == nil {
		return pipeline.Errorf(pipeline.KindInternal, "read", r.Name, "%s: its sql has nothing to run it", l.Called())
	}
	f, ok := pipeline.FeedByName(r.Feed)
	if !ok {
		return pipeline.Errorf(pipeline.KindUsage, "read", r.Name, "%s: no feed is called %q", l.Called(), r.Feed)
	}
	v := &viewed{Layout: l, feed: f, ids: l.ContentIDs(f), r: r, recs: r.Records(l.Separator.Comma(), published.QuotesStrict)}
	if err := v.header(); err != nil {
		return err
	}
	err := view(ctx, l.SQL, v.names, v.rows, v.row)
	if err != nil {
		return err
	}
	if err := v.until(1 << 62); err != nil {
		return err
	}
	if v.left > 0 {
		r.LeftOut = append(r.LeftOut, pipeline.LeftOut{Condition: LeftOutBySQL, Rows: v.left, Sums: map[string]string{}})
	}
	return nil
}

// viewed is a file that is read by SQL.
type viewed struct {
	*layout.Layout
	feed  pipeline.Feed
	ids   func(values map[string]string) string
	r     *published.Report
	recs  *published.Records
	names []string
	first []string // the first row of a file without a header
	lines []int64  // of the rows, not yet answered; eight bytes a row
	bad   []badRow // that are none
	last  int64
	left  int64
}

// badRow is a record that is no row.
type badRow struct {
	line     int64
	code     pipeline.Code
	text     string
	expected string
}

// header reads the names of the file's columns.
func (v *viewed) header() error {
	for range v.SkipLines {
		v.recs.Raw = v.recs.Raw[:0]
		if err := v.recs.ReadLine(); errors.Is(err, io.EOF) {
			return lex.EmptyFile(v.r.Name)
		} else if err != nil {
			return err
		}
	}
	cells, err := v.recs.Next()
	switch {
	case errors.Is(err, io.EOF):
		return lex.EmptyFile(v.r.Name)
	case errors.Is(err, published.ErrBadQuote):
		return v.r.Refuse(v.recs.Line, "the header has broken quotes: %q", lex.Cut80(v.recs.Raw))
	case err != nil:
		return err
	}
	v.names = slices.Clone(cells)
	for i := range v.names {
		v.names[i] = strings.TrimSpace(v.names[i])
	}
	if v.NoHeader {
		v.first = cells
		for i := range v.names {
			v.names[i] = fmt.Sprint("c", i+1)
		}
	}
	if len(v.names) > lex.MaxColumns {
		return v.r.Refuse(v.recs.Line, "%d columns, more than %d", len(v.names), lex.MaxColumns)
	}
	seen := map[string]bool{lineColumn: true}
	for i, name := range v.names {
		folded := strings.ToLower(name)
		if name == "" {
			return v.r.Refuse(v.recs.Line, "column %d has no name", i+1).WithHint("say no_header: true and skip_lines: %d; columns are then c1, c2, …", v.recs.Line)
		}
		if seen[folded] {
			return v.r.Refuse(v.recs.Line, "column %q is there twice, or is called as the line is", lex.ColumnName([]byte(name))).
				WithHint("say no_header: true and skip_lines: %d; columns are then c1, c2, …", v.recs.Line)
		}
		seen[folded] = true
	}
	return nil
}

// rows gives the rows of the file; records that are none are noted.
func (v *viewed) rows(add func(line int64, cells []string) error) error {
	take := func(cells []string) error {
		if len(cells) != len(v.names) {
			v.bad = append(v.bad, badRow{v.recs.Line, pipeline.CodeWrongFieldCount, lex.Cut(v.recs.Raw), fmt.Sprintf("%d fields, as the header has", len(v.names))})
			return nil
		}
		v.lines = append(v.lines, v.recs.Line)
		return add(v.recs.Line, cells)
	}
	if v.first != nil {
		if err := take(v.first); err != nil {
			return err
		}
	}
	for {
		cells, err := v.recs.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, published.ErrBadQuote):
			v.bad = append(v.bad, badRow{v.recs.Line, pipeline.CodeBadQuote, lex.Cut(v.recs.Raw), "fields quoted as in RFC 4180"})
			continue
		case err == nil:
			err = take(cells)
		}
		if err != nil {
			return err
		}
	}
}

// until counts the rows before a line as left out, and rejects what is none.
func (v *viewed) until(line int64) error {
	for len(v.bad) > 0 && v.bad[0].line < line {
		b := v.bad[0]
		if err := v.r.Out.Reject(b.line, "", b.code, b.text, b.expected); err != nil {
			return err
		}
		v.bad = v.bad[1:]
	}
	for len(v.lines) > 0 && v.lines[0] < line {
		v.lines = v.lines[1:]
		v.left++
	}
	return nil
}

// row takes one row of the answer.
func (v *viewed) row(line int64, names, cells []string) error {
	if line == v.last {
		return v.r.Refuse(line, "the layout's sql gives line %d more than once", line).WithHint("a row of the file makes one row at most: mend its join or unnest")
	}
	if err := v.until(line); err != nil {
		return err
	}
	if len(v.lines) == 0 || v.lines[0] != line {
		return v.r.Refuse(0, "the layout's sql gives a line %d, and the file has no such row", line).WithHint("select line of file as it is")
	}
	v.lines, v.last = v.lines[1:], line
	values := maps.Clone(v.Constants)
	if values == nil {
		values = map[string]string{}
	}
	for i, name := range names {
		if !slices.Contains(v.feed.ColumnNames(), name) {
			refused := v.r.Refuse(0, "the layout's sql gives a column %q, which %s doesn't have", lex.ColumnName([]byte(name)), v.feed.Name)
			if meant := pipeline.Closest(name, v.feed.ColumnNames()); meant != "" {
				return refused.WithHint("did you mean %s?", meant)
			}
			return refused.WithHint("name it by `as`: %s", strings.Join(v.feed.ColumnNames(), ", "))
		}
		if cells[i] != "" {
			values[name] = cells[i]
		}
	}
	if v.ContentID {
		values[v.feed.Key[0]] = v.ids(values)
	}
	if err := v.r.Out.Begin(line); err != nil {
		return err
	}
	for i := range v.feed.Columns {
		if text, ok := values[v.feed.Columns[i].Name]; ok {
			v.r.Out.Set(v.feed.Columns[i].Name, text)
		}
	}
	return v.r.Out.End()
}
