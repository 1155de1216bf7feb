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
// What it doesn't do: joining and stacking of Indic, Thai and the like, colour
// emoji, hyphenation. Arabic is joined and right-to-left text is ordered.
//
// Lengths are whole hundredths of a point. It must not import carat's other
// packages.
package pdf
