package guess

import (
	"carat/pipeline/feed/layout"
	"slices"
	"strings"
	"unicode"
)

// looksNumeric says whether a text has digits and nothing but what numbers have.
func looksNumeric(text string) bool {
	text, _, _ = markOf(layout.PlainNumber(text))
	return strings.ContainsAny(text, "0123456789") && strings.Trim(text, "0123456789.,' +-\u2013\u2014()"+strings.Join(signs, "")) == ""
}

// signs are those of currencies that a guess looks for.
var signs = []string{"$", "€", "£", "¥", "₹", "₩", "₽", "₺", "₫", "₱", "₪", "₴", "฿", "₦"}

// markOf takes a word off the end of a number that says which way it goes.
func markOf(text string) (number, mark string, negative bool) {
	end := strings.TrimRightFunc(text, unicode.IsLetter)
	mark = text[len(end):]
	switch strings.ToUpper(mark) {
	case "DR", "DB", "D", "S":
		negative = true
	case "CR", "C", "H":
	default:
		return text, "", false
	}
	return strings.TrimSpace(end), mark, negative
}

// guessSpelling finds how the numbers of a file are written. doubt says that every one of
// them can be read in two ways, and what each would be.
func guessSpelling(columns []guessed) (best layout.Spelling, doubt string) {
	var texts []string
	for _, c := range columns {
		if len(readTimes(c.texts)) > 0 || slices.ContainsFunc(c.cells, func(cell cell) bool { return cell.Number }) {
			continue // of a machine's numbers the spelling is known
		}
		if len(c.texts) > 0 && !slices.ContainsFunc(c.texts, func(t string) bool { return !looksNumeric(t) }) {
			texts = append(texts, c.texts...)
		}
	}
	all := strings.Join(texts, " ")
	var s layout.Spelling
	for _, sign := range signs {
		if strings.Contains(all, sign) {
			s.CurrencySign = append(s.CurrencySign, sign)
		}
	}
	s.BracketsNegative = strings.Contains(all, "(")
	for _, t := range texts {
		_, mark, negative := markOf(layout.PlainNumber(t))
		switch {
		case mark == "":
		case negative && !slices.Contains(s.NegativeMarks, mark):
			s.NegativeMarks = append(s.NegativeMarks, mark)
		case !negative && !slices.Contains(s.PositiveMarks, mark):
			s.PositiveMarks = append(s.PositiveMarks, mark)
		}
		before := strings.TrimRight(t, "-+")
		s.TrailingSign = s.TrailingSign || before != t && strings.TrimRight(before, ".,") == before
	}
	read := -1
	tries := spellings(s)
	for _, try := range tries {
		n := 0
		for _, t := range texts {
			if _, ok := try.Read(t); ok {
				n++
			}
		}
		if n > read {
			best, read = try, n
		}
	}
	for _, try := range tries {
		if other := otherReading(best, try, texts); other != "" {
			return best, other
		}
	}
	return best, ""
}

// spellings are the ways to write numbers that are tried.
func spellings(s layout.Spelling) (tries []layout.Spelling) {
	for _, comma := range []bool{false, true} {
		for _, thousands := range []string{"", ",", ".", " ", "'"} {
			if comma && thousands == "," || !comma && thousands == "." {
				continue
			}
			try := s
			try.DecimalComma, try.Thousands = comma, thousands
			tries = append(tries, try)
		}
	}
	return tries
}

// otherReading says how another spelling reads every one of the texts that a first one
// does, and one of them otherwise; "" if it doesn't.
func otherReading(first, other layout.Spelling, texts []string) (doubt string) {
	for _, t := range texts {
		a, ok := first.Read(t)
		b, also := other.Read(t)
		switch {
		case ok && !also:
			return ""
		case ok && a != b && doubt == "":
			doubt = t + " can be " + a + " or " + b + ": " + saying(first) + ", or " + saying(other)
		}
	}
	return doubt
}

// saying is what a layout says for a spelling.
func saying(s layout.Spelling) string {
	text := "false"
	if s.DecimalComma {
		text = "true"
	}
	if s.Thousands != "" {
		text += " and thousands: " + quoted(s.Thousands)
	}
	return text
}
