package sampling

import (
	"fmt"
	"math/big"
	"slices"
)

// Finding is what the examination of a drawn item gave: the amount that it should
// have, in billionths.
type Finding struct {
	Drawn
	Audited *big.Int
}

// misstatement is recorded less audited: above zero, the item is overstated.
func (f Finding) misstatement() *big.Int { return new(big.Int).Sub(f.Amount, f.Audited) }

// in says whether the item is one of the stratum at an index; a random sample has one.
func (f Finding) in(at int) bool { return f.Stratum == at+1 || (f.Stratum == 0 && at == 0) }

// Limits is what the misstatements of a sample say about its population, in
// billionths. Projected and the limits are signed: overstatement is above zero.
type Limits struct {
	Examined, Misstated int64
	// Known is what was found in the drawn items themselves.
	Known *big.Int
	// Projected is the most likely misstatement of the whole population.
	Projected *big.Int
	// Over is how much the population is overstated at most, Under how much it is
	// understated at most, each at the confidence asked for; neither is below zero.
	// nil: no limit can be told.
	Over, Under *big.Int
	// ByCount says that Over and Under follow from how many items are misstated at most,
	// MisstatedMost of the population, since too few were found to tell how they differ.
	ByCount       bool
	MisstatedMost int64
	// Left out are the items that had no chance of being drawn, since their amount isn't
	// above zero, and the sum of their amounts: the limits say nothing about them.
	LeftOut       int64
	LeftOutAmount *big.Int
	// Basic, Projection and Incremental are the parts of Over in monetary unit sampling:
	// basic precision, projected overstatement (known of items examined whole included),
	// and the allowance for the misstatements found. nil for other methods.
	Basic, Projection, Incremental *big.Int
	// Factors are the confidence factors that were used, or the one quantile of Student's
	// distribution, as decimals.
	Factors []string
}

// Confidences are the levels, in percent, that can be asked for.
func Confidences() []int { return []int{80, 85, 90, 95, 98, 99} }

// Project projects what was found in a sample of the population onto it. Every drawn
// item must have been examined, in the order in which it was drawn; else it is an error.
func Project(s Sample, p *Population, found []Finding, confidence int) (Limits, error) {
	if len(found) != len(s.Drawn) {
		return Limits{}, fmt.Errorf("%d of %d drawn items were examined", len(found), len(s.Drawn))
	}
	for i, f := range found {
		if f.ID != s.Drawn[i].ID {
			return Limits{}, fmt.Errorf("item %q was drawn, %q was examined", s.Drawn[i].ID, f.ID)
		}
	}
	if !slices.Contains(Confidences(), confidence) {
		return Limits{}, fmt.Errorf("no confidence of %d percent", confidence)
	}
	var l Limits
	if s.Method == MUS {
		rest := new(big.Int).Set(p.PositiveAmount)
		for _, f := range found {
			if f.Whole {
				rest.Sub(rest, f.Amount)
			}
		}
		l = Stringer(s.Interval, rest, found, func(n int) *big.Rat { return Factor(n, confidence) })
		l.LeftOut, l.LeftOutAmount = p.Negative+p.Nothing, p.NegativeAmount
	} else {
		var err error
		var enough bool
		if l, enough, err = differences(s, found, confidence); err != nil {
			return l, err
		}
		if !enough {
			projected := l.Projected
			l = attributes(s, found, confidence)
			l.ByCount, l.Projected = true, projected
		}
	}
	l.Examined, l.Known = int64(len(found)), new(big.Int)
	for _, f := range found {
		m := f.misstatement()
		l.Known.Add(l.Known, m)
		if m.Sign() != 0 {
			l.Misstated++
		}
	}
	return l, nil
}

// Stringer gives the limits of monetary unit sampling with an interval J and the
// confidence factors R(0), R(1), …: an item below J with a misstatement projects J times
// its taint t = misstatement / recorded; one that reaches J, its misstatement as it is.
// Sorted by taint, the largest first,
//
//	upper limit = R(0) J + sum of whole misstatements + sum over i of (R(i) - R(i-1)) t(i) J
//
// of which R(0) J is the basic precision, t(i) J the projection and the rest, R(i) -
// R(i-1) - 1 times it, the incremental allowance. Overstatements and understatements
// have a limit each; neither is lowered by the other. A taint above 1 (an item that
// should be below zero) counts as it is. What reaches the interval was examined and
// carries no risk of sampling: the basic precision is at most rest, what the items below
// it come to (AICPA guide: the sampled population is without those examined whole).
func Stringer(interval, rest *big.Int, found []Finding, factor func(misstatements int) *big.Rat) Limits {
	j := new(big.Rat).SetInt(interval)
	of := func(sign int) (whole *big.Rat, taints []*big.Rat) {
		whole = new(big.Rat)
		for _, f := range found {
			m := f.misstatement()
			if m.Sign() != sign {
				continue
			}
			m.Abs(m)
			if f.Whole {
				whole.Add(whole, new(big.Rat).SetInt(m))
			} else {
				taints = append(taints, new(big.Rat).SetFrac(m, f.Amount))
			}
		}
		slices.SortStableFunc(taints, func(a, b *big.Rat) int { return b.Cmp(a) })
		return whole, taints
	}
	l := Limits{}
	limit := func(sign int) (basic, projection, incremental *big.Rat) {
		whole, taints := of(sign)
		basic, projection, incremental = new(big.Rat).Mul(factor(0), j), whole, new(big.Rat)
		if unseen := new(big.Rat).SetInt(rest); basic.Cmp(unseen) > 0 {
			basic = unseen
		}
		for i, t := range taints {
			one := new(big.Rat).Mul(t, j)
			projection.Add(projection, one)
			more := new(big.Rat).Sub(factor(i+1), factor(i))
			incremental.Add(incremental, one.Mul(one, more.Sub(more, big.NewRat(1, 1))))
		}
		if sign > 0 && rest.Sign() > 0 {
			for i := range len(taints) + 1 {
				l.Factors = append(l.Factors, factor(i).FloatString(2))
			}
		}
		return basic, projection, incremental
	}
	basic, over, incremental := limit(1)
	basicUnder, under, incrementalUnder := limit(-1)
	sum := func(parts ...*big.Rat) *big.Int {
		total := new(big.Rat)
		for _, p := range parts {
			total.Add(total, p)
		}
		return round(total)
	}
	l.Basic, l.Projection, l.Incremental = round(basic), round(over), round(incremental)
	l.Over, l.Under = sum(basic, over, incremental), sum(basicUnder, under, incrementalUnder)
	l.Projected = sum(over, new(big.Rat).Neg(under))
	return l
}

// differences gives the limits of difference estimation in a stratified random sample;
// a simple random one has one stratum. Of stratum h with N items, n of them drawn, d the
// misstatements of these, mean m and variance v = sum (d - m)^2 / (n - 1):
//
//	projected = sum of N m
//	standard error = square root of the sum of N (N - n) v / n
//	limits = projected + and - t times the standard error
//
// with t the one-sided quantile of Student's distribution with sum of (n - 1) degrees of
// freedom over strata that weren't drawn whole. A stratum of which one of several items
// was drawn has no variance: that is an error. The limits hold only where enough differ:
// where there are fewer misstated items than DifferencesMin outside of strata drawn whole,
// or a stratum not drawn whole shows no variance, which says that nothing was seen of it
// and not that there is none, enough is false and the limits mustn't be used.
func differences(s Sample, found []Finding, confidence int) (l Limits, enough bool, err error) {
	projected, variance, freedom := new(big.Rat), new(big.Rat), int64(0)
	misstated, varied := 0, true
	for at, h := range s.Strata {
		sum, squares := new(big.Rat), new(big.Rat)
		for _, f := range found {
			if f.in(at) {
				d := new(big.Rat).SetInt(f.misstatement())
				if d.Sign() != 0 && h.Drawn < h.Items {
					misstated++
				}
				sum.Add(sum, d)
				squares.Add(squares, new(big.Rat).Mul(d, d))
			}
		}
		if h.Drawn == 0 {
			if h.Items > 0 {
				return l, false, fmt.Errorf("nothing was drawn from stratum %d", at+1)
			}
			continue
		}
		items, drawn := big.NewRat(h.Items, 1), big.NewRat(h.Drawn, 1)
		projected.Add(projected, new(big.Rat).Mul(items, new(big.Rat).Quo(sum, drawn)))
		if h.Drawn == h.Items {
			continue
		}
		if h.Drawn == 1 {
			return l, false, fmt.Errorf("one of %d items was drawn from stratum %d: it takes two to tell how they differ; draw more, or fewer strata", h.Items, at+1)
		}
		freedom += h.Drawn - 1
		v := new(big.Rat).Sub(squares, new(big.Rat).Quo(new(big.Rat).Mul(sum, sum), drawn))
		v.Quo(v, big.NewRat(h.Drawn-1, 1))
		varied = varied && v.Sign() > 0
		v.Mul(v, big.NewRat(h.Items, 1)).Mul(v, big.NewRat(h.Items-h.Drawn, 1)).Quo(v, drawn)
		variance.Add(variance, v)
	}
	l.Projected, l.Over, l.Under = round(projected), new(big.Int), new(big.Int)
	allowance := new(big.Rat)
	if freedom > 0 {
		t := quantile(freedom, confidence)
		l.Factors = []string{t.FloatString(4)}
		allowance.Mul(t, root(variance))
	}
	if over := round(new(big.Rat).Add(projected, allowance)); over.Sign() > 0 {
		l.Over = over
	}
	if under := round(new(big.Rat).Sub(allowance, projected)); under.Sign() > 0 {
		l.Under = under
	}
	return l, freedom == 0 || (varied && misstated >= DifferencesMin), nil
}

// root is the square root of a fraction of squared billionths, rounded up to whole
// billionths.
func root(r *big.Rat) *big.Rat {
	whole := new(big.Int).Quo(new(big.Int).Add(r.Num(), new(big.Int).Sub(r.Denom(), big.NewInt(1))), r.Denom())
	v := new(big.Int).Sqrt(whole)
	if new(big.Int).Mul(v, v).Cmp(whole) < 0 {
		v.Add(v, big.NewInt(1))
	}
	return new(big.Rat).SetInt(v)
}
