package spelling

import (
	"strings"
	"unicode"
)

// OneLine gives a text with a blank for each character that is Hidden: in a comment of YAML what a file says stays in that
// comment.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if Hidden(r) {
			return ' '
		}
		return r
	}, text)
}

// Hidden says whether a character ends a line, for some reader, or is one that a person doesn't see.
func Hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Cf)
}
