package pdf

import (
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/harfbuzz"
	"github.com/klauspost/compress/zlib"
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
	RightToLeft                      bool   // the direction of its language
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
	quick   *packer // of what is long and looks alike
	out     []byte
	offsets []int
	err     error                    // the first that a font gave
	shapers map[*face]*harfbuzz.Font // of the faces whose rules were needed
	buffer  *harfbuzz.Buffer
	parted  map[partKey][]partGlyph
	laid    map[lineKey]line
	known   map[lineKey][]piece // of texts of this language, all of whose glyphs documents share
	faces   [2]map[rune]*face   // of characters beyond the shared subsets, by style
	// prepared are the subsets that documents of this language share.
	prepared map[*face]*subset
	files    []File
	table    []byte
	structure
}

// piece is characters of one subset that are drawn together: one behind the other,
// or where the font's rules place them.
type piece struct {
	font   *subset
	cids   []uint16
	placed []placed
	shaped bool // it has placed
	width  int  // thousandths of the font size
	text   []rune
	orphan bool // it has a glyph that stands for none of its text
}

// New gives an empty document maker.
func New(fonts *Fonts) *Document {
	return &Document{fonts: fonts, at: -1, extra: map[*face]*subset{}, parted: map[partKey][]partGlyph{}, laid: map[lineKey]line{}, known: map[lineKey][]piece{},
		faces: [2]map[rune]*face{{}, {}}, pack: newPacker(zlib.DefaultCompression), quick: newPacker(zlib.BestSpeed)}
}

// Reset begins a document.
func (d *Document) Reset(size Size, info Info) {
	if info.Language != d.info.Language {
		clear(d.known)
	}
	d.size, d.info, d.err = size, info, nil
	d.pages, d.at, d.used, d.files = d.pages[:0], -1, d.used[:0], d.files[:0]
	d.prepared = d.fonts.of(info.Language)
	d.structure.reset()
	clear(d.extra)
}

// AddPage begins another page, which is then written on.
func (d *Document) AddPage() {
	d.unmark()
	n := len(d.pages)
	if n < cap(d.pages) {
		d.pages = d.pages[:n+1]
		d.pages[n] = d.pages[n][:0]
	} else {
		d.pages = append(d.pages, nil)
	}
	d.structure.addPage()
	d.at = n
}

// Pages gives how many pages were begun.
func (d *Document) Pages() int { return len(d.pages) }

// Turn goes to a page that was begun, from 0, to write more on it.
func (d *Document) Turn(page int) {
	d.unmark()
	d.at = page
}

// cut splits a text into pieces by the font that has its characters. Nobody may change
// them: those of a text that most statements have are remembered.
func (d *Document) cut(style Style, text string) []piece {
	if plain(text) {
		return d.cutAnew(style, text)
	}
	key := lineKey{style, d.info.RightToLeft, text}
	if pieces, ok := d.known[key]; ok {
		return pieces
	}
	pieces := d.cutAnew(style, text)
	if d.err == nil && !slices.ContainsFunc(pieces, func(p piece) bool { return p.font.ready == nil }) {
		if len(d.known) >= partsKept {
			clear(d.known)
		}
		d.known[key] = clonePieces(pieces)
	}
	return pieces
}

func (d *Document) cutAnew(style Style, text string) []piece {
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

func clonePieces(pieces []piece) []piece {
	all := slices.Clone(pieces)
	for i, p := range all {
		all[i].cids, all[i].placed, all[i].text = slices.Clone(p.cids), slices.Clone(p.placed), slices.Clone(p.text)
	}
	return all
}

// draw adds a character as it is.
func (d *Document) draw(style Style, s sign) {
	font, cid := d.find(style, s)
	p := d.piece(font)
	p.cids = append(p.cids, cid)
	p.width += font.widths[cid]
}

// piece gives the last piece, or a new one where the font changes.
func (d *Document) piece(font *subset) *piece {
	n := len(d.pieces)
	if n == 0 || d.pieces[n-1].font != font {
		if n < cap(d.pieces) {
			d.pieces = d.pieces[:n+1]
			d.pieces[n] = piece{font: font, cids: d.pieces[n].cids[:0], placed: d.pieces[n].placed[:0], text: d.pieces[n].text[:0]}
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
	if s.r >= ' ' && s.r <= '~' {
		return shared, asciiCID(s.r)
	}
	if cid, ok := shared.cids[s.r]; ok {
		return shared, cid
	}
	own := d.face(style, s.r)
	if prepared := d.prepared[own]; prepared != nil {
		if cid, ok := prepared.cids[s.r]; ok {
			return prepared, cid
		}
	}
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
// and gives its width. It belongs to the element that is open.
func (d *Document) Text(x, y int, style Style, size int, color Color, text string) int {
	pieces := d.cut(style, text)
	d.markText()
	b, total := d.pages[d.at], 0
	for i := range pieces {
		p := &pieces[i]
		if p.orphan {
			b = append(appendText(append(b, "/Span <</ActualText "...), string(p.text)), ">> BDC\n"...)
		}
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
		if p.orphan {
			b = append(b, "EMC\n"...)
		}
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
		owed = g.next - g.right - p.font.widths[g.cid]
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

// Wrap breaks a text into lines of at most width, at blanks where it can: a line
// keeps the blank at which it ends, so that its last word is none with the next
// line's first. What doesn't fit into most lines ends in an ellipsis.
func (d *Document) Wrap(style Style, size, width, most int, text string) []string {
	if d.Width(style, size, text) <= width {
		return []string{text}
	}
	if set := strings.ContainsFunc(text, depends); set && strings.Contains(text, " ") {
		if lines, ok := d.wrapWords(style, size, width, most, text); ok {
			return lines
		}
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
		end := breakBefore(rest, n)
		for end > 1 && unicode.Is(unicode.M, rest[end]) { // a mark stays with its letter
			end--
		}
		line := string(rest[:end])
		if rest[end] == ' ' {
			line += " "
		}
		lines = append(lines, line)
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
			used += d.measure(style, r)
		}
		if used*size > width*1000 {
			return max(i, 1)
		}
	}
	return len(text)
}

// measure gives the width of a character without taking it in.
func (d *Document) measure(style Style, r rune) int {
	if shared := d.fonts.styles[style]; r >= ' ' && r <= '~' {
		return shared.widths[asciiCID(r)]
	}
	own := d.face(style, r)
	return own.advance(own.glyph(r))
}

// face gives the first face that has a character, else the main one.
func (d *Document) face(style Style, r rune) *face {
	if own, ok := d.faces[style][r]; ok {
		return own
	}
	own := d.findFace(style, r)
	if d.err == nil {
		d.faces[style][r] = own
	}
	return own
}

func (d *Document) findFace(style Style, r rune) *face {
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

// wrapWords wraps text whose letters join, which are narrower or wider than alone: it
// is measured word by word. It gives up where a word is wider than a line, or there are
// more lines than most.
func (d *Document) wrapWords(style Style, size, width, most int, text string) (lines []string, ok bool) {
	blank := d.Width(style, size, " ")
	used, from, at := 0, 0, 0
	for word := range strings.SplitAfterSeq(text, " ") {
		wide := d.Width(style, size, strings.TrimSuffix(word, " "))
		if wide > width {
			return nil, false
		}
		if used > 0 && used+wide > width {
			lines = append(lines, text[from:at])
			used, from = 0, at
		}
		used, at = used+wide+blank, at+len(word)
	}
	lines = append(lines, text[from:])
	return lines, len(lines) <= most
}

// breakBefore gives the last place up to n at which a line may end: at a blank, or
// where Chinese or Japanese stands; n itself where there is none. No line begins with
// a mark that ends something there, and none ends with one that begins something.
func breakBefore(text []rune, n int) int {
	for i := n; i > 0; i-- {
		if i == len(text) {
			continue
		}
		before, after := text[i-1], text[i]
		if after == ' ' || (ideograph(before) || ideograph(after)) && before != '\u00a0' && after != '\u00a0' &&
			!strings.ContainsRune("、。，；：！？）」』】〉》・ー～…", after) && !strings.ContainsRune("（「『【〈《", before) &&
			(ideograph(before) && ideograph(after) || strings.ContainsRune("、。，；：！？）」』】〉》", before)) {
			return i
		}
	}
	return max(n, 1)
}

// ideograph tells the characters of Chinese and Japanese, which have no blanks.
func ideograph(r rune) bool {
	return r >= 0x3000 && r < 0x3100 || r >= 0x3400 && r < 0xA000 || r >= 0xF900 && r < 0xFB00 || r >= 0xFF00 && r < 0xFFF0
}

// Slanted draws a text that rises at 45 degrees from x, y: a watermark, which is no
// part of what the document says.
func (d *Document) Slanted(x, y int, style Style, size int, color Color, text string) {
	pieces := d.cut(style, text)
	d.mark(artifact)
	for _, p := range pieces {
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

// Rect fills a box whose upper left corner is x, y. It is a part of a figure that is
// open, else decoration.
func (d *Document) Rect(x, y, width, height int, color Color) {
	d.markBox()
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
