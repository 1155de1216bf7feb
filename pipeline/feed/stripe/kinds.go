package stripe

import (
	"strings"

	"carat/pipeline/feed/published"
)

// stripeKinds are the kinds of Stripe's reporting categories, and of the types of
// balance transactions, which share names where they mean the same: Stripe Docs,
// "Reporting categories", "Balance transaction types", and the values of
// reporting_category that report runs take. What is neither sale, refund, dispute,
// fee, tax, payout, reserve, transfer nor conversion is an adjustment: it changes the
// balance, and no order knows it. Others are rejected: what they are to us is no guess to make.
var stripeKinds = map[string]string{
	// Payments.
	"charge": "sale", "payment": "sale",
	"refund": "refund", "refund_failure": "refund", "payment_refund": "refund", "payment_failure_refund": "refund", "payment_reversal": "refund",
	"charge_failure": "refund", "partial_capture_reversal": "refund",
	"dispute": "chargeback", "dispute_reversal": "chargeback",
	"payment_unreconciled": "adjustment", "unreconciled_customer_funds": "adjustment",
	// What Stripe and the networks cost.
	"fee": "fee", "network_cost": "fee", "stripe_fee": "fee", "stripe_fx_fee": "fee",
	"fee_credit_funding": "adjustment",
	"tax":                "tax", "tax_fee": "tax", "tax_fund": "adjustment",
	// To the bank and from it.
	"payout": "payout", "payout_reversal": "payout", "payout_cancel": "payout", "payout_failure": "payout",
	"topup": "payout", "topup_reversal": "payout", "inbound_transfer": "payout", "inbound_transfer_reversal": "payout",
	// Held back.
	"reserved_funds": "reserve", "risk_reserved_funds": "reserve", "connect_reserved_funds": "reserve",
	"reserve_transaction": "reserve", "reserve_hold": "reserve", "reserve_release": "reserve",
	"payment_network_reserve_hold": "reserve", "payment_network_reserve_release": "reserve",
	"payout_minimum_balance_hold": "reserve", "payout_minimum_balance_release": "reserve",
	"issuing_authorization_hold": "reserve", "issuing_authorization_release": "reserve",
	// Connect.
	"application_fee": "adjustment", "application_fee_refund": "adjustment", "platform_earning": "adjustment", "platform_earning_refund": "adjustment",
	"transfer": "transfer", "transfer_reversal": "transfer", "transfer_refund": "transfer", "transfer_cancel": "transfer", "transfer_failure": "transfer",
	"connect_collection_transfer": "transfer",
	"obligation_inbound":          "adjustment", "obligation_outbound": "adjustment",
	"obligation_reversal_inbound": "adjustment", "obligation_reversal_outbound": "adjustment",
	// Loans and advances.
	"advance": "adjustment", "advance_funding": "adjustment", "anticipation_repayment": "adjustment",
	"financing_paydown": "adjustment", "financing_paydown_reversal": "adjustment", "financing_payout": "adjustment", "financing_payout_reversal": "adjustment",
	// Cards that were issued: their disputes are with shops, not with viewers.
	"issuing_transaction": "adjustment", "issuing_dispute": "adjustment",
	"issuing_dispute_fraud_liability_debit": "adjustment",
	"stripe_balance_payment_debit":          "adjustment", "stripe_balance_payment_debit_reversal": "adjustment",
	// Others.
	"climate_order_purchase": "adjustment", "climate_order_refund": "adjustment", "contribution": "adjustment",
	"currency_conversion": "conversion", "adjustment": "adjustment", "other_adjustment": "adjustment",
}

// stripeKind gives the kind of a category or type: what the configuration says,
// else ours; "" if neither knows it.
func stripeKind(r *published.Report, text string) string {
	name := strings.ReplaceAll(published.FoldName(text), " ", "_")
	for _, spelled := range []string{text, name} {
		if kind := r.Settings.Kinds[spelled]; kind != "" {
			return kind
		}
	}
	return stripeKinds[name]
}
