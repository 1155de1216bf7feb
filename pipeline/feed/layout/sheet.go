package layout

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
	"carat/pipeline/feed/workbook"
)

// FitSheet compares the beginning of a workbook's sheet with the layout. A
// workbook that can't be read fits nothing.
func (l *Layout) FitSheet(file *os.File, name, sheet string) Fit {
	info, err := file.Stat()
	if err != nil {
		return Fit{}
	}
	rows, err := workbook.Open(file, info.Size(), name, l.sheetOr(sheet))
	if err != nil {
		return Fit{}
	}
	defer rows.Close()
	var best Fit
	for range headerWithin {
		line, cells, err := rows.Next()
		if err != nil || l.SkipLines > 0 && line > int64(l.SkipLines)+headerWithin {
			return best
		}
		if line <= int64(l.SkipLines) {
			continue
		}
		f := l.fit(CellTexts(cells), line)
		if f.Fits || best.Line == 0 || f.Used > best.Used {
			best = f
		}
		if f.Fits || l.SkipLines > 0 || l.NoHeader {
			return best
		}
	}
	return best
}

func (l *Layout) sheetOr(sheet string) string {
	if l.Sheet != "" {
		return l.Sheet
	}
	return sheet
}

// CellTexts gives the texts of a sheet's row.
func CellTexts(cells []workbook.Cell) (texts []string) {
	for _, c := range cells {
		texts = append(texts, strings.TrimSpace(c.Text))
	}
	return texts
}

// ReadSheet reads a sheet of a workbook; sheet is the feed's, where the layout
// names none.
func (l *Layout) ReadSheet(ctx context.Context, r *published.Report, file io.ReaderAt, size int64, sheet string, zone *time.Location) error {
	m, err := newMaker(l, r, zone)
	if err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "read", r.Name, "%s: %w", l.Called(), err)
	}
	rows, err := workbook.Open(file, size, r.Name, l.sheetOr(sheet))
	if err != nil {
		return err
	}
	defer rows.Close()
	width := 0
	var nearest Fit
	for tried := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, cells, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF) && width > 0:
			return m.finish(r)
		case errors.Is(err, io.EOF) && nearest.Line == 0:
			return lex.EmptyFile(r.Name)
		case errors.Is(err, io.EOF):
			return m.Lacks(r.Name, r.Feed, nearest)
		case err != nil:
			return err
		case line <= int64(l.SkipLines):
			continue
		}
		if width > 0 {
			if err := m.sheetRow(rows, line, cells, width); err != nil {
				return err
			}
			continue
		}
		f := l.fit(CellTexts(cells), line)
		if f.Fits {
			if err := m.bind(r, f.Found, line); err != nil {
				return err
			}
			width = max(len(cells), 1)
			if l.NoHeader {
				if err := m.sheetRow(rows, line, cells, width); err != nil {
					return err
				}
			}
			continue
		}
		if nearest.Line == 0 || f.Used > nearest.Used {
			nearest = f
		}
		if tried++; l.SkipLines > 0 || l.NoHeader || tried >= headerWithin {
			return m.Lacks(r.Name, r.Feed, nearest)
		}
	}
}

// sheetRow makes a row of a sheet's row. Cells behind the header's last are an
// error only where the layout could need them: nobody names them.
func (m *maker) sheetRow(rows *workbook.Rows, line int64, raw []workbook.Cell, width int) error {
	cells := make([]Cell, len(raw))
	for i, c := range raw {
		cells[i] = Cell{Text: c.Text}
		if c.Number {
			cells[i] = Cell{Text: c.Text, Number: true, sheet: rows, parts: []string{c.Text}, date: c.Date}
		}
	}
	if i := m.leaves(cells); i >= 0 {
		m.leave(i, cells)
		return nil
	}
	if i := slices.IndexFunc(cells[min(width, len(cells)):], func(c Cell) bool { return c.Text != "" }); i >= 0 {
		return m.out.Reject(line, "", pipeline.CodeWrongFieldCount, cells[width+i].Text, "no cell beyond the header's last")
	}
	return m.row(line, cells)
}
