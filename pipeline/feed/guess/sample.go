package guess

import (
	"bytes"
	"os"
	"strings"
	"unicode/utf8"

	"carat/pipeline/feed/layout"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
	"carat/pipeline/feed/workbook"
)

// sampleRows bounds the rows that a guess looks at.
const sampleRows = 200

// sampleText cuts the beginning of a text into cells; whole says that the text
// ends there.
func sampleText(raw []byte, whole bool) sample {
	text, s := raw, sample{}
	if decoded, how := lex.DecodeHead(raw); how != "" {
		text, s.Encoding = decoded, string(how)
	} else if bytes.IndexByte(raw, 0) >= 0 { // Parquet, a picture: no text
		return s
	} else if !utf8.Valid(bytes.TrimRight(cutLine(raw, whole), "\x80\xbf")) {
		s.Encoding = string(lex.Windows1252)
		text = (&layout.Layout{Encoding: s.Encoding}).Decode(raw)
	}
	text = bytes.TrimPrefix(cutLine(text, whole), []byte(lex.ByteOrderMark))
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); bytes.HasPrefix(trimmed, []byte("{")) || lex.IsArray(trimmed) {
		return sampleObjects(trimmed)
	}
	lines := bytes.Split(text, lex.Newline)
	s.Separator, s.Header = table(lines)
	for i, line := range lines[s.Header:] {
		cells := published.LineColumns(line, s.Separator).Names
		switch {
		case len(bytes.TrimSpace(line)) == 0 || len(cells) == 0:
		case i == 0 || s.Names == nil:
			s.Names = cells
		case len(cells) == len(s.Names) && len(s.Rows) < sampleRows:
			row := make([]cell, len(cells))
			for i, c := range cells {
				row[i].Text = c
			}
			s.Rows = append(s.Rows, row)
		}
	}
	s.Header++
	return s
}

// cutLine takes a line off that the sample may have cut.
func cutLine(text []byte, whole bool) []byte {
	if end := bytes.LastIndexByte(text, '\n'); !whole && end >= 0 {
		return text[:end+1]
	}
	return text
}

// table finds what parts the columns, and the index of the header: the first line
// with as many cells as most lines have.
func table(lines [][]byte) (separator byte, header int64) {
	best := 0
	separator = ','
	for _, comma := range []byte(",;\t|") {
		widths := map[int]int{}
		for _, line := range lines[:min(len(lines), sampleRows)] {
			if n := len(published.LineColumns(line, comma).Names); n > 1 {
				widths[n]++
			}
		}
		for width, n := range widths {
			if score := n*100 + width; score > best {
				best, separator = score, comma
				for i, line := range lines {
					if len(published.LineColumns(line, comma).Names) == width {
						header = int64(i)
						break
					}
				}
			}
		}
	}
	return separator, header
}

// sampleObjects reads JSON of one object on a line, or an array of objects.
func sampleObjects(text []byte) sample {
	s := sample{Objects: true}
	at := map[string]int{}
	scan := &lex.JSON{Data: text, Room: func(n int) []byte { return make([]byte, 0, n) }}
	object := func() error {
		row := map[int]cell{}
		err := layout.EachValue(scan, "", 0, func(path string, v lex.Value) error {
			i, known := at[path]
			if !known {
				if len(at) >= lex.MaxColumns {
					return lex.ErrEnough
				}
				i = len(s.Names)
				at[path], s.Names = i, append(s.Names, path)
			}
			if v.Form != lex.TokenOther || len(v.Text) <= len("false") && v.Text[0] != '[' {
				row[i] = cell{Text: string(v.Text), Number: v.Form == lex.TokenNumber}
			}
			return nil
		})
		if err != nil {
			return err
		}
		cells := make([]cell, len(s.Names))
		for i, c := range row {
			cells[i] = c
		}
		if s.Rows = append(s.Rows, cells); len(s.Rows) >= sampleRows {
			return lex.ErrEnough
		}
		return nil
	}
	if bytes.HasPrefix(text, []byte("[")) {
		_ = scan.Array(object) // a cut text is judged by what was seen
		return s
	}
	for scan.Peek() == '{' && object() == nil {
	}
	return s
}

// sampleSheet reads the beginning of a workbook's sheet.
func sampleSheet(file *os.File, size int64, name, sheet string) (sample, error) {
	s := sample{Sheet: sheet}
	rows, err := workbook.Open(file, size, name, sheet)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	type line struct {
		number int64
		cells  []workbook.Cell
	}
	var lines []line
	width := 0
	for len(lines) < sampleRows {
		number, cells, err := rows.Next()
		if err != nil {
			break
		}
		lines = append(lines, line{number, cells})
		width = max(width, len(cells))
	}
	for _, l := range lines {
		switch {
		case s.Names == nil && len(l.cells) < width:
		case s.Names == nil:
			s.Names, s.Header = layout.CellTexts(l.cells), l.number
		default:
			row := make([]cell, len(l.cells))
			for i, c := range l.cells {
				if row[i] = (cell{Text: strings.TrimSpace(c.Text)}); c.Number {
					row[i] = cell{Text: c.Text, Number: true, sheet: true, date: c.Date}
				}
			}
			s.Rows = append(s.Rows, row)
		}
	}
	return s, nil
}

// cell is a value of a file before it is read. A number was written by a machine: it is
// not in the layout's spelling.
type cell struct {
	Text        string
	Number      bool
	sheet, date bool // of a workbook; shown there as a day or a time
}
