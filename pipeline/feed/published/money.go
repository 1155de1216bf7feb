package published

import (
	"errors"
	"fmt"
	"math/big"

	"carat/pipeline"
)

// Money is an exact sum in millionths.
type Money = big.Int

// ErrAmount says that a text is not an amount.
var ErrAmount = errors.New("not an amount")

// ParseMoney reads a plain decimal of at most six places.
func ParseMoney(text string) (*Money, error) {
	v, err := pipeline.ParseAmount([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAmount, err)
	}
	return big.NewInt(int64(v)), nil
}

// MoneyText gives a sum as a plain decimal.
func MoneyText(v *Money) string { return pipeline.DecimalText(v, pipeline.AmountDigits) }

// FirstOf gives the first text that is not empty.
func FirstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
