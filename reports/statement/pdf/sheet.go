package pdf

import (
	"strings"

	"carat/pipeline"
	"carat/reports/pdf"
	"carat/reports/statement"
)

// Measures of a printed page, in hundredths of a point.
const (
	sheetMargin = 4800
	sheetTop    = 5200
	sheetFoot   = 6200 // below it only the page's foot
	textSize    = 900
	smallSize   = 750
	lineHeight  = 1250
)

// The colours of paper: those of the page's style sheet.
var (
	inkColor   = pdf.Color{0x17, 0x21, 0x2e}
	softColor  = pdf.Color{0x56, 0x62, 0x73}
	lineColor  = pdf.Color{0xdf, 0xe4, 0xea}
	washColor  = pdf.Color{0xf5, 0xf7, 0xf9}
	inColor    = pdf.Color{0x0c, 0x7a, 0x5f}
	outColor   = pdf.Color{0xb4, 0x43, 0x1c}
	keyColor   = pdf.Color{0x1f, 0x4f, 0x8f}
	greyColor  = pdf.Color{0x85, 0x93, 0xa5}
	openColor  = pdf.Color{0x7a, 0x44, 0x00}
	waterColor = pdf.Color{0xee, 0xee, 0xf0}
)

// sheet lays text out on pages, from the top down.
type sheet struct {
	*pdf.Document
	figures  *statement.Figures
	size     pdf.Size
	y        int    // the next baseline's line begins here
	water    string // drawn across every page when not ""
	leftward bool   // the language runs from right to left, and so does the page
	carried  string // what a sum at a page's end and at the next one's begin is called
	brought  string
}

func (s *sheet) width() int  { return s.size.Width - 2*sheetMargin }
func (s *sheet) right() int  { return s.size.Width - sheetMargin }
func (s *sheet) bottom() int { return s.size.Height - sheetFoot }

// Text, TextRight and Rect place things as a page that runs from left to right has
// them; one that runs from right to left is its mirror.
func (s *sheet) Text(x, y int, style pdf.Style, size int, color pdf.Color, text string) int {
	if s.leftward {
		width, shown := s.Width(style, size, text), text
		if !strings.ContainsFunc(text, unsettled) { // its last blank stays on its right, outside
			shown = strings.TrimRight(text, " ")
		}
		s.Document.Text(s.size.Width-x-s.Width(style, size, shown), y, style, size, color, text)
		return width
	}
	return s.Document.Text(x, y, style, size, color, text)
}

// TextRight draws a text that ends at x.
func (s *sheet) TextRight(x, y int, style pdf.Style, size int, color pdf.Color, text string) {
	if s.leftward {
		s.Document.Text(s.size.Width-x, y, style, size, color, text)
		return
	}
	s.Document.TextRight(x, y, style, size, color, text)
}

// Rect fills a box.
func (s *sheet) Rect(x, y, width, height int, color pdf.Color) {
	if s.leftward {
		x = s.size.Width - x - width
	}
	s.Document.Rect(x, y, width, height, color)
}

// unsettled tells letters of scripts that run from right to left.
func unsettled(r rune) bool { return r >= 0x590 && r < 0x900 }

// arrow leads from one thing to the next.
func (s *sheet) arrow() string {
	if s.leftward {
		return "←"
	}
	return "→"
}

func (s *sheet) newPage() {
	s.AddPage()
	s.y = sheetTop
	if s.water != "" {
		s.Slanted(s.size.Width/2-16000, s.size.Height/2+16000, pdf.Bold, 6400, waterColor, s.water)
	}
}

// need begins a new page unless a height fits below; it says whether it did.
func (s *sheet) need(height int) bool {
	if s.y+height <= s.bottom() {
		return false
	}
	s.newPage()
	return true
}

// heading begins a section, with room for two lines of it, or for the head of a
// table and its first row.
func (s *sheet) heading(text string) {
	s.y += 900
	s.need(2100 + 1400 + 5*lineHeight)
	s.y += 1300
	s.part(pdf.Heading)
	s.Text(sheetMargin, s.y, pdf.Bold, 1250, inkColor, text)
	s.Close()
	s.y += 800
}

// part opens an element of the structure that has nothing more to say about itself.
func (s *sheet) part(tag pdf.Tag) { s.Open(tag, pdf.Attributes{}) }

// tell writes a text of its own at a place: a paragraph to who listens.
func (s *sheet) tell(x, y int, style pdf.Style, size int, color pdf.Color, text string) (width int) {
	s.part(pdf.Paragraph)
	defer s.Close()
	return s.Text(x, y, style, size, color, text)
}

// paragraph writes wrapped text.
func (s *sheet) paragraph(style pdf.Style, size int, color pdf.Color, text string) {
	s.part(pdf.Paragraph)
	s.lines(style, size, color, text)
	s.Close()
}

// lines writes wrapped text into the element that is open.
func (s *sheet) lines(style pdf.Style, size int, color pdf.Color, text string) {
	for _, line := range s.Wrap(style, size, s.width(), 40, text) {
		height := size * 14 / 10
		s.need(height)
		s.Text(sheetMargin, s.y+size, style, size, color, line)
		s.y += height
	}
	s.y += 200
}

// column is a column of a printed table.
type column struct {
	title string
	width int // 0: what the others leave
	right bool
}

// grid is a table under way. When a page ends, what its carried column came to
// so far is written at its end and again at the head of the next.
type grid struct {
	s       *sheet
	columns []column
	carried pipeline.Amount
	rows    int
	carries bool
}

func (s *sheet) grid(columns ...column) *grid {
	used, rest := 0, 0
	for i := range columns {
		used += columns[i].width
		if columns[i].width == 0 {
			rest = i
		}
	}
	if columns[rest].width == 0 {
		columns[rest].width = s.width() - used
	}
	g := &grid{s: s, columns: columns}
	s.need(1400 + 5*lineHeight)
	s.part(pdf.Table)
	s.part(pdf.Row)
	g.head()
	s.Close()
	return g
}

// head writes the columns' titles; one that is too wide for its column on up to three lines.
func (g *grid) head() {
	titles, most := make([][]string, len(g.columns)), 1
	for i, c := range g.columns {
		title := strings.ReplaceAll(c.title, "\n", " ")
		if titles[i] = []string{title}; g.s.Width(pdf.Regular, smallSize, title) > c.width-600 {
			titles[i] = titles[i][:0]
			for line := range strings.SplitSeq(c.title, "\n") {
				titles[i] = append(titles[i], g.s.Wrap(pdf.Regular, smallSize, c.width-600, 3, line+" ")...)
			}
		}
		most = max(most, len(titles[i]))
	}
	for i, lines := range titles {
		g.s.part(pdf.HeadCell)
		for n, line := range lines {
			g.cell(i, g.s.y+1000+(most-len(lines)+n)*900, pdf.Regular, smallSize, softColor, line)
		}
		g.s.Close()
	}
	g.s.y += 1400 + (most-1)*900
	g.rule(greyColor)
}

func (g *grid) rule(color pdf.Color) { g.s.Rect(sheetMargin, g.s.y, g.s.width(), 50, color) }

func (g *grid) left(i int) int {
	x := sheetMargin
	for _, c := range g.columns[:i] {
		x += c.width
	}
	return x
}

// cell writes one line of a cell.
func (g *grid) cell(i, y int, style pdf.Style, size int, color pdf.Color, text string) {
	if text == "" {
		return
	}
	c := g.columns[i]
	if c.right {
		edge := g.left(i) + c.width
		if g.s.leftward { // numbers run from left to right there too
			edge = g.s.size.Width - g.left(i)
		}
		// The sign of a rounded number stands behind the column, so that digits stay below digits.
		number, rounded := strings.CutSuffix(strings.TrimRight(text, " "), statement.RoundedSign)
		g.s.Document.TextRight(edge, y, style, size, color, number)
		if rounded {
			g.s.Document.Text(edge, y, style, size, color, statement.RoundedSign)
		}
		return
	}
	g.s.Text(g.left(i), y, style, size, color, text)
}

// entry is a row of a grid: its cells, a small second line, and what it adds to
// the carried column.
type entry struct {
	cells  []string
	small  string
	amount pipeline.Amount
	total  bool
}

// row writes an entry; text that is too wide for its column is wrapped.
func (g *grid) row(e entry) {
	lines := make([][]string, len(e.cells))
	most := 1
	for i, text := range e.cells {
		if text == "" {
			continue
		}
		lines[i] = []string{text}
		if !g.columns[i].right {
			lines[i] = g.s.Wrap(g.style(e, i), textSize, g.columns[i].width-500, 4, text)
		}
		most = max(most, len(lines[i]))
	}
	var small []string
	wide := g.text()
	if e.small != "" {
		small = g.s.Wrap(pdf.Regular, smallSize, g.s.right()-g.left(wide), 3, e.small)
	}
	height := 500 + most*lineHeight - 250 + len(small)*1000
	if g.s.y+height+lineHeight > g.s.bottom() {
		g.turn()
	}
	if e.total {
		g.rule(greyColor)
	}
	g.s.part(pdf.Row)
	head := g.rowHead(e)
	for i := range lines {
		if i == head {
			g.s.Open(pdf.HeadCell, pdf.Attributes{OfRow: true})
		} else {
			g.s.part(pdf.Cell)
		}
		for n, text := range lines[i] {
			if i == wide && n == len(lines[i])-1 && len(small) > 0 {
				text += " "
			}
			g.cell(i, g.s.y+1150+n*lineHeight, g.style(e, i), textSize, inkColor, text)
		}
		if i == wide {
			for n, text := range small {
				g.cell(wide, g.s.y+1150+(len(lines[wide])-1)*lineHeight+(n+1)*1000, pdf.Regular, smallSize, softColor, text)
			}
		}
		g.s.Close()
	}
	g.s.Close()
	g.s.y += height
	if !e.total {
		g.rule(lineColor)
		g.carried += e.amount
		g.rows++
	}
}

// rowHead is the cell that names a row: the first of texts that is not empty; -1 in
// a row of numbers alone.
func (g *grid) rowHead(e entry) int {
	for i, text := range e.cells {
		if text != "" && !g.columns[i].right {
			return i
		}
	}
	return -1
}

// text is the widest column of texts.
func (g *grid) text() int {
	wide := 0
	for i, c := range g.columns {
		if !c.right && (g.columns[wide].right || c.width > g.columns[wide].width) {
			wide = i
		}
	}
	return wide
}

func (g *grid) style(e entry, i int) pdf.Style {
	if e.total || i == len(g.columns)-1 && g.columns[i].right {
		return pdf.Bold
	}
	return pdf.Regular
}

// group writes a line across the table.
func (g *grid) group(text string) {
	if g.s.y+5*lineHeight > g.s.bottom() { // it and the row below it
		g.turn()
	}
	lines := g.s.Wrap(pdf.Regular, smallSize, g.s.width()-800, 3, text)
	height := 1500 + (len(lines)-1)*950
	g.s.Rect(sheetMargin, g.s.y, g.s.width(), height, washColor)
	g.s.part(pdf.Row)
	g.s.Open(pdf.HeadCell, pdf.Attributes{OfRow: true, Columns: len(g.columns)})
	for n, line := range lines {
		g.s.Text(sheetMargin+400, g.s.y+1050+n*950, pdf.Regular, smallSize, softColor, line)
	}
	g.s.Close()
	g.s.Close()
	g.s.y += height
}

// turn goes on at the next page, with the sum carried over. Who listens hears the
// table as one, without the page's end and the repeated head.
func (g *grid) turn() {
	g.s.OpenArtifact()
	defer g.s.Close()
	if g.carries && g.rows > 0 {
		g.carry(g.s.carried)
	}
	g.s.newPage()
	g.head()
	if g.carries && g.rows > 0 {
		g.carry(g.s.brought)
	}
}

func (g *grid) carry(label string) {
	g.s.Text(sheetMargin, g.s.y+1050, pdf.Regular, textSize, softColor, label)
	g.cell(len(g.columns)-1, g.s.y+1050, pdf.Regular, textSize, softColor, g.s.figures.Money(g.carried))
	g.s.y += lineHeight + 250
	g.rule(lineColor)
}

func (g *grid) end() {
	g.s.Close()
	g.s.y += 600
}
