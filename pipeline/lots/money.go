package lots

import "math/bits"

// Wide is a whole number of 128 bits, as DuckDB holds decimals of more than 18
// digits: Hi x 2^64 + Lo.
type Wide struct {
	Hi int64
	Lo uint64
}

// WideOf widens a number.
func WideOf(n int64) Wide { return Wide{n >> 63, uint64(n)} }

func (w Wide) minus(o Wide) Wide {
	lo, borrow := bits.Sub64(w.Lo, o.Lo, 0)
	hi, _ := bits.Sub64(uint64(w.Hi), uint64(o.Hi), borrow)
	return Wide{int64(hi), lo}
}

// carried is what a lot of whole coins at total still carries with rest coins
// left: it has given the share of the others, towards zero. It is the macro
// carried of sql/dialect.
func (total Wide) carried(rest, whole int64) Wide {
	switch rest {
	case 0:
		return Wide{}
	case whole:
		return total
	}
	return total.minus(total.share(uint64(whole-rest), uint64(whole)))
}

// share is total x part / whole towards zero; part is less than whole.
func (total Wide) share(part, whole uint64) Wide {
	size := total
	if total.Hi < 0 {
		size = Wide{}.minus(total)
	}
	// size x part in 192 bits
	mid, low := bits.Mul64(size.Lo, part)
	top, sum := bits.Mul64(uint64(size.Hi), part)
	sum, carry := bits.Add64(sum, mid, 0)
	top += carry
	// divided word by word; the remainder is always less than whole
	_, rest := bits.Div64(0, top, whole)
	hi, rest := bits.Div64(rest, sum, whole)
	lo, _ := bits.Div64(rest, low, whole)
	share := Wide{int64(hi), lo}
	if total.Hi < 0 {
		return Wide{}.minus(share)
	}
	return share
}

// carriedSmall is carried of an amount of 64 bits.
func carriedSmall(total, rest, whole int64) int64 {
	switch rest {
	case 0:
		return 0
	case whole:
		return total
	}
	size, negative := uint64(total), total < 0
	if negative {
		size = -size
	}
	hi, lo := bits.Mul64(size, uint64(whole-rest))
	share, _ := bits.Div64(hi, lo, uint64(whole))
	if negative {
		return total + int64(share)
	}
	return total - int64(share)
}
