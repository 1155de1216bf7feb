package sampling

import (
	"math"
	"math/big"
	"sort"
)

// DifferencesMin is how many misstated items difference estimation needs among those
// that were drawn by chance. Student's t holds for a mean of about normal distribution,
// for which Cochran (2.15) asks n > 25 G², G being the skewness; of rare differences of one
// size, G² is about 1 to their part of the items, so that it takes 25 of them.
const DifferencesMin = 25

// MisstatedMost is the exact upper limit of how many of items are misstated, of which
// drawn were examined and misstated found, each item with the same chance: the largest
// number with which so few are found in more than risk of all samples (hypergeometric
// distribution; Cochran 3.6). 0 < drawn <= items, misstated <= drawn, 0 < risk < 1.
func MisstatedMost(items, drawn, misstated int64, risk float64) int64 {
	// A rounding of floating point numbers may add an item, never take one.
	risk *= 1 - 1e-9
	most := items - drawn // of those that weren't examined
	n := sort.Search(int(most), func(n int) bool {
		return atMost(items, misstated+int64(n)+1, drawn, misstated) <= risk
	})
	return misstated + int64(n)
}

// atMost is the chance of at most found misstated items among drawn of items, of which
// bad are misstated. Its cost grows with drawn.
func atMost(items, bad, drawn, found int64) float64 {
	good := items - bad
	x := max(0, drawn-good)
	if x > found {
		return 0
	}
	log := logChoose(bad, x) + logChoose(good, drawn-x) - logChoose(items, drawn)
	sum := math.Exp(log)
	for ; x < min(found, bad); x++ {
		log += math.Log(float64(bad-x)) + math.Log(float64(drawn-x)) - math.Log(float64(x+1)) - math.Log(float64(good-drawn+x+1))
		sum += math.Exp(log)
	}
	return sum
}

// logChoose is the logarithm of n over k.
func logChoose(n, k int64) (log float64) {
	for i := range k {
		log += math.Log(float64(n-i)) - math.Log(float64(k-i))
	}
	return log
}

// attributes gives limits where there are too few differences to tell how they spread.
// Of each stratum that wasn't drawn whole, at most so many items are overstated as
// MisstatedMost says, each by at most the stratum's largest amount, together by at most
// what wasn't examined; those that were found count as they are. Understatements alike.
// With several such strata each has its part of the risk (Bonferroni). If an item was
// found that is wrong by more than its own amount, Over and Under are nil: then nothing
// bounds the items that weren't seen.
func attributes(s Sample, found []Finding, confidence int) (l Limits) {
	open := 0
	for _, h := range s.Strata {
		if h.Drawn < h.Items {
			open++
		}
	}
	risk := float64(100-confidence) / 100 / float64(max(open, 1))
	l.Over, l.Under = new(big.Int), new(big.Int)
	bounded := true
	for at, h := range s.Strata {
		var over, under, wrong int64
		seen := new(big.Int)
		for _, f := range found {
			if !f.in(at) {
				continue
			}
			magnitude, m := new(big.Int).Abs(f.Amount), f.misstatement()
			seen.Add(seen, magnitude)
			switch m.Sign() {
			case 1:
				over++
				l.Over.Add(l.Over, m)
			case -1:
				under++
				l.Under.Sub(l.Under, m)
			}
			if m.Sign() != 0 {
				wrong++
			}
			bounded = bounded && m.CmpAbs(magnitude) <= 0
		}
		if h.Drawn == h.Items {
			l.MisstatedMost += wrong
			continue
		}
		rest := new(big.Int).Sub(h.Amount, seen)
		most := func(n int64) *big.Int {
			v := new(big.Int).Mul(h.Largest, big.NewInt(MisstatedMost(h.Items, h.Drawn, n, risk)-n))
			if v.Cmp(rest) > 0 {
				return rest
			}
			return v
		}
		l.Over.Add(l.Over, most(over))
		l.Under.Add(l.Under, most(under))
		l.MisstatedMost += MisstatedMost(h.Items, h.Drawn, wrong, risk)
	}
	if !bounded && open > 0 {
		l.Over, l.Under = nil, nil
	}
	return l
}
