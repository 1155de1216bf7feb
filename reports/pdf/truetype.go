package pdf

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// face is a parsed TrueType font (OpenType specification, glyf outlines). What
// is measured is in thousandths of the font size.
type face struct {
	name      string
	data      []byte
	tables    map[string][]byte
	perEm     int
	longLoca  bool
	glyphs    int
	metrics   int // entries of hmtx with an advance of their own
	ascent    int
	descent   int
	box       [4]int
	bold      bool
	segments  []segment // of cmap, by first
	glyphList []byte    // of cmap format 4
}

// segment maps the characters from first to last to glyphs.
type segment struct {
	first, last rune
	delta       int
	list        int // byte offset into glyphList; -1: glyph = character + delta
}

var errFont = errors.New("not a TrueType font that can be embedded")

func be16(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
func bi16(b []byte, at int) int { return int(int16(binary.BigEndian.Uint16(b[at:]))) }
func be32(b []byte, at int) int { return int(binary.BigEndian.Uint32(b[at:])) }

// parseFace reads the tables that a subset needs. The fonts are carat's own, so
// it checks that they are what they should be and no more.
func parseFace(name string, data []byte, bold bool) (*face, error) {
	f := &face{name: name, data: data, tables: map[string][]byte{}, bold: bold}
	if len(data) < 12 {
		return nil, fmt.Errorf("%s: %w", name, errFont)
	}
	for i := range be16(data, 4) {
		if len(data) < 28+16*i {
			return nil, fmt.Errorf("%s: %w", name, errFont)
		}
		entry := data[12+16*i:]
		from, size := be32(entry, 8), be32(entry, 12)
		if from+size > len(data) {
			return nil, fmt.Errorf("%s: table %q ends behind the file: %w", name, entry[:4], errFont)
		}
		f.tables[string(entry[:4])] = data[from : from+size]
	}
	for table, least := range map[string]int{"head": 54, "hhea": 36, "maxp": 6, "hmtx": 4, "loca": 4, "glyf": 0, "cmap": 4} {
		if t, ok := f.tables[table]; !ok || len(t) < least {
			return nil, fmt.Errorf("%s: table %s: %w", name, table, errFont)
		}
	}
	head, hhea := f.tables["head"], f.tables["hhea"]
	f.perEm, f.longLoca = be16(head, 18), be16(head, 50) != 0
	f.glyphs, f.metrics = be16(f.tables["maxp"], 4), be16(hhea, 34)
	if f.perEm == 0 || f.metrics == 0 || len(f.tables["hmtx"]) < 4*f.metrics {
		return nil, fmt.Errorf("%s: %w", name, errFont)
	}
	f.ascent, f.descent = f.scaled(bi16(hhea, 4)), f.scaled(bi16(hhea, 6))
	for i := range f.box {
		f.box[i] = f.scaled(bi16(head, 36+2*i))
	}
	if err := f.parseCharacters(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

func (f *face) scaled(units int) int { return units * 1000 / f.perEm }

// parseCharacters reads the widest Unicode map: format 12, else 4.
func (f *face) parseCharacters() error {
	cmap := f.tables["cmap"]
	var basic, full []byte
	for i := range be16(cmap, 2) {
		at := be32(cmap, 8+8*i)
		switch sub := cmap[at:]; be16(sub, 0) {
		case 4:
			basic = sub
		case 12:
			full = sub
		}
	}
	switch {
	case full != nil:
		for i := range be32(full, 12) {
			group := full[16+12*i:]
			first, last := rune(be32(group, 0)), rune(be32(group, 4))
			f.segments = append(f.segments, segment{first, last, be32(group, 8) - int(first), -1})
		}
	case basic != nil:
		count := be16(basic, 6) / 2
		f.glyphList = basic
		for i := range count {
			s := segment{rune(be16(basic, 16+2*count+2*i)), rune(be16(basic, 14+2*i)), bi16(basic, 16+4*count+2*i), -1}
			at := 16 + 6*count + 2*i
			if offset := be16(basic, at); offset != 0 {
				s.list = at + offset
			}
			f.segments = append(f.segments, s)
		}
	default:
		return errFont
	}
	return nil
}

// glyph gives the glyph of a character; 0 is none.
func (f *face) glyph(r rune) int {
	low, high := 0, len(f.segments)
	for low < high {
		if mid := (low + high) / 2; f.segments[mid].last < r {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == len(f.segments) || f.segments[low].first > r {
		return 0
	}
	s := f.segments[low]
	g := int(r) + s.delta
	if s.list >= 0 {
		at := s.list + 2*int(r-s.first)
		if at+2 > len(f.glyphList) {
			return 0
		}
		if g = be16(f.glyphList, at); g == 0 {
			return 0
		}
		g += s.delta
	}
	if f.glyphList != nil {
		g &= 0xFFFF
	}
	if g < 0 || g >= f.glyphs {
		return 0
	}
	return g
}

// units gives the advance and the left bearing of a glyph, in the font's units.
func (f *face) units(glyph int) (advance, bearing int) {
	hmtx := f.tables["hmtx"]
	if glyph < f.metrics {
		return be16(hmtx, 4*glyph), bi16(hmtx, 4*glyph+2)
	}
	if at := 4*f.metrics + 2*(glyph-f.metrics); at+2 <= len(hmtx) {
		bearing = bi16(hmtx, at)
	}
	return be16(hmtx, 4*(f.metrics-1)), bearing
}

func (f *face) advance(glyph int) int {
	a, _ := f.units(glyph)
	return f.scaled(a)
}

// outline gives the bytes of a glyph; none for a blank.
func (f *face) outline(glyph int) []byte {
	loca, glyf := f.tables["loca"], f.tables["glyf"]
	var from, to int
	if f.longLoca {
		if 4*glyph+8 > len(loca) {
			return nil
		}
		from, to = be32(loca, 4*glyph), be32(loca, 4*glyph+4)
	} else {
		if 2*glyph+4 > len(loca) {
			return nil
		}
		from, to = 2*be16(loca, 2*glyph), 2*be16(loca, 2*glyph+2)
	}
	if from >= to || to > len(glyf) {
		return nil
	}
	return glyf[from:to]
}
