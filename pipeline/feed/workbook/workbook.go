package workbook

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/typed"
)

// A workbook's cells are read here, one at a time, because no library hands on
// a cell's type without holding the whole sheet, which a hostile file makes as
// large as the grid. Layout: ECMA-376, Office Open XML, part 1, SpreadsheetML.

const (
	workbookPart = "xl/workbook.xml"
	relationPart = "xl/_rels/workbook.xml.rels"
	stringsPart  = "xl/sharedStrings.xml"

	maxWorkbookStrings = 4 << 20
	// MaxPartBytes bounds the parts of a workbook that are read.
	MaxPartBytes = 128 << 20
)

// Is says whether a zip is a workbook.
func Is(file *os.File) bool {
	info, err := file.Stat()
	if err != nil {
		return false
	}
	z, err := zip.NewReader(file, info.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return false
	}
	for _, f := range z.File {
		if f.Name == workbookPart {
			return true
		}
	}
	return false
}

// workbook is an open workbook.
type workbook struct {
	name    string
	parts   map[string]*zip.File
	strings []string          // shared by the cells
	sheets  []string          // names, once a sheet was looked for
	visible []string          // those of them that aren't hidden
	date04  bool              // days count from 1904
	dates   map[string]bool   // styles by which a cell's number is a day or a time
	money   map[string]string // styles that show a currency: its sign or code
}

func openWorkbook(file io.ReaderAt, size int64, name string) (*workbook, error) {
	z, err := zip.NewReader(file, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, lex.BadFile(name, 0, "broken workbook: %w", err).WithHint("have it exported again, as .xlsx or CSV")
	}
	w := &workbook{name: name, parts: map[string]*zip.File{}}
	for _, f := range z.File {
		w.parts[f.Name] = f
	}
	return w, nil
}

// open opens a part; what it unfolds to is bounded, whatever it declares.
func (w *workbook) open(part string) (*xml.Decoder, io.Closer, error) {
	f, ok := w.parts[part]
	if !ok {
		return nil, nil, w.broken("it has no %s", lex.ColumnName([]byte(part)))
	}
	if f.UncompressedSize64 > MaxPartBytes || f.UncompressedSize64 > lex.UnfoldFreeBytes && f.UncompressedSize64/lex.MaxUnfoldRatio/10 > f.CompressedSize64 {
		return nil, nil, lex.BadFile(w.name, 0, "a workbook with a part that unfolds from %d to %d bytes", f.CompressedSize64, f.UncompressedSize64).
			WithHint("have it exported as CSV")
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, w.broken("%w", err)
	}
	return xml.NewDecoder(r), r, nil
}

func (w *workbook) broken(format string, args ...any) error {
	return lex.BadFile(w.name, 0, "broken workbook: %w", fmt.Errorf(format, args...)).WithHint("have it exported again, as .xlsx or CSV")
}

// ShownSheets gives the names of the sheets that are shown, in their order; all where none
// is. An error of KindBadInput says that the workbook is broken.
func ShownSheets(file io.ReaderAt, size int64, name string) ([]string, error) {
	w, err := openWorkbook(file, size, name)
	if err != nil {
		return nil, err
	}
	if _, err := w.sheetPart(""); err != nil {
		return nil, err
	}
	if len(w.visible) == 0 {
		return w.sheets, nil
	}
	return w.visible, nil
}

// sheetPart finds the part of a sheet; "" is the first that is shown.
func (w *workbook) sheetPart(sheet string) (string, error) {
	var book struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			ID    string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
			State string `xml:"state,attr"`
			// Strict files have another name space.
			StrictID string `xml:"http://purl.oclc.org/ooxml/officeDocument/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	for part, into := range map[string]any{workbookPart: &book, relationPart: &relations} {
		d, closer, err := w.open(part)
		if err != nil {
			return "", err
		}
		err = d.Decode(into)
		_ = closer.Close()
		if err != nil {
			return "", w.broken("%s: %w", part, err)
		}
	}
	w.date04 = book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true"
	var names []string
	for _, s := range book.Sheets {
		names = append(names, s.Name)
		if s.State == "" || s.State == "visible" {
			w.visible = append(w.visible, s.Name)
		}
	}
	w.sheets = names
	for _, s := range book.Sheets {
		if sheet != "" && s.Name != sheet || sheet == "" && s.State != "" && s.State != "visible" && len(w.visible) > 0 { // a hidden one isn't meant
			continue
		}
		for _, r := range relations.All {
			if r.ID == s.ID+s.StrictID {
				return strings.TrimPrefix(path.Join("/xl", rooted(r.Target)), "/"), nil
			}
		}
		return "", w.broken("the sheet %q is nowhere", lex.Cut80([]byte(s.Name)))
	}
	if len(names) == 0 {
		return "", w.broken("it has no sheets")
	}
	return "", lex.BadFile(w.name, 0, "no sheet is called %q; found %s", sheet, lex.ColumnName([]byte(strings.Join(names, ", ")))).
		WithHint("mend sheet in carat.yaml")
}

// rooted makes a target relative to the folder xl.
func rooted(target string) string {
	if rest, absolute := strings.CutPrefix(target, "/"); absolute {
		return "../" + rest
	}
	return target
}

// readStrings reads the texts that cells share; absent if all are in the cells.
func (w *workbook) readStrings() error {
	if _, ok := w.parts[stringsPart]; !ok {
		return nil
	}
	d, closer, err := w.open(stringsPart)
	if err != nil {
		return err
	}
	defer closer.Close()
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return w.broken("%s: %w", stringsPart, err)
		}
		if start, ok := t.(xml.StartElement); ok && start.Name.Local == "si" {
			var s richText
			if err := d.DecodeElement(&s, &start); err != nil {
				return w.broken("%s: %w", stringsPart, err)
			}
			if len(w.strings) >= maxWorkbookStrings {
				return lex.BadFile(w.name, 0, "a workbook of more than %d texts", maxWorkbookStrings).WithHint("have it exported as CSV")
			}
			w.strings = append(w.strings, s.String())
		}
	}
}

// richText is a text, whole or in runs of other fonts.
type richText struct {
	Text string   `xml:"t"`
	Runs []string `xml:"r>t"`
}

func (t richText) String() string { return t.Text + strings.Join(t.Runs, "") }

// sheetCell is a cell as the sheet has it.
type sheetCell struct {
	Ref   string   `xml:"r,attr"`
	Type  string   `xml:"t,attr"`
	Style string   `xml:"s,attr"`
	Value string   `xml:"v"`
	Text  richText `xml:"is"`
}

// Read reads a sheet whose first row has the columns of the task's feed; sheet is
// its name, "" for the first. unknown are the columns that were ignored. What is
// wrong with the file is an error of KindBadInput.
func Read(ctx context.Context, t *typed.Task, file io.ReaderAt, size int64, sheet string) (total typed.Result, unknown []string, err error) {
	w, err := openWorkbook(file, size, t.Name)
	if err != nil {
		return total, nil, err
	}
	d, closer, err := w.openSheet(sheet)
	if err != nil {
		return total, nil, err
	}
	defer closer.Close()
	s := typed.NewSerial(t)
	unknown, err = readSheet(ctx, t, w, d, s)
	total, err = s.Finish(err)
	return total, unknown, err
}

// sheetReader reads the rows of a sheet, a cell at a time.
type sheetReader struct {
	*workbook
	d      *xml.Decoder
	number int64 // of the row that is read
	cells  []workbookValue
}

// next reads the next row that has a cell; io.EOF behind the last.
func (r *sheetReader) next() error {
	at := -1
	for {
		t, err := r.d.Token()
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil {
			return r.broken("the sheet: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "row":
				at = -1
				r.cells = r.cells[:0]
				r.begin(t)
			case "c":
				if at, err = r.cell(t, at); err != nil {
					return err
				}
			}
		case xml.EndElement:
			if t.Name.Local == "row" && len(r.cells) > 0 {
				return nil
			}
		}
	}
}

// begin takes the row's number; rows without one, or out of order, are counted.
func (r *sheetReader) begin(row xml.StartElement) {
	number := r.number + 1
	for _, a := range row.Attr {
		if n, err := pipeline.ParseWhole([]byte(a.Value)); a.Name.Local == "r" && err == nil && n > r.number {
			number = n
		}
	}
	r.number = number
}

// workbookValue is a cell's content, and whether it is a number.
type workbookValue struct {
	text     string
	number   bool
	date     bool   // the number is shown as a day or a time
	currency string // that the number is shown with
}

// cell puts a cell into its place and gives it; cells without a name follow each
// other.
func (r *sheetReader) cell(start xml.StartElement, at int) (int, error) {
	var c sheetCell
	if err := r.d.DecodeElement(&c, &start); err != nil {
		return at, r.broken("the sheet: %w", err)
	}
	at++
	if c.Ref != "" {
		if at = columnIndex(c.Ref); at < 0 {
			return at, r.broken("row %d: no cell is called %q", r.number, lex.Cut80([]byte(c.Ref)))
		}
	}
	v := workbookValue{text: c.Value, number: c.Type == "" || c.Type == "n"}
	if v.number {
		v.date, v.currency = r.dates[c.Style], r.money[c.Style]
	}
	switch c.Type {
	case "b": // no number, whatever column it stands in
		v.text = map[string]string{"1": "TRUE", "0": "FALSE"}[c.Value]
	case "s":
		i, err := pipeline.ParseWhole([]byte(c.Value))
		if err != nil || i < 0 || i >= int64(len(r.strings)) {
			return at, r.broken("row %d: it has no text number %q", r.number, lex.Cut80([]byte(c.Value)))
		}
		v.text = r.strings[i]
	case "inlineStr":
		v.text = c.Text.String()
	}
	if v.text == "" {
		return at, nil
	}
	if at >= lex.MaxColumns {
		return at, lex.BadFile(r.name, r.number, "a cell in column %d, beyond %d columns", at+1, lex.MaxColumns)
	}
	for len(r.cells) <= at {
		r.cells = append(r.cells, workbookValue{})
	}
	r.cells[at] = v
	return at, nil
}

func readSheet(ctx context.Context, t *typed.Task, w *workbook, d *xml.Decoder, s *typed.Serial) (unknown []string, err error) {
	r := &sheetReader{workbook: w, d: d}
	var columns []int
	for {
		err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unknown, err
		}
		if columns == nil {
			if columns, unknown, err = sheetHeader(t, r.number, r.cells); err != nil {
				return unknown, err
			}
			continue
		}
		if err := s.Ready(ctx); err != nil {
			return unknown, err
		}
		if err := sheetRecord(w, s.Builder, columns, r.number, r.cells); err != nil {
			return unknown, err
		}
	}
	if columns == nil {
		return unknown, lex.EmptyFile(t.Name)
	}
	return unknown, nil
}

// columnIndex gives the column of a cell such as "AB12", from 0; -1 if there is
// none.
func columnIndex(ref string) int {
	n, i := 0, 0
	for ; i < len(ref) && i < 4 && ref[i]-'A' < 26; i++ {
		n = n*26 + int(ref[i]-'A') + 1
	}
	if i == 0 || i > 3 {
		return -1
	}
	return n - 1
}

func sheetHeader(t *typed.Task, line int64, cells []workbookValue) (columns []int, unknown []string, err error) {
	var names []string
	for _, c := range cells {
		names = append(names, lex.ColumnName([]byte(strings.TrimSpace(c.text))))
	}
	return t.Schema.Header(t.Name, line, names)
}
