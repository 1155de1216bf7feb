package lex

import (
	"strings"

	"carat/pipeline"
)

// Fineness says what becomes of an amount that has more decimals than its currency, such
// as 1.234 EUR: often a mark that groups thousands was read as the point.
type Fineness uint8

// What becomes of such amounts.
const (
	FineFree  Fineness = iota // prices, rates and what is worked out may have them
	FineTold                  // providers work fees and shares out to more places: they are counted and told
	FineWrong                 // nobody moves less than the smallest unit: the row is rejected
)

// FinenessOf gives that of a feed's amounts; a format may say another.
func FinenessOf(feed string) Fineness {
	switch feed {
	case "bank_lines":
		return FineWrong
	case "coin_purchases", "settlement_lines", "provider_payments", "payouts", "agency_payouts", "tax_payments":
		return FineTold
	}
	return FineFree
}

// MinorUnit gives the smallest unit of a currency in millionths; 1 of a code that is no
// currency.
func MinorUnit(code string) int64 {
	digits, ok := pipeline.MinorDigits(code)
	if !ok {
		return 1
	}
	return [...]int64{1_000_000, 100_000, 10_000, 1_000, 100}[digits]
}

// Finer says whether an amount has more decimals than the currency has, trailing zeros
// aside; false of a code that is no currency.
func Finer(amount pipeline.Amount, code string) bool { return int64(amount)%MinorUnit(code) != 0 }

// CurrencyOf gives the column of an amount's currency: customer_currency of
// customer_amount, else currency; "" in a feed without it.
func CurrencyOf(f pipeline.Feed, amount string) string {
	if own, ok := strings.CutSuffix(amount, "amount"); ok {
		if c, ok := f.Column(own + "currency"); ok {
			return c.Name
		}
	}
	c, _ := f.Column("currency")
	return c.Name
}
