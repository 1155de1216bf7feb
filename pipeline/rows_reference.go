package pipeline

// GiftPrice is a row of gift_catalog.
type GiftPrice struct {
	GiftID    string `parquet:"gift_id,id(1)"`
	ValidFrom int64  `parquet:"valid_from,timestamp(microsecond),id(2)"`
	Name      string `parquet:"name,id(3)"`
	Coins     int64  `parquet:"coins,id(4)"`
	ValidTo   *int64 `parquet:"valid_to,optional,timestamp(microsecond),id(5)"`
	Lineage
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

// Person is the part of a creator that can be erased.
type Person struct {
	CreatorID   string
	DisplayName string
	Email       string
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

// FXRate is a row of fx_rates: units of Quote per unit of Base.
type FXRate struct {
	RateDate int32  `parquet:"rate_date,date,id(1)"` // days since the epoch
	Base     string `parquet:"base,dict,id(2)"`
	Quote    string `parquet:"quote,dict,id(3)"`
	Rate     int64  `parquet:"rate,decimal(9:18),id(4)"`
	Lineage
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
