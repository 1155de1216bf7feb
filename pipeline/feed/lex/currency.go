package lex

import (
	"slices"
	"strings"

	"carat/pipeline"
)

// signCurrencies are the currencies that a sign can stand for; a code is its own.
var signCurrencies = map[string][]string{
	"€": {"EUR"}, "£": {"GBP", "EGP", "GIP", "FKP", "SHP", "LBP", "SYP", "SDG", "SSP"}, "¥": {"JPY", "CNY"}, "￥": {"JPY", "CNY"}, "₹": {"INR"}, "₩": {"KRW", "KPW"}, "₽": {"RUB"},
	"₺": {"TRY"}, "₫": {"VND"}, "₱": {"PHP"}, "₪": {"ILS"}, "₴": {"UAH"}, "฿": {"THB"}, "₦": {"NGN"}, "zł": {"PLN"}, "kč": {"CZK"}, "kr": {"SEK", "NOK", "DKK", "ISK"},
	"us$": {"USD"}, "r$": {"BRL"}, "a$": {"AUD"}, "c$": {"CAD"}, "ca$": {"CAD"}, "hk$": {"HKD"}, "nt$": {"TWD"}, "s$": {"SGD"}, "nz$": {"NZD"}, "mx$": {"MXN"},
}

// notDollars are currencies that nobody writes with a plain $.
var notDollars = []string{"EUR", "GBP", "JPY", "CNY", "INR", "KRW", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RUB", "TRY", "THB", "VND", "ILS", "UAH", "PHP", "IDR", "MYR", "ZAR", "AED", "SAR"}

// CurrenciesOf gives the currencies that a sign can stand for, for $ the likeliest; nil if
// nobody knows.
func CurrenciesOf(sign string) []string {
	if code := strings.ToUpper(sign); pipeline.IsCurrency(code) {
		return []string{code}
	}
	if sign == "$" {
		return []string{"USD"}
	}
	return signCurrencies[strings.ToLower(sign)]
}

// MayShow says whether an amount of the currency may stand beside the sign, or beside the
// code of a currency. A sign that nobody knows says nothing.
func MayShow(sign, currency string) bool {
	can := CurrenciesOf(sign)
	return can == nil || slices.Contains(can, currency) || sign == "$" && !slices.Contains(notDollars, currency)
}
