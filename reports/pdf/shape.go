package pdf

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// sign is one character to draw and the text that it stands for.
type sign struct {
	r    rune
	text rune
}

// plain tells text that needs no shaping: it is drawn as it stands.
func plain(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// shape gives what to draw from left to right: composed, without what can't be
// seen or would reorder other text. It refuses text in which a character's form
// or place depends on the others: that is set by its font's own rules (set.go).
func shape(dst []sign, text string) (signs []sign, ok bool) {
	if plain(text) {
		for _, r := range text {
			if r >= ' ' && r != 0x7F {
				dst = append(dst, sign{r, r})
			}
		}
		return dst, true
	}
	for _, r := range norm.NFC.String(text) {
		if invisible(r) {
			continue
		}
		if depends(r) {
			return dst, false
		}
		r = visible(r)
		dst = append(dst, sign{r, r})
	}
	return dst, true
}

// visible puts a sign in the place of control characters and of those that mean
// nothing to others: for private use, or none at all.
func visible(r rune) rune {
	private := r >= 0xE000 && r < 0xF900 || r >= 0xF0000 || r&0xFFFE == 0xFFFE
	if r < ' ' || r >= 0x7F && r < 0xA0 || private {
		return '\uFFFD'
	}
	return r
}

// depends tells characters that can't be drawn one by one: those of scripts that
// join, stack or run from right to left, and marks that no letter holds.
func depends(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r >= 0x590 && r < 0x1100 && (r < 0x10A0 || r > 0x10FF): // Hebrew to Myanmar, Georgian excepted
		return true
	case r >= 0x1700 && r < 0x1C80, r >= 0xA800 && r < 0xAC00, r >= 0xFB1D && r < 0xFE00, r >= 0xFE70 && r < 0xFEFF:
		return true
	case r >= 0x10800 && r < 0x12000, r >= 0x1E800 && r < 0x1F000:
		return true
	}
	return unicode.In(r, unicode.Mn, unicode.Me)
}

// invisible tells what is not drawn: marks of direction, joiners, variation
// selectors and the byte order mark.
func invisible(r rune) bool {
	switch {
	case r == 0x61C || r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x206F:
		return true
	case r >= 0xFE00 && r <= 0xFE0F || r == 0xFEFF || r >= 0xE0000 && r <= 0xE0FFF || r == 0xAD:
		return true
	}
	return false
}
