package pipeline

import "strings"

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
