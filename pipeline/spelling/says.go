package spelling

import (
	"strings"
	"unicode"
)

// Says says whether a text that must say something, such as a reason, has a letter or
// a digit that somebody sees: some of Unicode's letters are blanks that fill a place.
func Says(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && !unicode.Is(blankLetters, r)
	})
}

// blankLetters are letters that show nothing though Unicode doesn't say that they may
// be left out: the blanks of hieroglyphs.
var blankLetters = &unicode.RangeTable{R32: []unicode.Range32{{Lo: 0x13441, Hi: 0x13442, Stride: 1}}}
