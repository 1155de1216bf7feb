package lex

import (
	"math/big"
	"strconv"
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

// maxExponent bounds the power of ten of a JSON number.
const maxExponent = 40

// PlainJSONNumber writes a number of JSON without its power of ten, exactly: 1.5e2 is
// 150 and 25e-3 is 0.025. False if the text is no such number, or its power is beyond
// what an amount can need.
func PlainJSONNumber(text string) (string, bool) {
	number, power, found := strings.Cut(strings.ToLower(text), "e")
	digits, negative := strings.CutPrefix(number, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !onlyDigits(whole) || point && !onlyDigits(fraction) {
		return text, false
	}
	if !found {
		return text, true
	}
	n, err := strconv.Atoi(strings.TrimPrefix(power, "+"))
	if err != nil || n > maxExponent || n < -maxExponent {
		return text, false
	}
	digits = whole + fraction
	at := len(whole) + n // where the point stands
	if at <= 0 {
		digits, at = strings.Repeat("0", 1-at)+digits, 1
	}
	if at > len(digits) {
		digits += strings.Repeat("0", at-len(digits))
	}
	plain := strings.TrimLeft(digits[:at], "0")
	if plain == "" {
		plain = "0"
	}
	if rest := strings.TrimRight(digits[at:], "0"); rest != "" {
		plain += "." + rest
	}
	if negative {
		plain = "-" + plain
	}
	return plain, true
}

func onlyDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
