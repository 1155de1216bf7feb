package feed

import "carat/pipeline"

const (
	channelApple    = "apple"
	channelGoogle   = "google"
	channelWeb      = "web"
	channelReseller = "reseller"
)

func channel() column {
	return enum("channel", channelApple, channelGoogle, channelWeb, channelReseller)
}

func entity() column { return maybe(id("entity")) }

func coinPurchases() *schema[pipeline.CoinPurchase] {
	return newSchema("coin_purchases", []column{
		id("purchase_id"),
		enum("kind", "purchase", "refund", "chargeback", "chargeback_reversal"),
		maybe(id("original_purchase_id")),
		id("viewer_id"),
		channel(),
		maybe(id("reseller_id")),
		maybe(id("store_transaction_id")),
		id("sku"),
		positive("coins"),
		maybe(number("bonus_coins")),
		currency("currency"),
		number("gross_amount"),
		maybe(number("tax_amount")),
		maybe(number("store_fee_amount")),
		maybe(country("country")),
		moment("purchased_at"),
		entity(),
	}, func(r *pipeline.CoinPurchase) fault {
		if r.OriginalPurchaseID == "" && r.Kind != "purchase" {
			return fault{"original_purchase_id", CodeMissing, "", "the purchase that a " + r.Kind + " goes back to"}
		}
		if r.ResellerID == "" && r.Channel == channelReseller {
			return fault{"reseller_id", CodeMissing, "", "the reseller, since channel is reseller"}
		}
		return fault{}
	}, (*pipeline.CoinPurchase).EventMicros, (*pipeline.CoinPurchase).AppendKey)
}

func giftEvents() *schema[pipeline.GiftEvent] {
	return newSchema("gift_events", []column{
		id("event_id"),
		enum("kind", "gift", "reversal"),
		maybe(id("original_event_id")),
		moment("sent_at"),
		id("stream_id"),
		id("viewer_id"),
		id("creator_id"),
		id("gift_id"),
		positive("quantity"),
		number("coins"),
		number("diamonds"),
		entity(),
	}, func(r *pipeline.GiftEvent) fault {
		if r.OriginalEventID == "" && r.Kind != "gift" {
			return fault{"original_event_id", CodeMissing, "", "the gift that a reversal goes back to"}
		}
		return fault{}
	}, (*pipeline.GiftEvent).EventMicros, (*pipeline.GiftEvent).AppendKey)
}

func payouts() *schema[pipeline.Payout] {
	return newSchema("payouts", []column{
		id("payout_id"),
		id("creator_id"),
		enum("status", "requested", "paid", "failed", "returned"),
		number("diamonds"),
		currency("currency"),
		number("gross_amount"),
		maybe(number("withholding_amount")),
		maybe(number("fee_amount")),
		number("net_amount"),
		maybe(currency("payout_currency")),
		maybe(positive("fx_rate")),
		maybe(number("payout_amount")),
		id("method"),
		maybe(id("provider_reference")),
		moment("requested_at"),
		maybe(moment("paid_at")),
		moment("updated_at"),
		entity(),
	}, func(r *pipeline.Payout) fault {
		switch {
		case r.Status == "requested":
			r.EventAt = r.RequestedAt
		case r.Status == "paid" && r.PaidAt != nil:
			r.EventAt = *r.PaidAt
		default:
			r.EventAt = r.UpdatedAt
		}
		return fault{}
	}, (*pipeline.Payout).EventMicros, (*pipeline.Payout).AppendKey)
}

func diamondAdjustments() *schema[pipeline.DiamondAdjustment] {
	return newSchema("diamond_adjustments", []column{
		id("adjustment_id"),
		id("creator_id"),
		signed("diamonds"),
		enum("reason", "bonus", "split", "clawback", "penalty", "correction"),
		maybe(id("reference_id")),
		id("approved_by"),
		moment("adjusted_at"),
		maybe(text("note")),
		entity(),
	}, nil, (*pipeline.DiamondAdjustment).EventMicros, (*pipeline.DiamondAdjustment).AppendKey)
}

func coinAdjustments() *schema[pipeline.CoinAdjustment] {
	return newSchema("coin_adjustments", []column{
		id("adjustment_id"),
		id("viewer_id"),
		signed("coins"),
		enum("reason", "promo", "expiry", "correction", "debt_writeoff"),
		maybe(id("reference_id")),
		id("approved_by"),
		moment("adjusted_at"),
		maybe(text("note")),
		entity(),
	}, nil, (*pipeline.CoinAdjustment).EventMicros, (*pipeline.CoinAdjustment).AppendKey)
}

func settlementLines() *schema[pipeline.SettlementLine] {
	return newSchema("settlement_lines", []column{
		id("line_id"),
		channel(),
		id("report_id"),
		maybe(id("store_transaction_id")),
		maybe(id("sku")),
		maybe(country("country")),
		enum("kind", "sale", "refund", "chargeback", "fee", "tax", "adjustment", "payout"),
		maybe(signed("quantity")),
		signed("gross_amount"),
		maybe(signed("tax_amount")),
		maybe(signed("fee_amount")),
		signed("net_amount"),
		currency("currency"),
		maybe(currency("customer_currency")),
		maybe(signed("customer_amount")),
		maybe(moment("transaction_at")),
		maybe(moment("settled_at")),
		maybe(moment("covers_from")),
		maybe(moment("covers_to")),
		maybe(id("bank_reference")),
		entity(),
	}, func(r *pipeline.SettlementLine) fault {
		for _, at := range []*int64{r.TransactionAt, r.SettledAt, r.CoversTo} {
			if at != nil {
				r.EventAt = *at
				return fault{}
			}
		}
		return fault{"transaction_at", CodeMissing, "", "one of transaction_at, settled_at, covers_to"}
	}, (*pipeline.SettlementLine).EventMicros, (*pipeline.SettlementLine).AppendKey)
}

func providerPayments() *schema[pipeline.ProviderPayment] {
	return newSchema("provider_payments", []column{
		id("line_id"),
		id("provider"),
		maybe(id("provider_reference")),
		maybe(id("payout_id")),
		number("amount"),
		maybe(number("fee_amount")),
		currency("currency"),
		enum("status", "paid", "failed", "returned"),
		moment("booked_at"),
		maybe(id("report_id")),
		entity(),
	}, nil, (*pipeline.ProviderPayment).EventMicros, (*pipeline.ProviderPayment).AppendKey)
}

func bankLines() *schema[pipeline.BankLine] {
	return newSchema("bank_lines", []column{
		id("line_id"),
		id("account"),
		moment("booked_at"),
		signed("amount"),
		currency("currency"),
		maybe(text("reference")),
		maybe(text("counterparty")),
		entity(),
	}, nil, (*pipeline.BankLine).EventMicros, (*pipeline.BankLine).AppendKey)
}

func balances() *schema[pipeline.Balance] {
	return newSchema("balances", []column{
		enum("subject_kind", "viewer", "creator", "account"),
		id("subject_id"),
		moment("as_of"),
		maybe(channel()),
		maybe(currency("currency")),
		maybe(signed("coins")),
		maybe(signed("diamonds")),
		maybe(signed("amount")),
		maybe(signed("deferred_fee")),
		entity(),
	}, nil, (*pipeline.Balance).EventMicros, (*pipeline.Balance).AppendKey)
}
