package pdf

import (
	"encoding/binary"
	"slices"
	"unicode/utf16"
)

// subset is the part of a face that a document embeds. A glyph's number in it
// (its CID) is its place in glyphs; 0 is the box that stands for what is missing.
type subset struct {
	face   *face
	glyphs []int
	widths []int    // by CID
	source [][]rune // what each glyph stands for, for who copies the text
	cids   map[rune]uint16
	shaped map[shapedGlyph]uint16
	ready  *embedded // made once, for the subset that all documents share
}

// embedded is a subset as it goes into a file.
type embedded struct {
	program, characters []byte // compressed
	programBytes        int
	widths              []byte
}

func newSubset(f *face) *subset {
	return &subset{face: f, glyphs: []int{0}, widths: []int{f.advance(0)}, source: [][]rune{nil}, cids: map[rune]uint16{}}
}

// cid gives the number of a character's glyph, which is taken in when it is
// new. text is what the glyph stands for.
func (s *subset) cid(r rune, text []rune) uint16 {
	if c, ok := s.cids[r]; ok {
		return c
	}
	c := uint16(len(s.glyphs))
	s.glyphs = append(s.glyphs, s.face.glyph(r))
	s.widths = append(s.widths, s.face.advance(s.glyphs[c]))
	s.source = append(s.source, text)
	s.cids[r] = c
	return c
}

// shapedGlyph is a glyph that stands for a text: the same glyph may stand for
// another elsewhere.
type shapedGlyph struct {
	glyph int
	text  string
}

// glyphFor gives the number of a glyph that stands for a text, which is taken in
// when it is new.
func (s *subset) glyphFor(glyph int, text []rune) uint16 {
	key := shapedGlyph{glyph, string(text)}
	if c, ok := s.shaped[key]; ok {
		return c
	}
	if s.shaped == nil {
		s.shaped = map[shapedGlyph]uint16{}
	}
	c := uint16(len(s.glyphs))
	s.glyphs = append(s.glyphs, glyph)
	s.widths = append(s.widths, s.face.advance(glyph))
	s.source = append(s.source, slices.Clone(text))
	s.shaped[key] = c
	return c
}

// Flags of a composite glyph's parts (OpenType, glyf).
const (
	partWords        = 1 << 0
	partScale        = 1 << 3
	partMore         = 1 << 5
	partScaleXY      = 1 << 6
	partTwoByTwo     = 1 << 7
	partInstructions = 1 << 8
)

// program makes a TrueType file of the subset's glyphs without hinting, which
// no screen of today needs and which is half of a font.
func (s *subset) program() []byte {
	order := slices.Clone(s.glyphs)
	place := map[int]int{}
	for i, g := range order {
		if _, ok := place[g]; !ok {
			place[g] = i
		}
	}
	number := func(g int) int {
		if at, ok := place[g]; ok {
			return at
		}
		place[g] = len(order)
		order = append(order, g)
		return place[g]
	}
	var glyf, loca, hmtx []byte
	for i := 0; i < len(order); i++ {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, bare(s.face.outline(order[i]), number)...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		advance, bearing := s.face.units(order[i])
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(advance))
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(bearing))
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head, hhea, maxp := slices.Clone(s.face.tables["head"]), slices.Clone(s.face.tables["hhea"]), slices.Clone(s.face.tables["maxp"])
	binary.BigEndian.PutUint16(head[50:], 1)
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(order)))
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(order)))
	return assemble([]table{{"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx}, {"loca", loca}, {"maxp", maxp}})
}

// bare gives an outline without instructions, its parts numbered anew.
func bare(outline []byte, number func(int) int) []byte {
	if len(outline) < 10 {
		return nil
	}
	if contours := bi16(outline, 0); contours >= 0 {
		at := 10 + 2*contours
		if at+2 > len(outline) {
			return nil
		}
		skip := be16(outline, at)
		if at+2+skip > len(outline) {
			return nil
		}
		out := append(slices.Clone(outline[:at]), 0, 0)
		return append(out, outline[at+2+skip:]...)
	}
	out := slices.Clone(outline)
	for at := 10; at+4 <= len(out); {
		flags := be16(out, at)
		binary.BigEndian.PutUint16(out[at:], uint16(flags&^partInstructions))
		binary.BigEndian.PutUint16(out[at+2:], uint16(number(be16(out, at+2))))
		at += 6
		if flags&partWords != 0 {
			at += 2
		}
		switch {
		case flags&partScale != 0:
			at += 2
		case flags&partScaleXY != 0:
			at += 4
		case flags&partTwoByTwo != 0:
			at += 8
		}
		if flags&partMore == 0 {
			return out[:min(at, len(out))]
		}
	}
	return nil
}

type table struct {
	tag  string
	data []byte
}

// assemble writes tables as one font file. Their checksums are left zero: PDF
// readers don't look at them.
func assemble(tables []table) []byte {
	size := 12 + 16*len(tables)
	out := []byte{0, 1, 0, 0, 0, byte(len(tables)), 0, 64, 0, 2, 0, byte(16*len(tables) - 64)}
	at := size
	for _, t := range tables {
		out = append(out, t.tag...)
		out = binary.BigEndian.AppendUint32(out, 0)
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t.data)))
		at += (len(t.data) + 3) &^ 3
	}
	for _, t := range tables {
		out = append(out, t.data...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}

// characters is the map from glyphs back to text (PDF 32000, 9.10.3).
func (s *subset) characters() []byte {
	b := []byte("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	const block = 100 // the most that one block may hold
	var told []int    // a glyph that stands for no text has none
	for cid, text := range s.source {
		if len(text) > 0 {
			told = append(told, cid)
		}
	}
	for part := range slices.Chunk(told, block) {
		b = appendInt(b, len(part))
		b = append(b, " beginbfchar\n"...)
		for _, cid := range part {
			b = append(b, '<')
			b = appendHex16(b, uint16(cid))
			b = append(b, "> <"...)
			for _, unit := range utf16.Encode(s.source[cid]) {
				b = appendHex16(b, unit)
			}
			b = append(b, ">\n"...)
		}
		b = append(b, "endbfchar\n"...)
	}
	return append(b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"...)
}

// appendWidths appends the array W of the font.
func (s *subset) appendWidths(b []byte) []byte {
	b = append(b, "[0 ["...)
	for i, width := range s.widths {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendInt(b, width)
	}
	return append(b, "]]"...)
}

func (s *subset) embed(z *packer) embedded {
	if s.ready != nil {
		return *s.ready
	}
	program := s.program()
	return embedded{program: z.pack(program), programBytes: len(program), characters: z.pack(s.characters()), widths: s.appendWidths(nil)}
}
