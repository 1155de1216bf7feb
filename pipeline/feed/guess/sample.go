package guess

import (
	"bytes"
	"os"
	"slices"
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
	lines, starts := records(text)
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
	s.Header = starts[s.Header] + 1
	return s
}

// records parts a text into records, each with the index of its first line.
func records(text []byte) (all [][]byte, starts []int64) {
	for at := int64(0); len(text) > 0 || all == nil; {
		record, rest, lines := lex.CutRecord(text)
		all, starts = append(all, record), append(starts, at)
		text, at = rest, at+lines
	}
	return all, starts
}

// cutLine takes a line off that the sample may have cut.
func cutLine(text []byte, whole bool) []byte {
	if end := bytes.LastIndexByte(text, '\n'); !whole && end >= 0 {
		return text[:end+1]
	}
	return text
}

// table finds what parts the columns, and the index of the header: of the lines as wide
// as the widest block of lines, the first whose cells are names.
func table(lines [][]byte) (separator byte, header int64) {
	best, widest := 0, 0
	separator = ','
	for _, comma := range []byte(",;\t|") {
		widths := map[int]int{}
		for _, line := range lines[:min(len(lines), sampleRows)] {
			if n := len(published.LineColumns(line, comma).Names); n > 1 {
				widths[n]++
			}
		}
		for width, n := range widths { // the best, whichever comes first
			if score := n * width * 1000 / (n + 2); score > best || score == best && comma == separator && width > widest {
				best, widest, separator, header = score, width, comma, headerOf(lines, comma, width)
			}
		}
	}
	return separator, header
}

// headerOf gives the index of the first line of a width whose cells are names; of the
// first of that width, if none are.
func headerOf(lines [][]byte, comma byte, width int) (header int64) {
	first := int64(-1)
	for i, line := range lines {
		cells := published.LineColumns(line, comma).Names
		if len(cells) != width {
			continue
		}
		if first < 0 {
			first = int64(i)
		}
		if areNames(cells) {
			return int64(i)
		}
	}
	return max(first, 0)
}

// areNames says whether cells can be the names of columns: most are there, and none is a
// number or a time.
func areNames(cells []string) bool {
	named := 0
	for _, c := range cells {
		if c = strings.TrimSpace(c); c == "" {
			continue
		}
		if looksNumeric(c) || len(readTimes([]string{c})) > 0 {
			return false
		}
		named++
	}
	return named > 1 && named*10 >= len(cells)*6
}

// sampleObjects reads JSON of one object on a line, an array of objects, or one object
// that holds such an array.
func sampleObjects(text []byte) sample {
	s := sampleEach(text)
	if len(s.Rows) > 1 || !bytes.HasPrefix(text, []byte("{")) {
		return s
	}
	for _, key := range arraysIn(text) {
		if at, found := lex.ArrayAt(text, key); found && lex.IsArray(text[at-1:]) {
			if inner := sampleEach(text[at-1:]); len(inner.Names) > 1 {
				inner.At = key
				return inner
			}
		}
	}
	return s
}

// arraysIn gives the keys of an object, and of the objects in it, whose value is an array.
func arraysIn(text []byte) (keys []string) {
	scan := &lex.JSON{Data: text, Room: func(n int) []byte { return make([]byte, 0, n) }}
	_ = scan.Object(func(key []byte) error {
		name := string(key)
		switch scan.Peek() {
		case '[':
			keys = append(keys, name)
		case '{':
			return scan.Object(func(key []byte) error {
				if scan.Peek() == '[' {
					keys = append(keys, name+"."+string(key))
				}
				return scan.Skip(0)
			})
		}
		return scan.Skip(0)
	})
	return keys
}

// sampleEach reads JSON of one object on a line, or an array of objects.
func sampleEach(text []byte) sample {
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

// sampleSheet reads the beginning of a workbook's sheet: of that which is named, else of
// the first that has the most columns below names, since the first may be a cover.
func sampleSheet(file *os.File, size int64, name, sheet string) (best sample, err error) {
	sheets := []string{sheet}
	if sheet == "" {
		if sheets, err = workbook.ShownSheets(file, size, name); err != nil {
			return sample{}, err
		}
	}
	var all []sample
	for _, one := range sheets {
		s, err := sampleOne(file, size, name, one)
		if err != nil {
			return sample{Sheet: sheet}, err
		}
		if all = append(all, s); len(s.Rows) > 0 && len(s.Names) > len(best.Names) {
			best = s
		}
	}
	for _, s := range all {
		if len(s.Names) > 1 && len(s.Rows) > 0 && slices.Equal(s.Names, best.Names) {
			best.Sheets = append(best.Sheets, s.Sheet)
		}
	}
	if sheet == "" && len(sheets) > 0 && best.Sheet == sheets[0] {
		best.Sheet = ""
	}
	return best, nil
}

// sampleOne reads the beginning of one sheet.
func sampleOne(file *os.File, size int64, name, sheet string) (sample, error) {
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
	header := slices.IndexFunc(lines, func(l line) bool { return len(l.cells) >= width && areNames(layout.CellTexts(l.cells)) })
	if header < 0 {
		header = slices.IndexFunc(lines, func(l line) bool { return len(l.cells) >= width })
	}
	for i, l := range lines {
		switch {
		case i < header:
		case i == header:
			s.Names, s.Header = layout.CellTexts(l.cells), l.number
		default:
			row := make([]cell, len(l.cells))
			for i, c := range l.cells {
				if row[i] = (cell{Text: strings.TrimSpace(c.Text)}); c.Number {
					row[i] = cell{Text: c.Text, Number: true, sheet: true, date: c.Date, currency: c.Currency}
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
	sheet, date bool   // of a workbook; shown there as a day or a time
	currency    string // and with this sign or code
}
