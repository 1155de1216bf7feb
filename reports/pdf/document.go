package pdf

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf16"

	"github.com/go-text/typesetting/harfbuzz"
)

// Size is a page's width and height in hundredths of a point.
type Size struct{ Width, Height int }

// Paper sizes.
var (
	A4     = Size{59528, 84189}
	Letter = Size{61200, 79200}
)

// Color is red, green and blue, 0 to 255 each.
type Color [3]uint8

// Info is what a reader shows about the document. All of it is text.
type Info struct {
	Title, Author, Subject, Producer string
	Language                         string // of the text, such as en
}

// Document is one PDF under way. The zero value is not ready: see New. After
// Bytes, Reset begins the next one and reuses the memory. Not for concurrent use.
type Document struct {
	fonts   *Fonts
	size    Size
	info    Info
	pages   [][]byte  // their contents; the memory of earlier documents is used again
	at      int       // the page that is written on; -1 before the first
	used    []*subset // in the order of first use; /F0, /F1, …
	extra   map[*face]*subset
	signs   []sign
	pieces  []piece
	pack    *packer
	out     []byte
	offsets []int
	err     error                    // the first that a font gave
	shapers map[*face]*harfbuzz.Font // of the faces whose rules were needed
	buffer  *harfbuzz.Buffer
}

// piece is characters of one subset that are drawn together: one behind the other,
// or where the font's rules place them.
type piece struct {
	font   *subset
	cids   []uint16
	placed []placed
	shaped bool // it has placed
	width  int  // thousandths of the font size
}

// New gives an empty document maker.
func New(fonts *Fonts) *Document {
	return &Document{fonts: fonts, at: -1, extra: map[*face]*subset{}, pack: newPacker()}
}

// Reset begins a document.
func (d *Document) Reset(size Size, info Info) {
	d.size, d.info, d.err = size, info, nil
	d.pages, d.at, d.used = d.pages[:0], -1, d.used[:0]
	clear(d.extra)
}

// AddPage begins another page, which is then written on.
func (d *Document) AddPage() {
	n := len(d.pages)
	if n < cap(d.pages) {
		d.pages = d.pages[:n+1]
		d.pages[n] = d.pages[n][:0]
	} else {
		d.pages = append(d.pages, nil)
	}
	d.at = n
}

// Pages gives how many pages were begun.
func (d *Document) Pages() int { return len(d.pages) }

// Turn goes to a page that was begun, from 0, to write more on it.
func (d *Document) Turn(page int) { d.at = page }

// cut splits a text into pieces by the font that has its characters.
func (d *Document) cut(style Style, text string) []piece {
	d.pieces = d.pieces[:0]
	signs, ok := shape(d.signs[:0], text)
	d.signs = signs
	if !ok {
		d.set(style, text)
		return d.pieces
	}
	for _, s := range signs {
		d.draw(style, s)
	}
	return d.pieces
}

// draw adds a character as it is.
func (d *Document) draw(style Style, s sign) {
	font, cid := d.find(style, s)
	p := d.piece(font)
	p.cids = append(p.cids, cid)
	p.width += font.face.advance(font.glyphs[cid])
}

// piece gives the last piece, or a new one where the font changes.
func (d *Document) piece(font *subset) *piece {
	n := len(d.pieces)
	if n == 0 || d.pieces[n-1].font != font {
		if n < cap(d.pieces) {
			d.pieces = d.pieces[:n+1]
			d.pieces[n] = piece{font: font, cids: d.pieces[n].cids[:0], placed: d.pieces[n].placed[:0]}
		} else {
			d.pieces = append(d.pieces, piece{font: font})
		}
		n++
	}
	return &d.pieces[n-1]
}

// find gives the subset and the glyph of a character: the shared one, else the
// first face that has it, else the box of the main face.
func (d *Document) find(style Style, s sign) (*subset, uint16) {
	shared := d.fonts.styles[style]
	if cid, ok := shared.cids[s.r]; ok {
		return shared, cid
	}
	own := d.face(style, s.r)
	sub := d.extra[own]
	if sub == nil {
		sub = newSubset(own)
		d.extra[own] = sub
	}
	return sub, sub.cid(s.r, []rune{s.text})
}

// Width gives the width of a text at a size.
func (d *Document) Width(style Style, size int, text string) int {
	width := 0
	for _, p := range d.cut(style, text) {
		width += p.width
	}
	return (width*size + 500) / 1000
}

// Text draws a text whose baseline begins at x, y from the upper left corner,
// and gives its width.
func (d *Document) Text(x, y int, style Style, size int, color Color, text string) int {
	b, total := d.pages[d.at], 0
	for _, p := range d.cut(style, text) {
		b = append(b, "BT /F"...)
		b = appendInt(b, d.number(p.font))
		b = append(b, ' ')
		b = appendLength(b, size)
		b = append(b, " Tf "...)
		b = appendColor(b, color)
		b = append(b, " rg "...)
		b = appendLength(b, x+(total*size+500)/1000)
		b = append(b, ' ')
		b = appendLength(b, d.size.Height-y)
		b = append(b, " Td "...)
		b = append(p.show(b, size), " ET\n"...)
		total += p.width
	}
	d.pages[d.at] = b
	return (total*size + 500) / 1000
}

// show appends what draws a piece (PDF 32000, 9.4.3): a string, or strings between
// which the place is moved.
func (p *piece) show(b []byte, size int) []byte {
	if !p.shaped {
		b = append(b, '<')
		for _, cid := range p.cids {
			b = appendHex16(b, cid)
		}
		return append(b, "> Tj"...)
	}
	b = append(b, '[')
	owed, up := 0, 0 // how far the place must still go to the right; where the baseline is
	for _, g := range p.placed {
		if g.up != up {
			b = append(b, "] TJ "...)
			b = append(appendLength(b, g.up*size/1000), " Ts ["...)
			up = g.up
		}
		if move := owed + g.right; move != 0 {
			b = append(appendInt(b, -move), ' ')
		}
		b = append(appendHex16(append(b, '<'), g.cid), '>')
		owed = g.next - g.right - p.font.face.advance(p.font.glyphs[g.cid])
	}
	b = append(b, "] TJ"...)
	if up != 0 {
		b = append(b, " 0 Ts"...)
	}
	return b
}

// TextRight draws a text that ends at x.
func (d *Document) TextRight(x, y int, style Style, size int, color Color, text string) {
	d.Text(x-d.Width(style, size, text), y, style, size, color, text)
}

// Wrap breaks a text into lines of at most width, at blanks where it can. What
// doesn't fit into most lines ends in an ellipsis.
func (d *Document) Wrap(style Style, size, width, most int, text string) []string {
	if d.Width(style, size, text) <= width {
		return []string{text}
	}
	var lines []string
	rest := []rune(text)
	for len(rest) > 0 {
		n := d.fit(style, size, width, rest)
		if n == len(rest) {
			return append(lines, string(rest))
		}
		if len(lines)+1 == most {
			n = max(d.fit(style, size, width-d.Width(style, size, "\u2026"), rest), 1)
			return append(lines, string(rest[:n])+"\u2026")
		}
		end := n
		if blank := lastBlank(rest[:n+1]); blank > 0 {
			end = blank
		}
		for end > 1 && unicode.Is(unicode.M, rest[end]) { // a mark stays with its letter
			end--
		}
		lines = append(lines, string(rest[:end]))
		for end < len(rest) && rest[end] == ' ' {
			end++
		}
		rest = rest[end:]
	}
	return lines
}

// fit gives how many characters fit into a width, at least one.
func (d *Document) fit(style Style, size, width int, text []rune) int {
	used := 0
	for i, r := range text {
		if r != '\u00AD' && !invisible(r) {
			font, cid := d.measure(style, r)
			used += font.advance(cid)
		}
		if used*size > width*1000 {
			return max(i, 1)
		}
	}
	return len(text)
}

// measure gives the face and the glyph of a character without taking it in.
func (d *Document) measure(style Style, r rune) (*face, int) {
	own := d.face(style, r)
	return own, own.glyph(r)
}

// face gives the first face that has a character, else the main one.
func (d *Document) face(style Style, r rune) *face {
	main := d.fonts.styles[style].face
	if main.glyph(r) != 0 {
		return main
	}
	for _, other := range d.fonts.others {
		f, err := other()
		if err != nil {
			d.err = err
			return main
		}
		if f.glyph(r) != 0 {
			return f
		}
	}
	return main
}

func lastBlank(text []rune) int {
	for i := len(text) - 1; i > 0; i-- {
		if text[i] == ' ' {
			return i
		}
	}
	return 0
}

// Slanted draws a text that rises at 45 degrees from x, y: a watermark.
func (d *Document) Slanted(x, y int, style Style, size int, color Color, text string) {
	for _, p := range d.cut(style, text) {
		b := append(d.pages[d.at], "BT /F"...)
		b = appendInt(b, d.number(p.font))
		b = append(b, ' ')
		b = appendLength(b, size)
		b = append(b, " Tf "...)
		b = appendColor(b, color)
		b = append(b, " rg .7071 .7071 -.7071 .7071 "...)
		b = appendLength(b, x)
		b = append(b, ' ')
		b = appendLength(b, d.size.Height-y)
		b = append(b, " Tm "...)
		d.pages[d.at] = append(p.show(b, size), " ET\n"...)
	}
}

// Rect fills a box whose upper left corner is x, y.
func (d *Document) Rect(x, y, width, height int, color Color) {
	b := appendColor(d.pages[d.at], color)
	b = append(b, " rg "...)
	for _, v := range [4]int{x, d.size.Height - y - height, width, height} {
		b = append(appendLength(b, v), ' ')
	}
	d.pages[d.at] = append(b, "re f\n"...)
}

func appendColor(b []byte, c Color) []byte {
	for i, v := range c {
		if i > 0 {
			b = append(b, ' ')
		}
		if v == 255 {
			b = append(b, '1')
			continue
		}
		thousandths := (int(v)*1000 + 127) / 255
		b = append(b, '.', byte('0'+thousandths/100), byte('0'+thousandths/10%10), byte('0'+thousandths%10))
	}
	return b
}

// number gives the place of a font among those in use.
func (d *Document) number(s *subset) int {
	if at := slices.Index(d.used, s); at >= 0 {
		return at
	}
	d.used = append(d.used, s)
	return len(d.used) - 1
}

// Objects of the file: the catalog, the pages, the information, then five per
// font, then two per page.
const (
	objCatalog = 1 + iota
	objPages
	objInfo
	objFonts
)

const objectsPerFont = 5

// Bytes ends the document. What it gives is valid until the next Reset.
func (d *Document) Bytes() ([]byte, error) {
	if d.err != nil {
		return nil, fmt.Errorf("embed font: %w", d.err)
	}
	firstPage := objFonts + objectsPerFont*len(d.used)
	d.out, d.offsets = append(d.out[:0], "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"...), d.offsets[:0]
	d.object("<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /DisplayDocTitle true >> /Lang ", d.info.Language, " >>")
	d.begin()
	d.out = append(d.out, "<< /Type /Pages /Count "...)
	d.out = appendInt(d.out, len(d.pages))
	d.out = append(d.out, " /Kids ["...)
	for i := range d.pages {
		d.out = append(appendInt(d.out, firstPage+2*i), " 0 R "...)
	}
	d.out = append(d.out, "] /MediaBox [0 0 "...)
	d.out = append(appendLength(d.out, d.size.Width), ' ')
	d.out = appendLength(d.out, d.size.Height)
	d.out = append(d.out, "] /Resources << /Font << "...)
	for i := range d.used {
		d.out = append(appendInt(append(d.out, "/F"...), i), ' ')
		d.out = append(appendInt(d.out, objFonts+objectsPerFont*i), " 0 R "...)
	}
	d.out = append(d.out, ">> >> >>\nendobj\n"...)
	d.object("<< /Title ", d.info.Title, " /Author ", d.info.Author, " /Subject ", d.info.Subject, " /Producer ", d.info.Producer, " >>")
	for i, s := range d.used {
		d.font(i, s)
	}
	for i, page := range d.pages {
		d.begin()
		d.out = append(d.out, "<< /Type /Page /Parent 2 0 R /Contents "...)
		d.out = append(appendInt(d.out, firstPage+2*i+1), " 0 R >>\nendobj\n"...)
		d.stream("", d.pack.pack(page))
	}
	d.end()
	return d.out, nil
}

// begin begins the next object.
func (d *Document) begin() {
	d.offsets = append(d.offsets, len(d.out))
	d.out = append(appendInt(d.out, len(d.offsets)), " 0 obj\n"...)
}

// object writes PDF syntax and texts in turn.
func (d *Document) object(parts ...string) {
	d.begin()
	for i, part := range parts {
		if i%2 == 0 {
			d.out = append(d.out, part...)
		} else {
			d.out = appendText(d.out, part)
		}
	}
	d.out = append(d.out, "\nendobj\n"...)
}

// appendText appends a text string: UTF-16 in hexadecimal digits, so that no
// character of it can end the string.
func appendText(b []byte, text string) []byte {
	b = append(b, "<FEFF"...)
	for _, unit := range utf16.Encode([]rune(text)) {
		b = appendHex16(b, unit)
	}
	return append(b, '>')
}

func (d *Document) stream(entries string, packed []byte) {
	d.begin()
	d.out = append(d.out, "<< /Filter /FlateDecode /Length "...)
	d.out = appendInt(d.out, len(packed))
	d.out = append(append(d.out, entries...), " >>\nstream\n"...)
	d.out = append(append(d.out, packed...), "\nendstream\nendobj\n"...)
}

// font writes the five objects of a font (PDF 32000, 9.7.4): its name, its
// glyphs' widths, its measures, its outlines, its characters.
func (d *Document) font(i int, s *subset) {
	e, at, f := s.embed(d.pack), objFonts+objectsPerFont*i, s.face
	// A subset's name begins with six letters of its own.
	name := fmt.Sprintf("CARAT%c+%s", 'A'+i, f.name)
	d.object(fmt.Sprintf("<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>",
		name, at+1, at+4))
	d.object(fmt.Sprintf("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"+
		" /FontDescriptor %d 0 R /CIDToGIDMap /Identity /W %s >>", name, at+2, e.widths))
	weight := 80
	if f.bold {
		weight = 140
	}
	d.object(fmt.Sprintf("<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight %d /StemV %d /FontFile2 %d 0 R >>",
		name, f.box[0], f.box[1], f.box[2], f.box[3], f.ascent, f.descent, f.ascent, weight, at+3))
	d.stream(fmt.Sprintf(" /Length1 %d", e.programBytes), e.program)
	d.stream("", e.characters)
}

// end writes the table of objects and the trailer. The file's identifier is
// made from its contents.
func (d *Document) end() {
	sum := sha256.Sum256(d.out)
	at := len(d.out)
	d.out = append(d.out, "xref\n0 "...)
	d.out = append(appendInt(d.out, len(d.offsets)+1), "\n0000000000 65535 f \n"...)
	for _, offset := range d.offsets {
		d.out = fmt.Appendf(d.out, "%010d 00000 n \n", offset)
	}
	d.out = fmt.Appendf(d.out, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%X> <%X>] >>\nstartxref\n%d\n%%%%EOF\n",
		len(d.offsets)+1, objCatalog, objInfo, sum[:16], sum[:16], at)
}
