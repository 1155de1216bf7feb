package pipeline

// accountRoles are what the journal posts to, in the order of the chart of
// accounts. The chart itself, with its default accounts, is the model
// led_account; a test keeps the two alike.
var accountRoles = []string{
	"cash", "store_receivable", "provider_receivable", "reseller_receivable", "creator_receivable", "deferred_store_fee",
	"contract_liability", "tax_payable", "creator_payable", "payouts_in_transit", "agency_payable", "withholding_payable",
	"gift_revenue", "breakage_revenue", "refunds", "payout_fees", "store_fee_cost", "creator_share", "creator_adjustments",
	"agency_share", "marketing", "uncollectible", "rounding", "tolerated", "fx_difference", "suspense",
}

// AccountRoles gives the roles to which carat.yaml can give another account.
func AccountRoles() []string { return append([]string(nil), accountRoles...) }
