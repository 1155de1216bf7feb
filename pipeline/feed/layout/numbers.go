package layout

import (
	"slices"
	"strings"
	"unicode"

	"carat/pipeline/feed/published"
)

// Spelling is how the numbers of a file are written. Blanks of every kind are
// alike, a plus before a number says nothing, and a minus is one however it is
// encoded.
type Spelling struct {
	DecimalComma     bool     `json:"decimal_comma,omitempty"`     // 1.234,56
	Thousands        string   `json:"thousands,omitempty"`         // what groups the digits of a whole number; "": nothing
	CurrencySign     []string `json:"currency_sign,omitempty"`     // that may stand before or behind
	BracketsNegative bool     `json:"brackets_negative,omitempty"` // (1.00)
	TrailingSign     bool     `json:"trailing_sign,omitempty"`     // 1.00-
	NegativeMarks    []string `json:"negative_marks,omitempty"`    // 1.00 DR
	PositiveMarks    []string `json:"positive_marks,omitempty"`    // 1.00 CR
}

// plainBlanks makes blanks of all kinds alike and takes those at the ends off.
func plainBlanks(text string) string {
	plain := true
	for i := 0; i < len(text) && plain; i++ {
		plain = text[i] < 0x80
	}
	if plain {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, text))
}

// plainMarks are the characters that stand for one of ASCII in numbers.
var plainMarks = strings.NewReplacer("\u2212", "-", "\uFE63", "-", "\uFF0D", "-", "\u2019", "'", "\u02BC", "'")

// PlainNumber makes the marks and blanks of a number those of ASCII.
func PlainNumber(text string) string { return plainMarks.Replace(plainBlanks(text)) }

// Read writes a number as carat does: digits, a point and a minus; false if the
// text is not written so. Where marks say the direction either way, a number without one
// has none and is not read, but for zero.
func (s Spelling) Read(text string) (string, bool) {
	number, _, ok := s.read(text)
	return number, ok
}

// read is Read that also gives the currency's sign; "" without one.
func (s Spelling) read(text string) (number, currency string, ok bool) {
	text = PlainNumber(text)
	sign := ""
	for {
		text = strings.TrimSpace(text)
		before := text
		if currency == "" {
			text, currency = cutSign(text, s.CurrencySign)
		}
		if sign == "" {
			text, sign = s.cutMinus(text)
		}
		if text == before {
			break
		}
	}
	number, ok = s.digits(text)
	switch {
	case sign == "-":
		number = "-" + number
	case sign == "" && len(s.NegativeMarks) > 0 && len(s.PositiveMarks) > 0 && ok && !isZero(number):
		return number, currency, false
	}
	return number, currency, ok
}

// noCents takes the dash off that stands for no cents: 5.- or 5,--. Where a sign stands
// behind numbers one dash could be that.
func (s Spelling) noCents(text string) string {
	rest := strings.TrimRight(strings.NewReplacer("\u2013", "-", "\u2014", "-").Replace(text), "-")
	dashes := len(text) > len(rest)
	if before, point := strings.CutSuffix(rest, s.point()); dashes && point && !s.TrailingSign && before != "" {
		return before
	}
	return text
}

// point is what stands before the decimals.
func (s Spelling) point() string {
	if s.DecimalComma {
		return ","
	}
	return "."
}

// cutSign takes a currency's sign off either end, and gives it.
func cutSign(text string, signs []string) (rest, sign string) {
	for _, sign := range signs {
		if rest, ok := strings.CutPrefix(text, sign); ok && rest != "" {
			return rest, sign
		}
		if rest, ok := strings.CutSuffix(text, sign); ok && rest != "" {
			return rest, sign
		}
	}
	return text, ""
}

// cutMinus takes what says the direction off a number: "" if nothing does.
func (s Spelling) cutMinus(text string) (rest, sign string) {
	if len(text) < 2 {
		return text, ""
	}
	first, last := text[:1], text[len(text)-1:]
	switch {
	case first == "-" || first == "+":
		return text[1:], first
	case s.BracketsNegative && first == "(" && last == ")":
		return text[1 : len(text)-1], "-"
	case s.TrailingSign && (last == "-" || last == "+"):
		return text[:len(text)-1], last
	}
	for _, marks := range []struct {
		sign  string
		words []string
	}{{"-", s.NegativeMarks}, {"+", s.PositiveMarks}} {
		for _, mark := range marks.words {
			rest := len(text) - len(mark)
			switch {
			case rest <= 0:
			case strings.EqualFold(text[rest:], mark):
				return text[:rest], marks.sign
			case strings.EqualFold(text[:len(mark)], mark):
				return text[len(mark):], marks.sign
			}
		}
	}
	return text, ""
}

// digits takes out what groups the digits and puts the point in its place.
func (s Spelling) digits(text string) (string, bool) {
	text = s.noCents(text)
	mark := s.point()
	whole, fraction, found := strings.Cut(text, mark)
	number := whole
	if s.Thousands != "" {
		if number = published.UngroupWhole(whole, s.Thousands); number == whole {
			number = ungroupLakhs(whole, s.Thousands)
		}
	}
	if found && number == "" {
		number = "0" // .50
	}
	if !onlyDigits(number) || found && !onlyDigits(fraction) {
		return text, false
	}
	if found {
		number += "." + fraction
	}
	return number, true
}

// ungroupLakhs takes the marks out of a number that is grouped as in India, by two digits
// above the last three: 1,00,000.
func ungroupLakhs(text, mark string) string {
	groups := strings.Split(text, mark)
	last := len(groups) - 1
	if last < 2 || len(groups[last]) != 3 || len(groups[0]) < 1 || len(groups[0]) > 2 || groups[0][0] == '0' {
		return text
	}
	for _, g := range groups[1:last] {
		if len(g) != 2 {
			return text
		}
	}
	return strings.Join(groups, "")
}

func onlyDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// example is a number as the layout writes it.
func (s Spelling) example() string {
	text := "1" + s.Thousands + "234" + s.point() + "56"
	if len(s.NegativeMarks) > 0 && len(s.PositiveMarks) > 0 {
		return text + " " + s.PositiveMarks[0] + " or " + text + " " + s.NegativeMarks[0]
	}
	return text
}

// turned turns the sign of a number.
func turned(number string) string {
	if rest, negative := strings.CutPrefix(number, "-"); negative {
		return rest
	}
	return "-" + number
}

// isZero says whether a number has no digit but 0.
func isZero(number string) bool { return strings.Trim(number, "-0.") == "" }

// whole takes zeros behind the point off a whole number.
func whole(number string) string {
	digits, fraction, found := strings.Cut(number, ".")
	if found && strings.Trim(fraction, "0") == "" {
		return digits
	}
	return number
}

// moved moves the point of a number to the left by so many places.
func moved(number string, places int) string {
	if places == 0 {
		return number
	}
	digits, negative := strings.CutPrefix(number, "-")
	digits, fraction, _ := strings.Cut(digits, ".")
	if len(digits) <= places {
		digits = strings.Repeat("0", places+1-len(digits)) + digits
	}
	text := digits[:len(digits)-places] + "." + digits[len(digits)-places:] + fraction
	if negative {
		text = "-" + text
	}
	return text
}

// canonical is the shortest text of a number, for what is hashed of it.
func canonical(number string) string {
	digits, negative := strings.CutPrefix(number, "-")
	digits, fraction, _ := strings.Cut(digits, ".")
	digits, fraction = strings.TrimLeft(digits, "0"), strings.TrimRight(fraction, "0")
	if digits == "" {
		digits = "0"
	}
	if fraction != "" {
		digits += "." + fraction
	}
	if negative && !isZero(digits) {
		digits = "-" + digits
	}
	return digits
}

// among says whether a word is one of some, whatever its capitals.
func among(word string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
}
