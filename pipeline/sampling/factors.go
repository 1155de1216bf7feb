package sampling

import (
	"math"
	"math/big"

	"gonum.org/v1/gonum/stat/distuv"
)

// Factor is the confidence factor of monetary unit sampling for a number of
// misstatements: the mean of a Poisson distribution that gives at most so many with a
// chance of 1 - confidence, in hundredths, rounded up, as the AICPA's guide prints it:
// 3.00 for none at 95 percent, 4.75 for one.
func Factor(misstatements, confidence int) *big.Rat {
	mean := distuv.Gamma{Alpha: float64(misstatements + 1), Beta: 1}.Quantile(float64(confidence) / 100)
	return big.NewRat(int64(math.Ceil(mean*100-1e-9)), 100)
}

// quantile is the one-sided quantile of Student's distribution, in ten-thousandths,
// rounded up.
func quantile(freedom int64, confidence int) *big.Rat {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(freedom)}.Quantile(float64(confidence) / 100)
	return big.NewRat(int64(math.Ceil(t*10_000-1e-7)), 10_000)
}
