package spelling_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"carat/pipeline/spelling"
)

func TestSpell(t *testing.T) {
	for name, want := range map[string]string{
		"gift_events.csv": "gift_events.csv", "gift_events-\xff.csv": `gift_events-\xff.csv`, `gift_events-\xff.csv`: `gift_events-\\xff.csv`,
		"a\nb\x1b[31m\x00": `a\x0ab\x1b[31m\x00`, "Müller": "Müller", "gift\u202evsc.events": `gift\xe2\x80\xaevsc.events`, "a\u200bb": `a\xe2\x80\x8bb`, "a\u3164": `a\xe3\x85\xa4`, "\ufeffa": `\xef\xbb\xbfa`,
		"a\u2066": `a\xe2\x81\xa6`, "a\u00ad": `a\xc2\xad`, "a\u2028b": `a\xe2\x80\xa8b`, "M\xfcller": `M\xfcller`, `a\b`: `a\b`, "a\\b\xff": `a\\b\xff`,
		"\u0085": `\xc2\x85`, "\uFFFD": "\uFFFD", "": "",
	} {
		if got := spelling.Spell(name); got != want {
			t.Errorf("%q is spelled %s, want %s", name, got, want)
		}
	}
}

// No two names are spelled alike, and a spelling is text.
func FuzzSpell(f *testing.F) {
	f.Add("a\xff", `a\xff`)
	f.Add("a\\\xff", `a\\\xff`)
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := spelling.Spell(a), spelling.Spell(b)
		if (a == b) != (x == y) {
			t.Errorf("%q and %q are spelled %q and %q", a, b, x, y)
		}
		if !utf8.ValidString(x) || strings.ContainsFunc(x, unicode.IsControl) {
			t.Errorf("%q is spelled %q", a, x)
		}
	})
}

func TestCheckText(t *testing.T) {
	for text, want := range map[string]string{
		"Müller, 日本": "", "M\xfcller": "no UTF-8, from byte 2 on", "a\uFFFD": "U+FFFD", "a\x1b[31m": "the control character U+001B", "a\x00b": "the control character U+0000",
		"a\u009b31m": "the control character U+009B", "a\u202eb": "U+202E, which turns", "a\u2066b": "U+2066", "a\nb": "the control character U+000A", "a\x7f": "U+007F",
	} {
		err := spelling.CheckText(text, false)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if err := spelling.CheckText("a\n\tb\r\n", true); err != nil {
		t.Error(err)
	}
}
