package pdf

import (
	"bytes"
	"slices"
	"unicode"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// Text whose characters' forms and places depend on each other is set by the rules
// that its font brings along (OpenType GSUB and GPOS, by HarfBuzz's port). It is
// rare on a statement (a name, a gift) and costs some hundred times what plain text
// does, so plain text never comes here.

// placed is a glyph that does not simply follow the one before: measures in
// thousandths of the font size.
type placed struct {
	cid             uint16
	right, up, next int // its offset, and how far the line goes on
}

// isJoiner tells the joiners, which are not drawn and shape what stands beside them.
func isJoiner(r rune) bool { return r == 0x200C || r == 0x200D }

// Marks say in which direction what has none of its own runs, such as a sign before a
// number. They are not drawn.
const (
	leftToRight = '\u200E'
	rightToLeft = '\u200F'
)

func isMark(r rune) bool { return r == leftToRight || r == rightToLeft }

// set gives the pieces of a text that shape refuses, from left to right. A name may
// be anything: where a font's rules fail on it, its characters are drawn one by one,
// rather than that one name stops the statements of all.
func (d *Document) set(style Style, text string) {
	defer func() {
		if failed := recover(); failed != nil {
			d.pieces, d.shapers = d.pieces[:0], nil
			clear(d.laid)
			for _, r := range text {
				if !invisible(r) {
					d.draw(style, sign{visible(r), visible(r)})
				}
			}
		}
	}()
	key := lineKey{style, d.info.RightToLeft, text}
	laid, ok := d.laid[key]
	if !ok {
		laid = d.lay(style, text)
		if len(d.laid) >= partsKept {
			clear(d.laid)
		}
		d.laid[key] = laid
	}
	for _, part := range laid.parts {
		d.setPart(style, laid.runes, part)
	}
}

// lineKey is what the parts of a text depend on.
type lineKey struct {
	style    Style
	leftward bool
	text     string
}

// line is a text's parts from left to right.
type line struct {
	runes []rune
	parts []stretch
}

// lay gives the parts of a text as they stand from left to right.
func (d *Document) lay(style Style, text string) (laid line) {
	runes := make([]rune, 0, len(text)+1)
	if d.info.RightToLeft {
		runes = append(runes, rightToLeft) // the first letter says in which direction a paragraph runs
	}
	for _, r := range norm.NFC.String(text) {
		if !invisible(r) || isJoiner(r) || isMark(r) {
			runes = append(runes, visible(r))
		}
	}
	for _, run := range directions(runes) {
		parts := d.parts(style, runes, run)
		if run.leftward {
			slices.Reverse(parts)
		}
		laid.parts = append(laid.parts, parts...)
	}
	laid.runes = runes
	return laid
}

// stretch is characters of a text from one to before another: of one direction,
// and, as a part, of one font and one script.
type stretch struct {
	from, to int
	leftward bool
	face     *face
	script   language.Script
}

// directions gives a text's runs as they stand from left to right (Unicode UAX #9,
// within one paragraph).
func directions(text []rune) []stretch {
	all := []stretch{{to: len(text)}}
	var p bidi.Paragraph
	if _, err := p.SetString(string(text)); err != nil {
		return all // it is drawn in the order in which it is stored
	}
	o, err := p.Order()
	if err != nil || o.NumRuns() == 0 {
		return all
	}
	runs := make([]stretch, 0, o.NumRuns())
	for i := range o.NumRuns() {
		run := o.Run(i)
		first, last := run.Pos()
		if first < 0 || last >= len(text) {
			return all
		}
		runs = append(runs, stretch{from: first, to: last + 1, leftward: run.Direction() == bidi.RightToLeft})
	}
	if runs[0].leftward {
		slices.Reverse(runs)
	}
	return runs
}

// parts cuts a run where the font or the script changes. What belongs to no script
// and marks go with what stands before them, if its font has them.
func (d *Document) parts(style Style, text []rune, run stretch) []stretch {
	var parts []stretch
	for i := run.from; i < run.to; i++ {
		r := text[i]
		if isMark(r) {
			continue
		}
		script := language.LookupScript(r)
		weak := script == language.Common || script == language.Inherited || script == language.Unknown
		if n := len(parts); n > 0 && parts[n-1].to == i {
			last := &parts[n-1]
			keeps := isJoiner(r) || last.face.glyph(r) != 0
			if keeps && (weak && !unicode.IsSpace(r) && !unicode.IsDigit(r) || script == last.script) {
				last.to = i + 1
				continue
			}
		}
		own := d.face(style, r)
		if n := len(parts); n > 0 && parts[n-1].to == i && parts[n-1].face == own && parts[n-1].script == script {
			parts[n-1].to = i + 1
			continue
		}
		parts = append(parts, stretch{i, i + 1, run.leftward, own, script})
	}
	return parts
}

// setPart sets a part by its font's rules.
func (d *Document) setPart(style Style, text []rune, part stretch) {
	shaper, err := d.shaper(part.face)
	if err != nil {
		d.err = err
		return
	}
	key := partKey{part.face, part.script, part.leftward, string(text[part.from:part.to])}
	glyphs, ok := d.parted[key]
	if !ok {
		glyphs = d.shapePart(shaper, text, part)
		if len(d.parted) >= partsKept {
			clear(d.parted)
		}
		d.parted[key] = glyphs
	}
	for i := range glyphs {
		g := &glyphs[i]
		sub, cid := d.take(style, part.face, g.glyph, g.source)
		p := d.piece(sub)
		p.placed = append(p.placed, placed{cid: cid, right: g.right, up: g.up, next: g.next})
		p.width += g.next
		p.shaped = true
		p.orphan = p.orphan || g.orphan
		p.text = append(p.text, g.cluster...)
	}
}

// partsKept bounds the parts whose glyphs are remembered: most words of statements are
// the same on all of them.
const partsKept = 8192

// partKey is what a part's glyphs depend on.
type partKey struct {
	face     *face
	script   language.Script
	leftward bool
	text     string
}

// partGlyph is a glyph of a part: where it stands, what it stands for, and, at a
// cluster's first, the text of that.
type partGlyph struct {
	glyph           int
	right, up, next int
	source, cluster []rune
	orphan          bool
}

// shapePart gives the glyphs of a part by its font's rules.
func (d *Document) shapePart(shaper *harfbuzz.Font, text []rune, part stretch) []partGlyph {
	d.buffer.Clear()
	d.buffer.Props.Direction = harfbuzz.LeftToRight
	if part.leftward {
		d.buffer.Props.Direction = harfbuzz.RightToLeft
	}
	d.buffer.Props.Script = part.script
	d.buffer.AddRunes(text, part.from, part.to-part.from)
	d.buffer.Shape(shaper, nil)
	last := -1
	glyphs := make([]partGlyph, len(d.buffer.Info))
	for i, info := range d.buffer.Info {
		at := d.buffer.Pos[i]
		cluster, source, orphan := clusterText(text, part, d.buffer.Info, i)
		if part.leftward && len(source) == 2 {
			source = lamAlef(part.face, int(info.Glyph), source)
		}
		glyphs[i] = partGlyph{glyph: int(info.Glyph), right: part.face.scaled(int(at.XOffset)), up: part.face.scaled(int(at.YOffset)),
			next: part.face.scaled(int(at.XAdvance)), source: slices.Clone(source), orphan: orphan && !part.leftward}
		if info.Cluster != last {
			glyphs[i].cluster, last = slices.Clone(cluster), info.Cluster
		}
	}
	return glyphs
}

// nothingSeen stands for a glyph that shows none of the text by itself. Every glyph
// must stand for something (PDF/A-3, 6.2.11.7), and this is not seen in what is copied.
const nothingSeen = '\u200B'

// clusterText gives the part of the text that a cluster of glyphs stands for, and
// what its glyph i stands for: one character each, the first for what is left over.
// Where there are more glyphs than characters, those behind are orphans. Clusters
// rise from glyph to glyph, and fall where the text runs from right to left.
func clusterText(text []rune, part stretch, glyphs []harfbuzz.GlyphInfo, i int) (cluster, own []rune, orphan bool) {
	at := glyphs[i].Cluster
	first, last := i, i+1
	for first > 0 && glyphs[first-1].Cluster == at {
		first--
	}
	for last < len(glyphs) && glyphs[last].Cluster == at {
		last++
	}
	end, n, place := part.to, last-first, i-first
	switch {
	case part.leftward:
		if place = last - 1 - i; first > 0 {
			end = glyphs[first-1].Cluster
		}
	case last < len(glyphs):
		end = glyphs[last].Cluster
	}
	cluster = text[at:end]
	extra := max(len(cluster)-n, 0) // what the first stands for besides its own
	switch {
	case place == 0:
		return cluster, cluster[:min(1+extra, len(cluster))], false
	case place+extra < len(cluster):
		return cluster, cluster[place+extra : place+extra+1], false
	}
	return cluster, []rune{nothingSeen}, true
}

// lamAlef gives the one character of a lam and an alef that became one glyph
// (Unicode, Arabic Presentation Forms-B): readers of PDF disagree about the order of
// several characters in a glyph that runs from right to left.
func lamAlef(f *face, glyph int, text []rune) []rune {
	for r := rune(0xFEF5); r <= 0xFEFC; r++ {
		if f.glyph(r) == glyph {
			return []rune{r}
		}
	}
	return text
}

// take gives the subset and the number of a glyph that stands for a text: the
// shared subset's where it has that very character as it is.
func (d *Document) take(style Style, own *face, glyph int, text []rune) (*subset, uint16) {
	shared := d.fonts.styles[style]
	if own == shared.face && len(text) == 1 {
		if cid, ok := shared.cids[text[0]]; ok && shared.glyphs[cid] == glyph {
			return shared, cid
		}
	}
	if prepared := d.prepared[own]; prepared != nil {
		if cid, ok := prepared.shaped[shapedGlyph{glyph, string(text)}]; ok {
			return prepared, cid
		}
	}
	sub := d.extra[own]
	if sub == nil {
		sub = newSubset(own)
		d.extra[own] = sub
	}
	return sub, sub.glyphFor(glyph, text)
}

// shaper gives the rules of a face, read when they are first needed.
func (d *Document) shaper(f *face) (*harfbuzz.Font, error) {
	if s := d.shapers[f]; s != nil {
		return s, nil
	}
	parsed, err := font.ParseTTF(bytes.NewReader(f.data))
	if err != nil {
		return nil, err
	}
	if d.shapers == nil {
		d.shapers, d.buffer = map[*face]*harfbuzz.Font{}, harfbuzz.NewBuffer()
	}
	s := harfbuzz.NewFont(parsed)
	d.shapers[f] = s
	return s, nil
}
