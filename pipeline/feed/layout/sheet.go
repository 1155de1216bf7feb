package layout

import (
	"context"
	"errors"
	"fmt"
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

// FitSheet compares the beginning of a workbook's sheet, or of the best of several, with
// the layout. A workbook that can't be read fits nothing.
func (l *Layout) FitSheet(file *os.File, name, sheet string) (best Fit) {
	info, err := file.Stat()
	if err != nil {
		return Fit{}
	}
	sheets, err := l.sheets(file, info.Size(), name, sheet)
	if err != nil {
		return Fit{}
	}
	for _, one := range sheets {
		if f := l.fitOne(file, info.Size(), name, one); f.Fits || best.Line == 0 || f.Used > best.Used {
			best = f
		}
		if best.Fits {
			break
		}
	}
	return best
}

// sheets gives the sheets that are to be read; sheet is the feed's. "" is the first.
func (l *Layout) sheets(file io.ReaderAt, size int64, name, sheet string) ([]string, error) {
	switch one := l.sheetOr(sheet); {
	case len(l.Sheets) > 1:
		return l.Sheets, nil
	case one == AllSheets:
		return workbook.ShownSheets(file, size, name)
	default:
		return []string{one}, nil
	}
}

// Further gives the sheets of a workbook that have the layout's columns too, where it is
// said nowhere which sheet is meant and the first is read; sheet is the feed's. Without a
// layout the columns are those of names.
func (l *Layout) Further(file io.ReaderAt, size int64, name, sheet string, names []string) (further []string) {
	if sheet != "" || l != nil && (l.Sheet != "" || len(l.Sheets) > 0) {
		return nil
	}
	sheets, err := workbook.ShownSheets(file, size, name)
	if err != nil || len(sheets) < 2 {
		return nil // its reader says what is wrong with it
	}
	if l == nil {
		l = &Layout{Columns: map[string]string{}}
		for _, n := range names {
			l.Columns[n] = n
		}
	}
	if names != nil && !l.fitOne(file, size, name, sheets[0]).Fits {
		return nil // what the first lacks is told where it is read
	}
	for _, other := range sheets[1:] {
		if l.fitOne(file, size, name, other).Fits {
			further = append(further, other)
		}
	}
	return further
}

// Elsewhere gives the sheets that have the layout's columns, where the first, which is
// read because none is named, lacks some.
func (l *Layout) Elsewhere(file *os.File, name, sheet string) []string {
	info, err := file.Stat()
	if err != nil {
		return nil
	}
	return l.Further(file, info.Size(), name, sheet, nil)
}

// fitOne compares the beginning of one sheet with the layout.
func (l *Layout) fitOne(file io.ReaderAt, size int64, name, sheet string) (best Fit) {
	rows, err := workbook.Open(file, size, name, sheet)
	if err != nil {
		return Fit{}
	}
	defer rows.Close()
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
	switch {
	case l.Sheet != "":
		return l.Sheet
	case len(l.Sheets) == 1:
		return l.Sheets[0]
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

// ReadSheet reads a sheet of a workbook, or several one behind the other; sheet is the
// feed's, where the layout names none. Lines of a further sheet are counted on.
func (l *Layout) ReadSheet(ctx context.Context, r *published.Report, file io.ReaderAt, size int64, sheet string, zone *time.Location) error {
	m, err := newMaker(l, r, zone)
	if err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "read", r.Name, "%s: %w", l.Called(), err)
	}
	sheets, err := l.sheets(file, size, r.Name, sheet)
	if err != nil {
		return err
	}
	var lines, others []string
	for _, one := range sheets {
		if l.sheetOr(sheet) == AllSheets && !l.fitOne(file, size, r.Name, one).Fits {
			others = append(others, lex.Shown(one))
			continue
		}
		from := m.before
		if err := m.readSheet(ctx, r, file, size, one); err != nil {
			return err
		}
		if lines = append(lines, fmt.Sprintf("%s has the lines %d to %d", lex.Shown(one), from+1, m.last)); len(sheets) > 1 {
			m.before = m.last
		}
	}
	if len(sheets) > 1 {
		r.Note("several sheets were read: %s", strings.Join(lines, ", "))
	}
	if len(others) > 0 {
		r.Note("sheets without the columns of the %s were left alone: %s", l.Called(), strings.Join(others, ", "))
	}
	if len(lines) == 0 {
		return r.Refuse(0, "no sheet has the columns of the %s", l.Called()).WithHint("mend feeds: %s: layout in carat.yaml", r.Feed)
	}
	return m.finish(r)
}

// readSheet reads one sheet.
func (m *maker) readSheet(ctx context.Context, r *published.Report, file io.ReaderAt, size int64, sheet string) error {
	rows, err := workbook.Open(file, size, r.Name, sheet)
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
			return nil
		case errors.Is(err, io.EOF) && nearest.Line == 0:
			return lex.EmptyFile(r.Name)
		case errors.Is(err, io.EOF):
			return m.Lacks(r.Name, r.Feed, nearest)
		case err != nil:
			return err
		case line <= int64(m.SkipLines):
			continue
		}
		m.last = m.before + line
		if width > 0 {
			if err := m.sheetRow(rows, m.last, cells, width); err != nil {
				return err
			}
			continue
		}
		f := m.fit(CellTexts(cells), line)
		if f.Fits {
			if err := m.bind(r, f.Found, line); err != nil {
				return err
			}
			width = max(len(cells), 1)
			if m.NoHeader {
				if err := m.sheetRow(rows, m.last, cells, width); err != nil {
					return err
				}
			}
			continue
		}
		if nearest.Line == 0 || f.Used > nearest.Used {
			nearest = f
		}
		if tried++; m.SkipLines > 0 || m.NoHeader || tried >= headerWithin {
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
			cells[i] = Cell{Text: c.Text, Number: true, sheet: rows, parts: []string{c.Text}, date: c.Date, currency: c.Currency}
		}
	}
	if blank(cells) {
		return nil
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
