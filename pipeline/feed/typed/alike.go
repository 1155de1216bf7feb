package typed

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Alike gathers ids with characters that can't be seen: of no width, turning a line
// around, blanks of other kinds than the one of the keyboard, and that one at an end.
// They are ids of their own, and look like others. It is shared by the workers of a file.
type Alike struct {
	mu           sync.Mutex
	count        int64
	column, text string // the first by column and text, whichever worker came across it
}

// invisible says whether a character can't be seen, or not told from another.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zs, r) && r != ' ' || unicode.Is(unicode.Variation_Selector, r) ||
		r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0' || r == '\u2028' || r == '\u2029'
}

// look notes an id that holds such characters.
func (a *Alike) look(column string, text []byte) {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if invisible(r) {
			a.note(column, string(text))
			return
		}
		i += n
	}
}

// padded says whether a blank stands before or behind an id.
func padded(text []byte) bool { return text[0] == ' ' || text[len(text)-1] == ' ' }

func (a *Alike) note(column, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count++; a.count == 1 || column < a.column || column == a.column && text < a.text {
		a.column, a.text = column, text
	}
}

// Note says so in a sentence, with one of them, escaped, and what it looks like; ""
// when there is none.
func (a *Alike) Note() string {
	if a == nil || a.count == 0 {
		return ""
	}
	ids := fmt.Sprintf("%d ids hold", a.count)
	if a.count == 1 {
		ids = "one id holds"
	}
	seen := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Zs, r):
			return ' '
		case invisible(r):
			return -1
		}
		return r
	}, a.text)
	if trimmed := strings.Trim(a.text, " "); seen == a.text && trimmed != seen {
		seen = trimmed // a blank at an end is all there is
	}
	return fmt.Sprintf("%s characters that can't be seen: %s %s looks like %s and is another", ids, a.column, strconv.QuoteToASCII(a.text), strconv.QuoteToASCII(seen))
}
