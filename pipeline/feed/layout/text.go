package layout

import (
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// ReadText reads a delimited text. zone is that of times without one.
func (l *Layout) ReadText(r *published.Report, zone *time.Location) error {
	m, err := newMaker(l, r, zone)
	if err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "read", r.Name, "%s: %w", l.Called(), err)
	}
	recs := r.Records(l.Separator.Comma(), published.QuotesStrict)
	for range l.SkipLines {
		recs.Raw = recs.Raw[:0]
		if err := recs.ReadLine(); errors.Is(err, io.EOF) {
			return lex.EmptyFile(r.Name)
		} else if err != nil {
			return err
		}
	}
	names, first, err := m.header(r, recs)
	if err != nil {
		return err
	}
	if first != nil {
		if err := m.record(r, recs, names, first); err != nil {
			return err
		}
	}
	for {
		cells, err := recs.Next()
		switch {
		case errors.Is(err, io.EOF):
			return m.finish(r)
		case errors.Is(err, published.ErrBadQuote):
			err = r.Out.Reject(recs.Line, "", pipeline.CodeBadQuote, string(recs.Raw), "fields quoted as in RFC 4180")
		case err == nil:
			err = m.record(r, recs, names, cells)
		}
		if err != nil {
			return err
		}
	}
}

// record makes a row of a record's cells. One with more or fewer cells than the
// header is left out, if a condition says so, or rejected.
func (m *maker) record(r *published.Report, recs *published.Records, names, texts []string) error {
	cells := make([]Cell, len(texts))
	for i, text := range texts {
		cells[i].Text = text
	}
	if blank(cells) {
		return nil
	}
	if len(texts) != len(names) {
		if i := m.leaves(cells); i >= 0 {
			m.leave(i, cells)
			return nil
		}
		return recs.WrongCount(published.Columns{Names: names}, texts)
	}
	return m.row(recs.Line, cells)
}

// header finds the header and the places of the columns in it; first is the
// first record of a file without one.
func (m *maker) header(r *published.Report, recs *published.Records) (names, first []string, err error) {
	var nearest Fit
	for n := 0; n < headerWithin; n++ {
		cells, err := recs.Next()
		switch {
		case errors.Is(err, io.EOF) && nearest.Line == 0:
			return nil, nil, lex.EmptyFile(r.Name)
		case errors.Is(err, io.EOF):
			return nil, nil, m.Lacks(r.Name, r.Feed, nearest)
		case errors.Is(err, published.ErrBadQuote) && m.SkipLines > 0:
			return nil, nil, r.Refuse(recs.Line, "the header has broken quotes: %q", lex.Cut80(recs.Raw))
		case errors.Is(err, published.ErrBadQuote):
			continue
		case err != nil:
			return nil, nil, err
		}
		f := m.fit(trimmed(cells), recs.Line)
		if f.Fits {
			if err := m.bind(r, f.Found, recs.Line); err != nil {
				return nil, nil, err
			}
			if m.NoHeader {
				return f.Found, cells, nil
			}
			return f.Found, nil, nil
		}
		if nearest.Line == 0 || f.Used > nearest.Used {
			nearest = f
		}
		if m.SkipLines > 0 || m.NoHeader {
			break
		}
	}
	return nil, nil, m.Lacks(r.Name, r.Feed, nearest)
}

// bind notes where the columns of the file are.
func (m *maker) bind(r *published.Report, names []string, line int64) error {
	if len(names) > lex.MaxColumns {
		return r.Refuse(line, "%d columns, more than %d", len(names), lex.MaxColumns)
	}
	if name := m.twice(names); name != "" {
		return r.Refuse(line, "column %q, which the layout uses, is there twice", lex.ColumnName([]byte(name))).
			WithHint("say no_header: true, skip_lines: %d, and give the columns by their numbers", line)
	}
	for _, name := range m.Uses() {
		m.at[name] = m.place(names, name)
	}
	return nil
}

func trimmed(cells []string) []string {
	names := slices.Clone(cells)
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
}
