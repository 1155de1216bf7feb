package pipeline

import (
	"slices"
	"strings"
)

// The alphabetic codes of ISO 4217 by the digits of their minor unit (list one
// of 2026, without metals, funds of the markets and test codes), and the codes
// that were withdrawn but still occur in price and rate histories.
const (
	currencies0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	currencies2 = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP " +
		"BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR " +
		"FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR " +
		"KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV " +
		"MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR " +
		"SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH " +
		"USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
	currencies3 = "BHD IQD JOD KWD LYD OMR TND"
	currencies4 = "CLF UYW"
	withdrawn0  = "TRL"
	withdrawn2  = "ANG CYP CUC EEK HRK LTL LVL MTL ROL SIT SKK SLL VEF ZWL"
)

// MinorDigits gives the digits of the currency's minor unit (0, 2, 3 or 4) and
// whether the code is one of ISO 4217: three upper-case letters.
func MinorDigits(code string) (digits int, ok bool) {
	if len(code) != 3 || strings.IndexByte(code, ' ') >= 0 {
		return 0, false
	}
	switch {
	case strings.Contains(currencies2, code), strings.Contains(withdrawn2, code):
		return 2, true
	case strings.Contains(currencies0, code), strings.Contains(withdrawn0, code):
		return 0, true
	case strings.Contains(currencies3, code):
		return 3, true
	case strings.Contains(currencies4, code):
		return 4, true
	}
	return 0, false
}

// IsCurrency says whether the code is one of ISO 4217.
func IsCurrency(code string) bool {
	_, ok := MinorDigits(code)
	return ok
}

// Currencies gives every code that IsCurrency knows, in a fixed order.
func Currencies() []string {
	var codes []string
	for _, list := range []string{currencies0, currencies2, currencies3, currencies4, withdrawn0, withdrawn2} {
		codes = append(codes, strings.Fields(list)...)
	}
	return codes
}

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
	if code := strings.ToUpper(sign); IsCurrency(code) {
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
