// Package pdf writes pages of text, boxes and lines as PDF, fast and always
// with the same bytes for the same calls.
//
// It promises that no clock, map order or machine shows in the bytes, that text
// can be selected and copied as it was given (also where no font has its
// glyph: a box is drawn then), that only the glyphs in use are embedded, and
// that hostile text stays text: it is written as glyph numbers and never as
// PDF syntax. The characters of ordinary statements are embedded as one ready
// subset per face, made once; other characters are subset per document.
//
// What it writes is tagged for who listens (PDF/UA-1) and fit for archives (PDF/A-3,
// conformance A), if whoever draws opens an element for each text (structure.go):
// that is checked by veraPDF in the tests of package statement. Colours are sRGB.
//
// Plain text is drawn character by character (shape.go). Text whose characters
// depend on each other is set by the rules of its font (set.go, HarfBuzz's port):
// Arabic, Hebrew, Thai, Devanagari, Myanmar and Kannada are joined, stacked and
// ordered. Scripts without a font here (Bengali, Tamil, Telugu, Khmer, …) are
// boxes, which copy as the text that they stand for. What it doesn't do: colour
// emoji, hyphenation.
//
// Lengths are whole hundredths of a point. It must not import carat's other
// packages.
package pdf
