package pipeline

import "strings"

// referenceFeeds gives the reference feeds in the order of ingestion.
func referenceFeeds() []Feed {
	return []Feed{
		fxRates(),
		giftCatalog(),
		coinPackages(),
		conversionRates(),
		creators(),
		agencies(),
		payoutRules(),
		resellers(),
		taxRules(),
		payees(),
		breakageRates(),
		bankRules(),
	}
}

// GiftPrice is a row of gift_catalog.
type GiftPrice struct {
	GiftID    string `parquet:"gift_id,id(1)"`
	ValidFrom int64  `parquet:"valid_from,timestamp(microsecond),id(2)"`
	Name      string `parquet:"name,id(3)"`
	Coins     int64  `parquet:"coins,id(4)"`
	ValidTo   *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(5)"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*GiftPrice) EventMicros() int64 { return 0 }

// AppendKey appends gift_id and valid_from.
func (r *GiftPrice) AppendKey(dst []byte) []byte { return keyAt(append(dst, r.GiftID...), r.ValidFrom) }

// giftCatalog describes gift_catalog.
func giftCatalog() Feed {
	return feedOf(Feed{Name: "gift_catalog", Row: "price", Reference: true, Key: []string{"gift_id", "valid_from"}}, noRule[GiftPrice],
		id("gift_id"),
		bound("valid_from"),
		text("name"),
		number("coins"),
		maybe(bound("valid_to")),
	)
}

// CoinPackage is a row of coin_packages.
type CoinPackage struct {
	SKU         string `parquet:"sku,id(1)"`
	Channel     string `parquet:"channel,dict,id(2)"`
	Country     string `parquet:"country,dict,id(3)"`
	ValidFrom   int64  `parquet:"valid_from,timestamp(microsecond),id(4)"`
	Coins       int64  `parquet:"coins,id(5)"`
	BonusCoins  *int64 `parquet:"bonus_coins,optional,id(6)"`
	Currency    string `parquet:"currency,dict,id(7)"`
	GrossAmount int64  `parquet:"gross_amount,decimal(6:18),id(8)"`
	ValidTo     *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(9)"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*CoinPackage) EventMicros() int64 { return 0 }

// AppendKey appends sku, channel, country and valid_from.
func (r *CoinPackage) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.SKU, r.Channel, r.Country), r.ValidFrom)
}

// coinPackages describes coin_packages.
func coinPackages() Feed {
	return feedOf(Feed{Name: "coin_packages", Row: "package", Reference: true, Key: []string{"sku", "channel", "country", "valid_from"}}, noRule[CoinPackage],
		id("sku"),
		channel(),
		country("country"),
		bound("valid_from"),
		positive("coins"),
		maybe(number("bonus_coins")),
		currency("currency"),
		number("gross_amount"),
		maybe(bound("valid_to")),
	)
}

// ConversionRate is a row of conversion_rates.
type ConversionRate struct {
	Scope           string `parquet:"scope,dict,id(1)"`
	ScopeID         string `parquet:"scope_id,optional,id(2)"` // absent for scope default
	ValidFrom       int64  `parquet:"valid_from,timestamp(microsecond),id(3)"`
	DiamondsPerCoin int64  `parquet:"diamonds_per_coin,decimal(9:18),id(4)"`
	DiamondValue    int64  `parquet:"diamond_value,decimal(9:18),id(5)"`  // money per diamond
	CoinValue       int64  `parquet:"coin_value,decimal(9:18),id(6)"`     // list money per coin
	PlatformShare   int64  `parquet:"platform_share,decimal(9:18),id(7)"` // of list value
	Currency        string `parquet:"currency,dict,id(8)"`
	Rounding        string `parquet:"rounding,dict,id(9)"`
	ValidTo         *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(10)"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*ConversionRate) EventMicros() int64 { return 0 }

// AppendKey appends scope, scope_id and valid_from.
func (r *ConversionRate) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.Scope, r.ScopeID), r.ValidFrom)
}

// conversionRates describes conversion_rates.
func conversionRates() Feed {
	return feedOf(Feed{Name: "conversion_rates", Row: "rate", Reference: true, Key: []string{"scope", "scope_id", "valid_from"}, Owner: "scope_id"}, func(r *ConversionRate) Fault {
		if r.Scope == "default" && r.ScopeID != "" {
			return Fault{"scope_id", CodeUnknownValue, r.ScopeID, "nothing, since scope is default"}
		}
		if r.Scope != "default" && r.ScopeID == "" {
			return Fault{"scope_id", CodeMissing, "", "the " + r.Scope + " that the rate is for"}
		}
		return Fault{}
	},
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
	)
}

// Creator is a row of creators, without the person: display_name and email are
// kept outside the lake (Person).
type Creator struct {
	CreatorID       string `parquet:"creator_id,id(1)"`
	ValidFrom       int64  `parquet:"valid_from,timestamp(microsecond),id(2)"`
	Country         string `parquet:"country,dict,id(3)"`
	Region          string `parquet:"region,optional,dict,id(4)"`
	Tier            string `parquet:"tier,optional,dict,id(5)"`
	AgencyID        string `parquet:"agency_id,optional,dict,id(6)"`
	AgencyShare     *int64 `parquet:"agency_share,optional,decimal(9:18),id(7)"`
	Currency        string `parquet:"currency,dict,id(8)"`
	PayoutMethod    string `parquet:"payout_method,optional,dict,id(9)"`
	WithholdingRate *int64 `parquet:"withholding_rate,optional,decimal(9:18),id(10)"`
	TaxForm         string `parquet:"tax_form,optional,dict,id(11)"`
	ValidTo         *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(12)"`
	// Person is parsed beside the row and never stored in the lake.
	Person Person `parquet:"-"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*Creator) EventMicros() int64 { return 0 }

// AppendKey appends creator_id and valid_from.
func (r *Creator) AppendKey(dst []byte) []byte {
	return keyAt(append(dst, r.CreatorID...), r.ValidFrom)
}

// creators describes creators.
func creators() Feed {
	return feedOf(Feed{Name: "creators", Row: "terms", Reference: true, Key: []string{"creator_id", "valid_from"}, Owner: "creator_id"}, func(r *Creator) Fault {
		r.Person.CreatorID = r.CreatorID
		return Fault{}
	},
		id("creator_id"),
		bound("valid_from"),
		personal(inField(text("display_name"), "Person.DisplayName")),
		country("country"),
		maybe(id("region")),
		maybe(id("tier")),
		maybe(id("agency_id")),
		maybe(share("agency_share")),
		currency("currency"),
		maybe(id("payout_method")),
		maybe(share("withholding_rate")),
		maybe(id("tax_form")),
		personal(inField(maybe(mailbox("email")), "Person.Email")),
		maybe(bound("valid_to")),
	)
}

// Person is the part of a creator that can be erased.
type Person struct {
	CreatorID   string
	DisplayName string
	Email       string
	Identity    Identity `json:",omitzero"` // of a row of payees, which has no other
}

// PayoutRule is a row of payout_rules.
type PayoutRule struct {
	Method          string `parquet:"method,id(1)"`
	Country         string `parquet:"country,optional,id(2)"`
	ValidFrom       int64  `parquet:"valid_from,timestamp(microsecond),id(3)"`
	MinAmount       int64  `parquet:"min_amount,decimal(6:18),id(4)"`
	MaxAmountPerDay *int64 `parquet:"max_amount_per_day,optional,decimal(6:18),id(5)"`
	FeeFixed        *int64 `parquet:"fee_fixed,optional,decimal(6:18),id(6)"`
	FeeRate         *int64 `parquet:"fee_rate,optional,decimal(9:18),id(7)"`
	HoldDays        *int64 `parquet:"hold_days,optional,id(8)"`
	Currency        string `parquet:"currency,dict,id(9)"`
	ValidTo         *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(10)"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*PayoutRule) EventMicros() int64 { return 0 }

// AppendKey appends method, country and valid_from.
func (r *PayoutRule) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.Method, r.Country), r.ValidFrom)
}

// payoutRules describes payout_rules.
func payoutRules() Feed {
	return feedOf(Feed{Name: "payout_rules", Row: "payout_rule", Reference: true, Key: []string{"method", "country", "valid_from"}}, noRule[PayoutRule],
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
	)
}

// FXRate is a row of fx_rates: units of Quote per unit of Base.
type FXRate struct {
	RateDate int32  `parquet:"rate_date,date,id(1)"` // days since the epoch
	Base     string `parquet:"base,dict,id(2)"`
	Quote    string `parquet:"quote,dict,id(3)"`
	Rate     int64  `parquet:"rate,decimal(9:18),id(4)"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*FXRate) EventMicros() int64 { return 0 }

// AppendKey appends base, quote and rate_date.
func (r *FXRate) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.Base, r.Quote), int64(r.RateDate))
}

// fxRates describes fx_rates.
func fxRates() Feed {
	return feedOf(Feed{Name: "fx_rates", Row: "fx_rate", Reference: true, Key: []string{"base", "quote", "rate_date"}}, func(r *FXRate) Fault {
		if r.Base == r.Quote {
			return Fault{"quote", CodeUnknownValue, r.Quote, "another currency than base"}
		}
		return Fault{}
	},
		day("rate_date"),
		currency("base"),
		currency("quote"),
		positive("rate"),
	)
}

// Reseller is a row of resellers.
type Reseller struct {
	ResellerID      string `parquet:"reseller_id,id(1)"`
	ValidFrom       int64  `parquet:"valid_from,timestamp(microsecond),id(2)"`
	Name            string `parquet:"name,id(3)"`
	MinPricePerCoin int64  `parquet:"min_price_per_coin,decimal(9:18),id(4)"`
	Currency        string `parquet:"currency,dict,id(5)"`
	ValidTo         *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(6)"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*Reseller) EventMicros() int64 { return 0 }

// AppendKey appends reseller_id and valid_from.
func (r *Reseller) AppendKey(dst []byte) []byte {
	return keyAt(append(dst, r.ResellerID...), r.ValidFrom)
}

// resellers describes resellers.
func resellers() Feed {
	return feedOf(Feed{Name: "resellers", Row: "reseller", Reference: true, Key: []string{"reseller_id", "valid_from"}}, noRule[Reseller],
		id("reseller_id"),
		bound("valid_from"),
		text("name"),
		number("min_price_per_coin"),
		currency("currency"),
		maybe(bound("valid_to")),
	)
}

// BankRule is a row of bank_rules: the ledger account of lines of a bank account
// that nothing matches and whose text holds the pattern.
type BankRule struct {
	Account       string `parquet:"account,optional,id(1)"` // of the bank; "": every one
	Pattern       string `parquet:"pattern,id(2)"`
	ValidFrom     int64  `parquet:"valid_from,timestamp(microsecond),id(3)"`
	LedgerAccount string `parquet:"ledger_account,dict,id(4)"`
	ValidTo       *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(5)"`
	Lineage
}

// EventMicros is 0: reference rows have no event time.
func (*BankRule) EventMicros() int64 { return 0 }

// AppendKey appends account, pattern and valid_from.
func (r *BankRule) AppendKey(dst []byte) []byte {
	return keyAt(key(dst, r.Account, r.Pattern), r.ValidFrom)
}

// bankRules describes bank_rules. A pattern is plain text, in either case, in which
// * stands for anything: files bring no expressions.
func bankRules() Feed {
	return feedOf(Feed{Name: "bank_rules", Row: "bank_rule", Reference: true, Key: []string{"account", "pattern", "valid_from"}}, func(r *BankRule) Fault {
		if strings.Trim(r.Pattern, "* ") == "" {
			return Fault{"pattern", CodeOutOfRange, r.Pattern, "a text that the lines hold, and not only *"}
		}
		return Fault{}
	},
		maybe(id("account")),
		id("pattern"),
		bound("valid_from"),
		id("ledger_account"),
		maybe(bound("valid_to")),
	)
}
