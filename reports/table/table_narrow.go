package table

import (
	"io"
	"math"
	"strings"
)

// narrowestText is how narrow a column of texts may become before a table is
// written as records.
const narrowestText = 16

// Columns gives how wide lines may be that are written to w: what its method
// Columns says, 0 where it has none. Only a terminal has one: what goes into a
// file or another program is as wide as it is.
func Columns(w io.Writer) int {
	if screen, ok := w.(interface{ Columns() int }); ok {
		return screen.Columns()
	}
	return 0
}

// Within gives a writer for lines of at most so many columns; w itself for 0.
func Within(w io.Writer, columns int) io.Writer {
	if columns <= 0 {
		return w
	}
	return narrowWriter{w, columns}
}

type narrowWriter struct {
	io.Writer
	columns int
}

func (n narrowWriter) Columns() int { return n.columns }

// AppendWithin appends the aligned form in lines of at most so many columns, 0:
// as many as it takes, when long texts are cut. Within a width nothing is cut:
// texts go on in the next line of their column; where columns are too many for
// that each row is a record, one line a column, and absent cells are left out.
func (t *Table) AppendWithin(b []byte, columns int) []byte {
	if columns <= 0 {
		return t.AppendTable(b)
	}
	names, cells, widths := t.layOut(math.MaxInt)
	if !t.narrow(names, widths, columns) {
		return t.appendRecords(b, names, cells, columns)
	}
	b = t.appendHead(b, names, widths)
	for _, row := range cells {
		b = t.appendWrapped(b, row, widths)
	}
	return b
}

// narrow takes from the widest columns of texts until all fit; false when they
// can't.
func (t *Table) narrow(names []string, widths []int, columns int) bool {
	total := 2 * (len(widths) - 1)
	for _, width := range widths {
		total += width
	}
	for total > columns {
		widest := -1
		for n, width := range widths {
			if t.Columns[n].Kind == Text && width > max(narrowestText, textWidth(names[n])) && (widest < 0 || width > widths[widest]) {
				widest = n
			}
		}
		if widest < 0 {
			return false
		}
		widths[widest]--
		total--
	}
	return true
}

// appendWrapped appends a row, of which texts may take several lines.
func (t *Table) appendWrapped(b []byte, row []string, widths []int) []byte {
	parts, lines := make([][]string, len(row)), 1
	for n, text := range row {
		parts[n] = []string{text}
		if textWidth(text) > widths[n] {
			parts[n] = Wrap(text, widths[n])
		}
		lines = max(lines, len(parts[n]))
	}
	for i := range lines {
		line := make([]string, len(row))
		for n := range row {
			if i < len(parts[n]) {
				line[n] = parts[n][i]
			}
		}
		b = t.appendLine(b, line, widths)
	}
	return b
}

// appendRecords appends each row as a block: a line for each cell that isn't
// absent, with its name.
func (t *Table) appendRecords(b []byte, names []string, cells [][]string, columns int) []byte {
	at := 0
	for _, name := range names {
		at = max(at, textWidth(name)+2)
	}
	for i, row := range cells {
		if i > 0 {
			b = append(b, '\n')
		}
		for n, text := range row {
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			b = appendSpaces(append(b, names[n]...), at-textWidth(names[n]))
			for k, part := range Wrap(text, max(columns-at, narrowestText)) {
				if k > 0 {
					b = appendSpaces(b, at)
				}
				b = append(append(b, part...), '\n')
			}
		}
	}
	return b
}

// Wrap parts a text into lines of at most so many terminal columns: at spaces, so
// that what stands between backquotes (a command to copy) stays whole where it
// fits, and within a word only where it fits on no line.
func Wrap(text string, columns int) (lines []string) {
	line, width := "", 0
	end := func() {
		if line != "" {
			lines = append(lines, line)
		}
		line, width = "", 0
	}
	for _, word := range words(text, columns) {
		long := textWidth(word)
		if width > 0 && width+1+long > columns {
			end()
		}
		if width > 0 {
			line, width = line+" ", width+1
		}
		for long > columns {
			head := within(word, columns)
			line += head
			end()
			word = word[len(head):]
			long = textWidth(word)
		}
		line, width = line+word, width+long
	}
	end()
	if len(lines) == 0 {
		return []string{""}
	}
	return lines
}

// words gives what a line may break between.
func words(text string, columns int) (list []string) {
	quoted := ""
	for _, word := range strings.Fields(text) {
		switch odd := strings.Count(word, "`")%2 == 1; {
		case quoted != "":
			quoted += " " + word
			if odd {
				list, quoted = appendQuoted(list, quoted, columns), ""
			}
		case odd:
			quoted = word
		default:
			list = append(list, word)
		}
	}
	if quoted != "" {
		list = append(list, strings.Fields(quoted)...)
	}
	return list
}

func appendQuoted(list []string, quoted string, columns int) []string {
	if textWidth(quoted) > columns {
		return append(list, strings.Fields(quoted)...)
	}
	return append(list, quoted)
}

// within gives the beginning of a word that fits, at least one character.
func within(word string, columns int) string {
	width := 0
	for i, r := range word {
		if width += runeWidth(r); width > columns && i > 0 {
			return word[:i]
		}
	}
	return word
}
