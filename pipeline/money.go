package pipeline

import (
	"errors"
	"math"
)

// Amount is money in millionths of the currency's unit: DECIMAL(18,6) in SQL
// and Parquet. The currency travels beside it.
type Amount int64

// Rate is a number in billionths: DECIMAL(18,9) in SQL and Parquet.
type Rate int64

// Digits behind the point, and the largest number of DECIMAL(18,·).
const (
	AmountDigits = 6
	RateDigits   = 9
	DecimalMax   = 999_999_999_999_999_999
)

// Errors of the decimal parsers. They are values, not built per row, because a
// file of bad rows must not cost more than a good one.
var (
	ErrNotNumber = errors.New("not a plain decimal number")
	ErrTooFine   = errors.New("more decimal places than the column keeps")
	ErrTooLarge  = errors.New("out of range")
)

// ParseAmount reads a plain decimal with a point, at most 6 places and 18
// digits: "12", "-0.5", "12.345678". No exponent, sign "+", spaces or commas.
func ParseAmount(text []byte) (Amount, error) {
	v, err := parseDecimal(text, AmountDigits)
	return Amount(v), err
}

// ParseRate reads a plain decimal with at most 9 places and 18 digits.
func ParseRate(text []byte) (Rate, error) {
	v, err := parseDecimal(text, RateDigits)
	return Rate(v), err
}

// ParseWhole reads a whole number of at most 18 digits, optionally negative.
func ParseWhole(text []byte) (int64, error) { return parseDecimal(text, 0) }

// parseDecimal gives text x 10^places, exactly, or says why it can't. Zeros
// behind the last kept place are no precision and are allowed.
func parseDecimal(text []byte, places int) (int64, error) {
	i, negative := 0, false
	if len(text) > 0 && text[0] == '-' {
		negative, i = true, 1
	}
	var v int64
	start := i
	for ; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			break
		}
		if v > (DecimalMax-9)/10 {
			if v > (DecimalMax-int64(d))/10 {
				return 0, ErrTooLarge
			}
		}
		v = v*10 + int64(d)
	}
	if i == start {
		return 0, ErrNotNumber
	}
	left := places
	if i < len(text) {
		if text[i] != '.' || i+1 == len(text) || places == 0 {
			return 0, ErrNotNumber
		}
		for i++; i < len(text); i++ {
			d := text[i] - '0'
			if d > 9 {
				return 0, ErrNotNumber
			}
			if left == 0 {
				if d != 0 {
					return 0, ErrTooFine
				}
				continue
			}
			if v > (DecimalMax-int64(d))/10 {
				return 0, ErrTooLarge
			}
			v, left = v*10+int64(d), left-1
		}
	}
	for ; left > 0; left-- {
		if v > DecimalMax/10 {
			return 0, ErrTooLarge
		}
		v *= 10
	}
	if negative {
		v = -v
	}
	return v, nil
}

// String gives the shortest exact form: "12", "-0.5".
func (a Amount) String() string { return string(AppendDecimal(nil, int64(a), AmountDigits)) }

// String gives the shortest exact form.
func (r Rate) String() string { return string(AppendDecimal(nil, int64(r), RateDigits)) }

// AppendDecimal appends v / 10^places without trailing zeros.
func AppendDecimal(dst []byte, v int64, places int) []byte {
	if v == math.MinInt64 {
		panic("pipeline: decimal out of range") // unreachable: bounds are 18 digits
	}
	if v < 0 {
		dst, v = append(dst, '-'), -v
	}
	var buf [20]byte
	i := len(buf)
	digits := 0
	for v > 0 || digits <= places {
		i--
		buf[i] = byte('0' + v%10)
		v /= 10
		digits++
	}
	whole := len(buf) - places
	dst = append(dst, buf[i:whole]...)
	end := len(buf)
	for end > whole && buf[end-1] == '0' {
		end--
	}
	if end > whole {
		dst = append(dst, '.')
		dst = append(dst, buf[whole:end]...)
	}
	return dst
}
