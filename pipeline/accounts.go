package pipeline

// accountRoles are what the journal posts to, in the order of the chart of
// accounts. The chart itself, with its default accounts, is the model
// led_account; a test keeps the two alike.
var accountRoles = []string{
	"cash", "clearing", "store_receivable", "provider_receivable", "reseller_receivable",
	"creator_receivable", "creator_debt_allowance", "deferred_debt_gain", "reserves", "agency_receivable",
	"withholding_receivable", "deferred_store_fee", "contract_liability", "tax_payable", "refund_liability",
	"creator_payable", "payouts_in_transit", "agency_payable", "withholding_payable", "counterparty_payable",
	"retained_earnings", "gift_revenue", "breakage_revenue", "refunds", "payout_fees", "store_fee_cost",
	"provider_fees", "dispute_fees", "settlement_adjustments", "payment_fees", "creator_share",
	"creator_adjustments", "agency_share", "marketing", "uncollectible", "debt_allowance",
	"rounding", "tolerated", "fx_difference", "suspense", "other_bank",
}

// AccountRoles gives the roles to which carat.yaml can give another account.
func AccountRoles() []string { return append([]string(nil), accountRoles...) }
