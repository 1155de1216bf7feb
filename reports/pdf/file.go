package pdf

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

// Objects of the file: these, then five per font, two per attached file and two per
// page; then the structure's root and its elements, which lie compressed in the last
// but one; the last is the table of them all.
const (
	objCatalog = 1 + iota
	objPages
	objInfo
	objResources
	objMetadata
	objProfile
	objFonts
)

const objectsPerFont = 5

// Bytes ends the document. What it gives is valid until the next Reset.
func (d *Document) Bytes() ([]byte, error) {
	if d.err != nil {
		return nil, fmt.Errorf("embed font: %w", d.err)
	}
	d.unmark()
	if d.misplaced {
		return nil, errMisplaced
	}
	firstFile := objFonts + objectsPerFont*len(d.used)
	firstPage := firstFile + 2*len(d.files)
	root := firstPage + 2*len(d.pages)
	d.out, d.offsets = append(d.out[:0], "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"...), d.offsets[:0]
	d.catalog(firstFile, root)
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
	d.out = append(d.out, "] >>\nendobj\n"...)
	d.object("<< /Title ", d.info.Title, " /Author ", d.info.Author, " /Subject ", d.info.Subject, " /Producer ", d.info.Producer, " >>")
	d.begin()
	d.out = append(d.out, "<< /Font << "...)
	for i := range d.used {
		d.out = append(appendInt(append(d.out, "/F"...), i), ' ')
		d.out = append(appendInt(d.out, objFonts+objectsPerFont*i), " 0 R "...)
	}
	d.out = append(d.out, ">> >>\nendobj\n"...)
	d.metadata()
	d.stream(" /N 3", d.fonts.profile)
	for i, s := range d.used {
		d.font(i, s)
	}
	for i := range d.files {
		d.file(&d.files[i], firstFile+2*i+1)
	}
	for i, page := range d.pages {
		d.begin()
		d.out = append(d.out, "<< /Type /Page /Parent 2 0 R /Resources 4 0 R /StructParents "...)
		d.out = append(appendInt(d.out, i), " /Contents "...)
		d.out = append(appendInt(d.out, firstPage+2*i+1), " 0 R >>\nendobj\n"...)
		d.stream("", d.pack.pack(page))
	}
	inside := d.writeStructure(root, firstPage)
	d.end(inside)
	return d.out, nil
}

// catalog writes the file's root: that it is tagged, what it is called, its colours,
// its files.
func (d *Document) catalog(firstFile, root int) {
	d.begin()
	b := appendText(append(d.out, "<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /DisplayDocTitle true >> /Lang "...), d.info.Language)
	b = append(b, " /MarkInfo << /Marked true >> /StructTreeRoot "...)
	b = append(appendInt(b, root), " 0 R /Metadata 5 0 R /OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1"+
		" /OutputConditionIdentifier (sRGB) /Info (sRGB IEC61966-2.1) /DestOutputProfile 6 0 R >>]"...)
	if len(d.files) > 0 {
		b = append(b, " /Names << /EmbeddedFiles << /Names ["...)
		for i := range d.files {
			b = append(appendText(b, d.files[i].Name), ' ')
			b = append(appendInt(b, firstFile+2*i), " 0 R "...)
		}
		b = append(b, "] >> >> /AF ["...)
		for i := range d.files {
			b = append(appendInt(b, firstFile+2*i), " 0 R "...)
		}
		b = append(b, ']')
	}
	d.out = append(b, " >>\nendobj\n"...)
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

// end writes the table of objects, compressed (PDF 32000, 7.5.8), and where it is.
// The last inside objects lie in the one before it. The file's identifier is made
// from its contents.
func (d *Document) end(inside int) {
	sum := sha256.Sum256(d.out)
	at, plain := len(d.out), len(d.offsets)-inside-1
	holder := len(d.offsets)
	b := append(d.table[:0], 0, 0, 0, 0, 0, 0, 0, 0)
	for i, offset := range d.offsets {
		if i >= plain && i < plain+inside {
			n := i - plain
			b = append(binary.BigEndian.AppendUint32(append(b, 2), uint32(holder)), byte(n>>16), byte(n>>8), byte(n))
			continue
		}
		b = append(binary.BigEndian.AppendUint32(append(b, 1), uint32(offset)), 0, 0, 0)
	}
	b = append(binary.BigEndian.AppendUint32(append(b, 1), uint32(at)), 0, 0, 0)
	d.table = b
	d.stream(fmt.Sprintf(" /Type /XRef /W [1 4 3] /Size %d /Root %d 0 R /Info %d 0 R /ID [<%X> <%X>]",
		holder+2, objCatalog, objInfo, sum[:16], sum[:16]), d.quick.pack(b))
	d.out = fmt.Appendf(d.out, "startxref\n%d\n%%%%EOF\n", at)
}
