package locale

import "carat/pipeline"

// MinorDigits gives the decimal places of a currency's minor unit; 2 for a
// code that ISO 4217 doesn't know.
func MinorDigits(currency string) int {
	if digits, ok := pipeline.MinorDigits(currency); ok {
		return digits
	}
	return 2
}
