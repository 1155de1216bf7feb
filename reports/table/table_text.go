package table

import (
	"strings"
	"unicode"

	"carat/reports/escape"
)

// AppendTable appends the aligned form: names, a rule, rows; two spaces between
// columns and none at the end of a line. Numbers stand to the right, decimals
// by their point.
func (t *Table) AppendTable(b []byte) []byte {
	limit := t.CellWidth
	if limit <= 0 {
		limit = DefaultCellWidth
	}
	names, cells, widths := t.layOut(limit)
	b = t.appendHead(b, names, widths)
	for _, row := range cells {
		b = t.appendLine(b, row, widths)
	}
	return b
}

// layOut gives the texts of names and cells and how wide each column must be.
// Texts are cut to the limit.
func (t *Table) layOut(limit int) (names []string, cells [][]string, widths []int) {
	cells = make([][]string, len(t.Rows))
	widths = make([]int, len(t.Columns))
	names = make([]string, len(t.Columns))
	for n, c := range t.Columns {
		names[n] = escape.Terminal(c.Name)
		widths[n] = textWidth(names[n])
	}
	for i, row := range t.Rows {
		cells[i] = make([]string, len(row))
		for n, v := range row {
			text, _ := CellText(t.Columns[n].Kind, v)
			text = escape.Terminal(text)
			if !numeric(t.Columns[n].Kind) || !IsPlainNumber(text) {
				text = cutText(text, limit)
			}
			cells[i][n] = text
		}
	}
	for n, c := range t.Columns {
		if c.Kind == Decimal {
			alignPoints(cells, n)
		}
		for i := range cells {
			widths[n] = max(widths[n], textWidth(cells[i][n]))
		}
	}
	return names, cells, widths
}

// appendHead appends the names and the rule below them.
func (t *Table) appendHead(b []byte, names []string, widths []int) []byte {
	b = t.appendLine(b, names, widths)
	rules := make([]string, len(widths))
	for n, width := range widths {
		rules[n] = strings.Repeat("-", width)
	}
	return t.appendLine(b, rules, widths)
}

func numeric(kind Kind) bool { return kind == Number || kind == Decimal }

func (t *Table) appendLine(b []byte, cells []string, widths []int) []byte {
	for n, text := range cells {
		if n > 0 {
			b = append(b, ' ', ' ')
		}
		room := widths[n] - textWidth(text)
		if numeric(t.Columns[n].Kind) {
			b = appendSpaces(b, room)
			b = append(b, text...)
		} else {
			b = append(b, text...)
			b = appendSpaces(b, room)
		}
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return append(b, '\n')
}

func appendSpaces(b []byte, n int) []byte {
	for ; n > 0; n-- {
		b = append(b, ' ')
	}
	return b
}

// alignPoints pads the decimals of a column behind, so that their points stand
// in one line.
func alignPoints(cells [][]string, column int) {
	places := func(text string) int {
		if at := strings.IndexByte(text, '.'); at >= 0 {
			return len(text) - at
		}
		return 0
	}
	most := 0
	for i := range cells {
		if IsPlainNumber(cells[i][column]) {
			most = max(most, places(cells[i][column]))
		}
	}
	for i, row := range cells {
		if IsPlainNumber(row[column]) {
			cells[i][column] += strings.Repeat(" ", most-places(row[column]))
		}
	}
}

// cutText cuts a text to a width, ending it in an ellipsis.
func cutText(text string, limit int) string {
	if textWidth(text) <= limit {
		return text
	}
	width := 0
	for i, r := range text {
		if width += runeWidth(r); width > limit-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// textWidth gives how many columns a text takes on a terminal.
func textWidth(text string) int {
	width := 0
	for _, r := range text {
		width += runeWidth(r)
	}
	return width
}

// runeWidth gives 0 for marks that join the character before, 2 for East Asian
// wide characters and pictographs (Unicode UAX #11), else 1.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115F, r >= 0x2E80 && r <= 0x303E, r >= 0x3041 && r <= 0xA4CF, r >= 0xAC00 && r <= 0xD7A3,
		r >= 0xF900 && r <= 0xFAFF, r >= 0xFE30 && r <= 0xFE6F, r >= 0xFF00 && r <= 0xFF60, r >= 0xFFE0 && r <= 0xFFE6,
		r >= 0x1F300 && r <= 0x1F64F, r >= 0x1F680 && r <= 0x1F6FF, r >= 0x1F900 && r <= 0x1F9FF, r >= 0x20000 && r <= 0x3FFFD:
		return 2
	}
	return 1
}
