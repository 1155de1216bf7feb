package statement

import (
	"math/bits"

	"carat/pipeline"
)

// BasisPoints gives part/of in hundredths of a percent, rounded to nearest,
// for 0 <= part <= of and of > 0; else 0.
func BasisPoints(part, of pipeline.Amount) (bp int64, exact bool) {
	if of <= 0 || part < 0 || part > of {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(part), 10_000)
	quotient, rest := bits.Div64(hi, lo, uint64(of))
	if rest >= uint64(of)-rest {
		return int64(quotient) + 1, rest == 0
	}
	return int64(quotient), rest == 0
}

// ProductIs says whether a x b = c x scale, exactly: whether a printed
// multiplication holds without a word about rounding.
func ProductIs(a, b, c, scale int64) bool {
	if (a < 0) != (c < 0) && a != 0 && c != 0 {
		return false
	}
	h1, l1 := bits.Mul64(magnitude(a), magnitude(b))
	h2, l2 := bits.Mul64(magnitude(c), magnitude(scale))
	return h1 == h2 && l1 == l2
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}
