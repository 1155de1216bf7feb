package names

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// bytesMax bounds a name.
const bytesMax = 100

// userForm is what a user may be called: as operating systems and single sign-on
// do, in ASCII, so that no letter of another alphabet looks like one of them.
var userForm = regexp.MustCompile(`^[a-z0-9_][a-z0-9_.@\\+-]{0,99}$`)

// Fold gives the one spelling of a name that was recorded: without blanks around
// it, compatibility forms as plain ones (NFKC), in lower case. It checks nothing.
func Fold(name string) string {
	return strings.ToLower(norm.NFKC.String(strings.TrimSpace(name)))
}

// Same says whether two recorded names are one person's.
func Same(a, b string) bool { return a == b || Fold(a) == Fold(b) }

// User gives the one spelling of a user's name: Ann, ann and ＡＮＮ are ann. What
// is no name, or could be mistaken for another, is an error.
func User(text string) (string, error) {
	name := Fold(text)
	if !utf8.ValidString(text) || !userForm.MatchString(name) {
		return "", errors.New("is not a user's name (letters, digits, _ . @ - +)")
	}
	return name, nil
}

// Foreign gives the one spelling of a name that another system has given, such as
// that of whoever approved an adjustment there. It may be of any alphabet, but not
// of two that look alike in one word, and hold nothing that can't be seen.
func Foreign(text string) (string, error) {
	name := Fold(text)
	switch {
	case !utf8.ValidString(text):
		return "", errors.New("is not UTF-8")
	case name == "" || len(name) > bytesMax:
		return "", errors.New("is not a name of 1 to 100 bytes")
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", errors.New("has a character that can't be seen")
	}
	for _, word := range strings.Fields(name) {
		latin := strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
		if latin && strings.ContainsFunc(word, func(r rune) bool { return unicode.In(r, unicode.Greek, unicode.Cyrillic, unicode.Armenian) }) {
			return "", errors.New("mixes alphabets that look alike")
		}
	}
	return name, nil
}
