package pipeline

import (
	"math/big"
	"math/bits"
	"strings"
)

// Sum adds int64 values without overflow: any file's sum fits. Zero is ready to
// use.
type Sum struct {
	hi int64
	lo uint64
}

// Add adds a value.
func (s *Sum) Add(v int64) {
	lo, carry := bits.Add64(s.lo, uint64(v), 0)
	s.lo = lo
	s.hi += v>>63 + int64(carry)
}

// Merge adds another sum.
func (s *Sum) Merge(o Sum) {
	lo, carry := bits.Add64(s.lo, o.lo, 0)
	s.lo = lo
	s.hi += o.hi + int64(carry)
}

// Big gives the sum.
func (s Sum) Big() *big.Int {
	v := big.NewInt(s.hi)
	v.Lsh(v, 64)
	return v.Add(v, new(big.Int).SetUint64(s.lo))
}

// DecimalText gives v / 10^places without trailing zeros.
func DecimalText(v *big.Int, places int) string {
	digits := new(big.Int).Abs(v).String()
	if len(digits) <= places {
		digits = strings.Repeat("0", places+1-len(digits)) + digits
	}
	whole, fraction := digits[:len(digits)-places], strings.TrimRight(digits[len(digits)-places:], "0")
	if fraction != "" {
		whole += "." + fraction
	}
	if v.Sign() < 0 {
		return "-" + whole
	}
	return whole
}
