package pdf

import (
	"slices"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// arabicForms says how many joined forms (Unicode, Arabic Presentation Forms-B
// from U+FE80) each letter from U+0621 has: 1 alone, 2 also after another, 4
// also before one; 0 is no letter.
const arabicForms = "12222424244444222244444444" + "000000" + "4444444224"

// joined gives the form of an Arabic letter for its neighbours.
func joined(r rune, before, after bool) rune {
	if r < 0x621 || int(r-0x621) >= len(arabicForms) {
		return r
	}
	form := rune(0xFE80)
	for _, n := range arabicForms[:r-0x621] {
		form += n - '0'
	}
	switch arabicForms[r-0x621] {
	case '2':
		if before {
			return form + 1
		}
	case '4':
		switch {
		case before && after:
			return form + 3
		case after:
			return form + 2
		case before:
			return form + 1
		}
	case '0':
		return r
	}
	return form
}

// joins says whether a letter reaches to the one before it, and to the one after.
func joins(r rune) (back, on bool) {
	if r == 0x640 { // the line that stretches a word
		return true, true
	}
	if r < 0x621 || int(r-0x621) >= len(arabicForms) {
		return false, false
	}
	n := arabicForms[r-0x621]
	return n == '2' || n == '4', n == '4'
}

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
// seen or would reorder other text, Arabic joined, right-to-left runs turned.
func shape(dst []sign, text string) []sign {
	if plain(text) {
		for _, r := range text {
			if r >= ' ' && r != 0x7F {
				dst = append(dst, sign{r, r})
			}
		}
		return dst
	}
	text = norm.NFC.String(text)
	rightToLeft := false
	for _, r := range text {
		if invisible(r) {
			continue
		}
		if r < ' ' || r >= 0x7F && r < 0xA0 {
			r = '\uFFFD'
		}
		dst = append(dst, sign{r, r})
		if r >= 0x590 {
			p, _ := bidi.LookupRune(r)
			rightToLeft = rightToLeft || p.Class() == bidi.R || p.Class() == bidi.AL
		}
	}
	if rightToLeft {
		join(dst)
		order(dst)
	}
	return dst
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

func join(signs []sign) {
	for i := range signs {
		var before, after bool
		back, on := joins(signs[i].text)
		if i > 0 && back {
			_, before = joins(signs[i-1].text)
		}
		if i+1 < len(signs) && on {
			after, _ = joins(signs[i+1].text)
		}
		signs[i].r = joined(signs[i].text, before, after)
	}
}

// order turns right-to-left runs round (Unicode UAX #9, within one paragraph).
func order(signs []sign) {
	text := make([]rune, len(signs))
	for i := range signs {
		text[i] = signs[i].text
	}
	var p bidi.Paragraph
	if _, err := p.SetString(string(text)); err != nil {
		return // it is drawn in the order in which it is stored
	}
	o, err := p.Order()
	if err != nil {
		return
	}
	runs := make([][]sign, 0, o.NumRuns())
	for i := range o.NumRuns() {
		run := o.Run(i)
		first, last := run.Pos()
		if first < 0 || last >= len(signs) {
			return
		}
		part := slices.Clone(signs[first : last+1])
		if run.Direction() == bidi.RightToLeft {
			slices.Reverse(part)
		}
		runs = append(runs, part)
	}
	if begins := o.Run(0); begins.Direction() == bidi.RightToLeft {
		slices.Reverse(runs)
	}
	if turned := slices.Concat(runs...); len(turned) == len(signs) {
		copy(signs, turned)
	}
}
