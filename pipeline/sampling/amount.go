package sampling

import (
	"errors"
	"math/big"
	"regexp"
	"strings"
)

// places are those of an amount behind the point.
const places = 9

var one = new(big.Int).Exp(big.NewInt(10), big.NewInt(places), nil)

// decimal is a plain decimal as people write it.
var decimal = regexp.MustCompile(`^-?[0-9]{1,29}(\.[0-9]+)?$`)

// ErrAmount says that a text is no amount.
var ErrAmount = errors.New("not a plain decimal with a point and at most 9 places")

// Parse reads a plain decimal such as "12", "-0.5" as billionths; no exponent, no
// comma, no sign "+". What has more than 9 places is ErrAmount.
func Parse(text string) (*big.Int, error) {
	if !decimal.MatchString(text) {
		return nil, ErrAmount
	}
	whole, part, _ := strings.Cut(text, ".")
	part = strings.TrimRight(part, "0")
	if len(part) > places {
		return nil, ErrAmount
	}
	v, ok := new(big.Int).SetString(whole+part+strings.Repeat("0", places-len(part)), 10)
	if !ok {
		return nil, ErrAmount
	}
	return v, nil
}

// Text writes billionths as a plain decimal in its shortest exact form.
func Text(v *big.Int) string {
	whole, part := new(big.Int).QuoRem(new(big.Int).Abs(v), one, new(big.Int))
	text := whole.String()
	if part.Sign() != 0 {
		digits := part.String()
		text += "." + strings.TrimRight(strings.Repeat("0", places-len(digits))+digits, "0")
	}
	if v.Sign() < 0 {
		text = "-" + text
	}
	return text
}

// Hundredths writes billionths with two places, rounded to the nearest, halves away
// from zero; with up, away from zero: so a limit is never told lower than it is.
func Hundredths(v *big.Int, up bool) string {
	cent := big.NewInt(10_000_000)
	n := round(new(big.Rat).SetFrac(v, cent))
	if up {
		whole, rest := new(big.Int).QuoRem(v, cent, new(big.Int))
		n = whole.Add(whole, big.NewInt(int64(rest.Sign())))
	}
	sign := ""
	if n.Sign() < 0 {
		sign = "-"
	}
	whole, part := new(big.Int).QuoRem(n.Abs(n), big.NewInt(100), new(big.Int))
	return sign + whole.String() + "." + strings.Repeat("0", 2-len(part.String())) + part.String()
}

// round gives a fraction of billionths as whole billionths, halves away from zero.
func round(r *big.Rat) *big.Int {
	doubled := new(big.Int).Mul(new(big.Int).Abs(r.Num()), big.NewInt(2))
	doubled.Add(doubled, r.Denom())
	v := doubled.Quo(doubled, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	if r.Sign() < 0 {
		v.Neg(v)
	}
	return v
}
