package feed

import (
	"slices"

	"carat/pipeline"
)

// Formats gives the names of the formats that can be read, in the order of the
// documentation: carat's own first.
func Formats() []string {
	names := []string{formatCSV, formatNDJSON, formatParquet, formatXLSX, FormatLayout, formatECBHistory, formatECBDaily, formatGiftList, formatLive}
	for _, a := range adapters() {
		names = append(names, a.name)
	}
	return names
}

// FormatGives gives the feeds that a format can give: every feed for carat's
// own layouts; none if there is no such format.
func FormatGives(format string) []string {
	switch format {
	case formatCSV, formatNDJSON, formatParquet, formatXLSX, FormatLayout:
		return pipeline.FeedNames()
	case formatECBHistory, formatECBDaily:
		return []string{"fx_rates"}
	case formatGiftList:
		return []string{"gift_catalog"}
	case formatLive:
		return []string{"gift_events"}
	}
	a, _ := adapterOf(format)
	return slices.Clone(a.feeds)
}

// described is a feed's schema without its row type.
type described interface {
	columnNames() []string
	required() []string
}

// describe gives the columns of a feed.
func describe(feed string) (described, bool) {
	switch feed {
	case "fx_rates":
		return fxRates(), true
	case "gift_catalog":
		return giftCatalog(), true
	case "coin_packages":
		return coinPackages(), true
	case "conversion_rates":
		return conversionRates(), true
	case "creators":
		return creators(), true
	case "payout_rules":
		return payoutRules(), true
	case "resellers":
		return resellers(), true
	case "balances":
		return balances(), true
	case "coin_purchases":
		return coinPurchases(), true
	case "gift_events":
		return giftEvents(), true
	case "payouts":
		return payouts(), true
	case "diamond_adjustments":
		return diamondAdjustments(), true
	case "coin_adjustments":
		return coinAdjustments(), true
	case "settlement_lines":
		return settlementLines(), true
	case "provider_payments":
		return providerPayments(), true
	case "bank_lines":
		return bankLines(), true
	}
	return nil, false
}

// ColumnsOf gives the columns of a feed, in the order of the guide; none if
// there is no such feed.
func ColumnsOf(feed string) []string {
	if d, ok := describe(feed); ok {
		return d.columnNames()
	}
	return nil
}

// requiredColumns are those that a file of the feed's own layout can't lack.
func requiredColumns(feed string) []string {
	if d, ok := describe(feed); ok {
		return d.required()
	}
	return nil
}

func (s *schema[T]) required() []string {
	var names []string
	for _, c := range s.columns {
		if !c.optional {
			names = append(names, c.name)
		}
	}
	return names
}
