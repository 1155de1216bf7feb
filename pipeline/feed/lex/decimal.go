package lex

import (
	"math/big"
	"strings"
)

// PlainDecimal reads a decimal of any length, exactly.
func PlainDecimal(text string) (*big.Rat, bool) {
	digits := strings.TrimPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	isDigits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	if len(text) > 60 || !isDigits(whole) || point && !isDigits(fraction) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}
