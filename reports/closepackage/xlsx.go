package closepackage

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"carat/pipeline"
	"carat/reports/table"
)

const (
	// workbookRows is how many rows a sheet gets before another one goes on; a
	// spreadsheet holds 1,048,576.
	workbookRows = 1_000_000
	// exactDigits is how many digits a spreadsheet's number holds for sure. What
	// has more is written as text, never rounded.
	exactDigits = 15
	// cellRunes is how long a spreadsheet's text may be.
	cellRunes = 32_767
)

// workbook is an XLSX under way.
type workbook struct {
	p      *Package
	file   *excelize.File
	styles struct{ head, text, whole, decimal, moment, day, title, note, link, bold, good, bad int }
	zone   *time.Location
	sheets []packageSheet // in order
	added  int            // ties that are added up by a formula
	tied   int            // of these, that tie
	sums   *sums          // what the formulas come to
	values map[string]map[string]computed
}

// packageSheet is a section as it was written.
type packageSheet struct {
	section *Section
	name    string
	rows    int
}

// WriteXLSX writes the package as one workbook: a contents sheet with links,
// the sums that a reader can see tie, and a sheet per section with a frozen
// header, filters and a named range per column. Whole numbers and decimals of
// at most 15 digits are numbers, others text; ids are text; nothing that comes
// from a row is a formula. The same rows give the same cells. Errors are those
// of the sections and of w.
func (p *Package) WriteXLSX(w io.Writer) (err error) {
	b := &workbook{p: p, file: excelize.NewFile(), zone: p.Zone, sums: newSums(p.Ties), values: map[string]map[string]computed{}}
	if b.zone == nil {
		b.zone = time.UTC
	}
	defer func() {
		if closing := b.file.Close(); err == nil {
			err = closing
		}
	}()
	if err := b.makeStyles(); err != nil {
		return b.fail(err)
	}
	if err := b.file.SetSheetName("Sheet1", contentsSheet); err != nil {
		return b.fail(err)
	}
	if _, err := b.file.NewSheet(tiesSheet); err != nil {
		return b.fail(err)
	}
	for i := range p.Sections {
		if err := b.section(&p.Sections[i]); err != nil {
			return b.fail(err)
		}
	}
	if err := b.ties(); err != nil {
		return b.fail(err)
	}
	if err := b.contents(); err != nil {
		return b.fail(err)
	}
	start := p.Period.Start(time.UTC).Format(time.RFC3339) // no clock: the month itself
	if err := b.file.SetDocProps(&excelize.DocProperties{
		Title: "Close package " + string(p.Period), Creator: "carat", LastModifiedBy: "carat", Created: start, Modified: start,
	}); err != nil {
		return b.fail(err)
	}
	yes := true
	if err := b.file.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &yes}); err != nil {
		return b.fail(err)
	}
	data, err := b.file.WriteToBuffer()
	if err != nil {
		return b.fail(err)
	}
	if err := b.sortZip(w, data.Bytes()); err != nil {
		return b.fail(err)
	}
	return nil
}

// sortZip writes an archive anew with its files in the order of their names:
// excelize writes them in that of a map.
func (b *workbook) sortZip(w io.Writer, data []byte) error {
	from, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	slices.SortFunc(from.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	to := zip.NewWriter(w)
	for _, f := range from.File {
		if err := b.copyWithValues(to, f); err != nil {
			return err
		}
	}
	return to.Close()
}

func (b *workbook) fail(err error) error {
	return fmt.Errorf("write workbook of %s: %w", b.p.Period, err)
}

func (b *workbook) makeStyles() error {
	decimal, whole, moment, day := `#,##0.00#######;[Red]-#,##0.00#######`, `#,##0;[Red]-#,##0`, "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"
	top := &excelize.Alignment{Vertical: "top"}
	const text = 49 // the built-in format @
	for _, s := range []struct {
		into  *int
		style excelize.Style
	}{
		{&b.styles.head, excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1F4F8F"}}}},
		{&b.styles.text, excelize.Style{NumFmt: text, Alignment: top}},
		{&b.styles.whole, excelize.Style{CustomNumFmt: &whole, Alignment: top}},
		{&b.styles.decimal, excelize.Style{CustomNumFmt: &decimal, Alignment: top}},
		{&b.styles.moment, excelize.Style{CustomNumFmt: &moment, Alignment: top}},
		{&b.styles.day, excelize.Style{CustomNumFmt: &day, Alignment: top}},
		{&b.styles.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 18}}},
		{&b.styles.note, excelize.Style{Font: &excelize.Font{Color: "566273"}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
		{&b.styles.link, excelize.Style{Font: &excelize.Font{Color: "1F4F8F", Underline: "single"}}},
		{&b.styles.bold, excelize.Style{Font: &excelize.Font{Bold: true}}},
		{&b.styles.good, excelize.Style{Font: &excelize.Font{Bold: true, Color: "0C7A5F"}}},
		{&b.styles.bad, excelize.Style{Font: &excelize.Font{Bold: true, Color: "B4431C"}}},
	} {
		id, err := b.file.NewStyle(&s.style)
		if err != nil {
			return err
		}
		*s.into = id
	}
	return nil
}

// section writes one section, over as many sheets as it needs.
func (b *workbook) section(s *Section) error {
	var w *excelize.StreamWriter
	sheet := packageSheet{section: s}
	finish := func() error {
		if w == nil {
			return nil
		}
		b.sheets = append(b.sheets, sheet)
		return b.finish(w, &sheet, len(b.sheets))
	}
	begin := func() (err error) {
		sheet = packageSheet{section: s, name: s.Title}
		if n := b.sheetsOf(s); n > 0 {
			sheet.name = s.Title[:min(len(s.Title), 26)] + fmt.Sprintf(" (%d)", n+1)
		}
		w, err = b.begin(&sheet)
		return err
	}
	if err := begin(); err != nil {
		return err
	}
	cells := make([]any, len(s.Columns))
	err := s.Rows(func(row []any) error {
		if sheet.rows == cmp.Or(b.p.sheetRows, workbookRows) {
			if err := finish(); err != nil {
				return err
			}
			if err := begin(); err != nil {
				return err
			}
		}
		for i, c := range s.Columns {
			cells[i] = b.cell(c.Kind, row[i])
		}
		b.sums.add(s, row)
		sheet.rows++
		return w.SetRow("A"+strconv.Itoa(sheet.rows+1), cells)
	})
	if err != nil {
		return err
	}
	return finish()
}

func (b *workbook) sheetsOf(s *Section) (n int) {
	for i := range b.sheets {
		if b.sheets[i].section == s {
			n++
		}
	}
	return n
}

// begin makes a sheet with its frozen header.
func (b *workbook) begin(sheet *packageSheet) (*excelize.StreamWriter, error) {
	if _, err := b.file.NewSheet(sheet.name); err != nil {
		return nil, err
	}
	w, err := b.file.NewStreamWriter(sheet.name)
	if err != nil {
		return nil, err
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	head := make([]any, len(sheet.section.Columns))
	for i, c := range sheet.section.Columns {
		width := 14
		switch {
		case c.Name == "detail":
			width = 90
		case c.Kind == table.Text:
			width = 24
		case c.Kind == table.Time:
			width = 20
		}
		if err := w.SetColWidth(i+1, i+1, sheetLength(width)); err != nil {
			return nil, err
		}
		head[i] = excelize.Cell{StyleID: b.styles.head, Value: c.Name}
	}
	return w, w.SetRow("A1", head)
}

// finish gives a sheet its filters, and its columns their names.
func (b *workbook) finish(w *excelize.StreamWriter, sheet *packageSheet, number int) error {
	s := sheet.section
	last, err := excelize.ColumnNumberToName(len(s.Columns))
	if err != nil {
		return err
	}
	bottom := max(sheet.rows+1, 2)
	stripes := false
	if err := w.AddTable(&excelize.Table{
		Range: "A1:" + last + strconv.Itoa(bottom), Name: fmt.Sprintf("t%d_%s", number, s.ID), StyleName: "TableStyleLight1", ShowRowStripes: &stripes,
	}); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i, c := range s.Columns {
		column, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := b.file.SetDefinedName(&excelize.DefinedName{
			Name: rangeName(s.ID, c.Name, b.sheetsOf(s)), RefersTo: fmt.Sprintf("'%s'!$%s$2:$%s$%d", sheet.name, column, column, bottom),
		}); err != nil {
			return err
		}
	}
	return nil
}

// rangeName names a column of a section; where the section goes on over several
// sheets, each from the second has its number behind the name.
func rangeName(section, column string, sheet int) string {
	if sheet > 1 {
		return section + "_" + column + "_" + strconv.Itoa(sheet)
	}
	return section + "_" + column
}

// cell makes a value a cell of its column's kind.
func (b *workbook) cell(kind table.Kind, v any) any {
	text, null := table.CellText(kind, v)
	if null {
		return nil
	}
	switch kind {
	case table.Number, table.Decimal:
		style := b.styles.whole
		if kind == table.Decimal {
			style = b.styles.decimal
		}
		if n, ok := exactNumber(text); ok {
			return excelize.Cell{StyleID: style, Value: n}
		}
	case table.Time:
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			t = t.In(b.zone)
			// A spreadsheet's times have no zone: these are the wall clock's.
			return excelize.Cell{StyleID: b.styles.moment, Value: time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)}
		}
	case table.Date:
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return excelize.Cell{StyleID: b.styles.day, Value: t}
		}
	case table.Bool:
		return text == "true"
	}
	return excelize.Cell{StyleID: b.styles.text, Value: sheetText(text)}
}

// sheetText cuts a text to what a cell holds, and says so.
func sheetText(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= cellRunes {
		return text
	}
	runes := []rune(text)
	if len(runes) <= cellRunes/2 { // characters beyond the first plane count twice
		return text
	}
	said := fmt.Sprintf("… (cut here: %d characters in all)", len(runes))
	return string(runes[:cellRunes/2-len(said)]) + said
}

// periodWords is "October 2026".
func periodWords(p pipeline.Period) string { return p.Start(time.UTC).Format("January 2006") }
