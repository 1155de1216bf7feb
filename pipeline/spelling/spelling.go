package spelling

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"carat/pipeline"
)

// Spell gives a name that others chose (of a file, of an account) as text that is
// fit for a record and a line: bytes that are no UTF-8, control characters, and
// characters that nobody sees or that turn a line around (U+202E, U+200B) are written
// \xNN, each byte by itself. A name without such bytes stays as it is; one
// that holds `\x` has its backslashes doubled, so that no two names are spelled
// alike.
func Spell(name string) string {
	odd := strings.Contains(name, `\x`)
	for i, r := range name {
		if odd = odd || oddRune(name[i:], r); odd {
			break
		}
	}
	if !odd {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		switch {
		case oddRune(name[i:], r):
			for _, c := range []byte(name[i : i+size]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		case r == '\\':
			b.WriteString(`\\`)
		default:
			b.WriteString(name[i : i+size])
		}
		i += size
	}
	return b.String()
}

// oddRune says whether a text begins with a byte that is no UTF-8, or with a
// control character or one that can't be seen, which r is.
func oddRune(text string, r rune) bool {
	if r == utf8.RuneError {
		_, size := utf8.DecodeRuneInString(text)
		return size == 1
	}
	return unicode.IsControl(r) || invisible(r)
}

// Typed is an error for a text that nobody can have meant to type: bytes that are no
// UTF-8, and control characters. What can't be seen may be in it: an id of a file may be so.
func Typed(text string) error {
	for i, r := range text {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return CheckText(text[i:], false)
		}
	}
	return nil
}

// Asked gives the ids that somebody asked for as they are recorded: what of a name can't be
// seen is spelled. What nobody can have meant to type stays, to be refused.
func Asked(ids []string) string {
	spelled := slices.Clone(ids)
	for i, id := range spelled {
		if Typed(id) == nil {
			spelled[i] = Spell(id)
		}
	}
	return strings.Join(spelled, " ")
}

// CheckText says what of a text that a person typed is not fit for a record: bytes
// that are no UTF-8, control characters, among them the ones that steer a terminal,
// characters that turn the order of a line around, and U+FFFD, which stands where a
// program lost a character. Line ends and tabs are allowed if lines says so.
func CheckText(text string, lines bool) error {
	for i, r := range text {
		switch {
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return fmt.Errorf(`"%s" is no UTF-8, from byte %d on`, pipeline.CutText(Spell(text)), i+1)
			}
			return fmt.Errorf("it holds U+FFFD, which stands for a character that was lost, at byte %d", i+1)
		case lines && (r == '\n' || r == '\t' || r == '\r'):
		case unicode.IsControl(r):
			return fmt.Errorf("it holds the control character %U, at byte %d", r, i+1)
		case turnsLine(r):
			return fmt.Errorf("it holds the character %U, which turns the order of a line around, at byte %d", r, i+1)
		}
	}
	return nil
}

// turnsLine says whether a character orders what stands behind it (Unicode's
// explicit directional formatting).
func turnsLine(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }

var (
	urlPassword   = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s"'/@:]*:)[^\s"'@]+@`)
	queryPassword = regexp.MustCompile(`([?&](?:password|token|secret|access_token|api_key)=)[^\s"'&]+`)
)

// secretBytesMin is how long a secret must be to be looked for in a text: shorter
// ones are words of it by chance.
const secretBytesMin = 4

// Redact takes secrets out of a text that is printed or recorded: those that are
// known, and the password of any address. It is the one place that does.
func Redact(text string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) >= secretBytesMin {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	if strings.Contains(text, "://") {
		text = queryPassword.ReplaceAllString(urlPassword.ReplaceAllString(text, "${1}***@"), "${1}***")
	}
	return text
}
