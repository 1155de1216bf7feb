package guess

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"carat/pipeline"
	"carat/pipeline/feed/layout"
	"carat/pipeline/feed/lex"
)

// fewHigh is how few letters outside of ASCII tell nothing of an encoding.
const fewHigh = 4

// unlikeText says why a text can't be cut into columns as it is: its lines end with carriage
// returns alone, or its letters are in an encoding that carat doesn't read. nil for any
// other. raw is what the file has, text the same in UTF-8 if it was UTF-16.
func unlikeText(raw, text []byte, name string) error {
	if bytes.IndexByte(text, 0) >= 0 {
		return nil
	}
	if bytes.IndexByte(text, '\n') < 0 && bytes.Count(text, []byte("\r")) > 1 {
		return lex.BadFile(name, 0, "its lines end with carriage returns alone, as an old Mac's do").
			WithHint("save it again as \"CSV UTF-8\", not as \"CSV (Macintosh)\"")
	}
	if utf8.Valid(bytes.TrimRight(text, "\x80\xbf")) || !bytes.Equal(raw, text) {
		return nil
	}
	if which := otherEncoding(raw); which != "" {
		return unreadEncoding(name, which)
	}
	return nil
}

func unreadEncoding(name, which string) *pipeline.Error {
	return lex.BadFile(name, 0, "its letters seem to be in %s, an encoding that carat doesn't read", which).
		WithHint("have it exported as UTF-8, or open it where its letters are right and save it again as \"CSV UTF-8\"; carat reads UTF-8, UTF-16, windows-1252 and iso-8859-1")
}

// otherEncoding names the encoding that a text seems to be in, which is neither UTF-8 nor
// one of western Europe; "" if it can be one of these. Letters of two bytes, and words of
// Cyrillic letters, are bytes above ASCII side by side; western words have one here and
// there.
func otherEncoding(raw []byte) string {
	high, beside, low := 0, 0, 0
	for i, b := range raw {
		if b < utf8.RuneSelf {
			continue
		}
		high++
		if b < 0xA0 {
			low++
		}
		if i > 0 && raw[i-1] >= utf8.RuneSelf || i+1 < len(raw) && raw[i+1] >= utf8.RuneSelf {
			beside++
		}
	}
	switch {
	case high >= fewHigh && low*3 > high && beside*2 > high:
		return "Shift_JIS, or another of Asia"
	case high >= fewHigh && beside*4 > high*3:
		return "windows-1251, GBK, Big5 or EUC-KR"
	case centralEuropean(raw):
		return "windows-1250"
	}
	return ""
}

// centralEuropean says whether a text has what are signs in windows-1252, ³ ¹ ¿ £ ¥, inside
// of words, where windows-1250 has letters.
func centralEuropean(raw []byte) bool {
	text := []rune(string((&layout.Layout{Encoding: string(lex.Windows1252)}).Decode(raw)))
	n := 0
	for i := 1; i+1 < len(text); i++ {
		switch text[i] {
		case '³', '¹', '¿', '£', '¥', '¼', '¾':
			if unicode.IsLetter(text[i-1]) && unicode.IsLetter(text[i+1]) {
				n++
			}
		}
	}
	return n > 1
}
