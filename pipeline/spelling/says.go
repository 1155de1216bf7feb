package spelling

import (
	"errors"
	"fmt"
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

// CheckReason says what keeps a text from being a reason, a note or whatever else must
// say something: nobody sees a letter of it, it is longer than so many bytes, or it isn't
// fit for a record (CheckText).
func CheckReason(text string, bytesMax int) error {
	switch {
	case !Says(text):
		return errors.New("it has no letter or digit that can be seen")
	case len(text) > bytesMax:
		return fmt.Errorf("it is longer than %d bytes", bytesMax)
	}
	return CheckText(text, false)
}

// invisible says whether a character shows nothing, or turns what stands behind it
// around: what is called by such a character looks like something else.
func invisible(r rune) bool {
	return turnsLine(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, blankLetters)
}

// blankLetters are letters that show nothing though Unicode doesn't say that they may
// be left out: the blanks of hieroglyphs.
var blankLetters = &unicode.RangeTable{R32: []unicode.Range32{{Lo: 0x13441, Hi: 0x13442, Stride: 1}}}
