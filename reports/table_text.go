package reports

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// appendTable appends the aligned form: names, a rule, rows; two spaces between
// columns and none at the end of a line. Numbers stand to the right, decimals
// by their point.
func (t *Table) appendTable(b []byte) []byte {
	limit := t.CellWidth
	if limit <= 0 {
		limit = DefaultCellWidth
	}
	cells := make([][]string, len(t.Rows))
	widths := make([]int, len(t.Columns))
	names := make([]string, len(t.Columns))
	for n, c := range t.Columns {
		names[n] = terminalText(c.Name)
		widths[n] = textWidth(names[n])
	}
	for i, row := range t.Rows {
		cells[i] = make([]string, len(row))
		for n, v := range row {
			text, _ := cellText(t.Columns[n].Kind, v)
			text = terminalText(text)
			if !numeric(t.Columns[n].Kind) || !isPlainNumber(text) {
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
	b = t.appendLine(b, names, widths)
	rules := make([]string, len(widths))
	for n, width := range widths {
		rules[n] = strings.Repeat("-", width)
	}
	b = t.appendLine(b, rules, widths)
	for _, row := range cells {
		b = t.appendLine(b, row, widths)
	}
	return b
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
		if isPlainNumber(cells[i][column]) {
			most = max(most, places(cells[i][column]))
		}
	}
	for i, row := range cells {
		if isPlainNumber(row[column]) {
			cells[i][column] += strings.Repeat(" ", most-places(row[column]))
		}
	}
}

// terminalText makes a text safe for a terminal and fit for one line: escape
// sequences go whole, other controls and characters that reorder text too;
// tabs and line ends become spaces, bytes that are not UTF-8 U+FFFD.
func terminalText(text string) string {
	if plainASCII(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == 0x1B || r == 0x9B || r == 0x9D || r == 0x90:
			i += escapeLength(text[i:], r, size)
			continue
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case unsafeRune(r):
		case r == utf8.RuneError && size == 1:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// withoutControls drops control characters, tab and line ends excepted.
func withoutControls(text string) string {
	if plainASCII(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' {
			return -1
		}
		return r
	}, text)
}

func plainASCII(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < ' ' || text[i] >= 0x7F {
			return false
		}
	}
	return true
}

// escapeLength gives the length of a terminal escape sequence (ECMA-48): a
// control sequence ends in @ to ~, a string in BEL or ST, any other after one
// character.
func escapeLength(text string, first rune, size int) int {
	kind := byte(0)
	i := size
	switch first {
	case 0x9B:
		kind = '['
	case 0x9D, 0x90:
		kind = ']'
	default:
		if i < len(text) && text[i] < utf8.RuneSelf {
			kind = text[i]
			i++
		}
	}
	switch kind {
	case '[':
		for ; i < len(text); i++ {
			if text[i] >= '@' && text[i] <= '~' {
				return i + 1
			}
			if text[i] < ' ' || text[i] > '~' { // not a control sequence after all
				return i
			}
		}
	case ']', 'P', 'X', '^', '_':
		for j := i; j < len(text); j++ {
			if text[j] == 0x07 {
				return j + 1
			}
			if text[j] == 0x1B && j+1 < len(text) && text[j+1] == '\\' {
				return j + 2
			}
		}
	}
	return i
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
