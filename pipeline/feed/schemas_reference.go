package feed

import "carat/pipeline"

func giftCatalog() *schema[pipeline.GiftPrice] {
	return newSchema("gift_catalog", []column{
		id("gift_id"),
		bound("valid_from"),
		text("name"),
		number("coins"),
		maybe(bound("valid_to")),
	}, nil, (*pipeline.GiftPrice).EventMicros, (*pipeline.GiftPrice).AppendKey)
}

func coinPackages() *schema[pipeline.CoinPackage] {
	return newSchema("coin_packages", []column{
		id("sku"),
		channel(),
		country("country"),
		bound("valid_from"),
		positive("coins"),
		maybe(number("bonus_coins")),
		currency("currency"),
		number("gross_amount"),
		maybe(bound("valid_to")),
	}, nil, (*pipeline.CoinPackage).EventMicros, (*pipeline.CoinPackage).AppendKey)
}

func conversionRates() *schema[pipeline.ConversionRate] {
	return newSchema("conversion_rates", []column{
		enum("scope", "default", "region", "tier", "creator"),
		maybe(id("scope_id")),
		bound("valid_from"),
		number("diamonds_per_coin"),
		number("diamond_value"),
		number("coin_value"),
		share("platform_share"),
		currency("currency"),
		enum("rounding", "floor", "half_up", "half_even"),
		maybe(bound("valid_to")),
	}, func(r *pipeline.ConversionRate) fault {
		if r.Scope == "default" && r.ScopeID != "" {
			return fault{"scope_id", CodeUnknownValue, r.ScopeID, "nothing, since scope is default"}
		}
		if r.Scope != "default" && r.ScopeID == "" {
			return fault{"scope_id", CodeMissing, "", "the " + r.Scope + " that the rate is for"}
		}
		return fault{}
	}, (*pipeline.ConversionRate).EventMicros, (*pipeline.ConversionRate).AppendKey)
}

func creators() *schema[pipeline.Creator] {
	return newSchema("creators", []column{
		id("creator_id"),
		bound("valid_from"),
		inField(text("display_name"), "Person.DisplayName"),
		country("country"),
		maybe(id("region")),
		maybe(id("tier")),
		maybe(id("agency_id")),
		maybe(share("agency_share")),
		currency("currency"),
		maybe(id("payout_method")),
		maybe(share("withholding_rate")),
		maybe(id("tax_form")),
		inField(maybe(text("email")), "Person.Email"),
		maybe(bound("valid_to")),
	}, func(r *pipeline.Creator) fault {
		r.Person.CreatorID = r.CreatorID
		return fault{}
	}, (*pipeline.Creator).EventMicros, (*pipeline.Creator).AppendKey)
}

func payoutRules() *schema[pipeline.PayoutRule] {
	return newSchema("payout_rules", []column{
		id("method"),
		maybe(country("country")),
		bound("valid_from"),
		number("min_amount"),
		maybe(number("max_amount_per_day")),
		maybe(number("fee_fixed")),
		maybe(share("fee_rate")),
		maybe(number("hold_days")),
		currency("currency"),
		maybe(bound("valid_to")),
	}, nil, (*pipeline.PayoutRule).EventMicros, (*pipeline.PayoutRule).AppendKey)
}

func fxRates() *schema[pipeline.FXRate] {
	return newSchema("fx_rates", []column{
		day("rate_date"),
		currency("base"),
		currency("quote"),
		positive("rate"),
	}, func(r *pipeline.FXRate) fault {
		if r.Base == r.Quote {
			return fault{"quote", CodeUnknownValue, r.Quote, "another currency than base"}
		}
		return fault{}
	}, (*pipeline.FXRate).EventMicros, (*pipeline.FXRate).AppendKey)
}

func resellers() *schema[pipeline.Reseller] {
	return newSchema("resellers", []column{
		id("reseller_id"),
		bound("valid_from"),
		text("name"),
		number("min_price_per_coin"),
		currency("currency"),
		maybe(bound("valid_to")),
	}, nil, (*pipeline.Reseller).EventMicros, (*pipeline.Reseller).AppendKey)
}
