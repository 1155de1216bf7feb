package stripe_test

import (
	"fmt"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// The reporting categories that report runs take, by what they are to us.
var categories = map[string]string{
	"sale":       "charge",
	"refund":     "charge_failure partial_capture_reversal refund refund_failure",
	"chargeback": "dispute dispute_reversal",
	"fee":        "fee network_cost",
	"tax":        "tax",
	"payout":     "payout payout_reversal topup topup_reversal",
	"reserve":    "issuing_authorization_hold issuing_authorization_release risk_reserved_funds connect_reserved_funds",
	"transfer":   "connect_collection_transfer transfer transfer_reversal",
	"conversion": "currency_conversion",
	"adjustment": "advance advance_funding anticipation_repayment climate_order_purchase climate_order_refund " +
		"contribution financing_paydown financing_paydown_reversal financing_payout financing_payout_reversal " +
		"issuing_dispute issuing_transaction other_adjustment platform_earning platform_earning_refund unreconciled_customer_funds",
}

// The types of balance transactions, by what they are to us.
var types = map[string]string{
	"sale":   "charge payment",
	"refund": "payment_failure_refund payment_refund payment_reversal refund refund_failure",
	"fee":    "stripe_fee stripe_fx_fee",
	"tax":    "tax_fee",
	"payout": "inbound_transfer inbound_transfer_reversal payout payout_cancel payout_failure topup topup_reversal",
	"reserve": "issuing_authorization_hold issuing_authorization_release payment_network_reserve_hold payment_network_reserve_release " +
		"payout_minimum_balance_hold payout_minimum_balance_release reserve_hold reserve_release reserve_transaction reserved_funds",
	"transfer": "connect_collection_transfer transfer transfer_cancel transfer_failure transfer_refund",
	"adjustment": "adjustment advance advance_funding anticipation_repayment application_fee application_fee_refund climate_order_purchase climate_order_refund " +
		"contribution fee_credit_funding issuing_dispute issuing_transaction obligation_outbound obligation_reversal_inbound " +
		"payment_unreconciled stripe_balance_payment_debit stripe_balance_payment_debit_reversal tax_fund",
}

// Every category and type that Stripe documents is read, with its kind and its net.
func TestStripeKinds(t *testing.T) {
	for _, c := range []struct {
		kinds        map[string]string
		header, line string
	}{
		{categories, "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category", "txn_%d,2026-10-08 09:10:11,usd,-7.00,0.00,-7.00,%s"},
		{types, "id,amount,available_on,created,currency,fee,net,type", "txn_%d,-700,2026-10-10 00:00:00,2026-10-08 09:10:11,usd,0,-700,%s"},
		{types, "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC)", "txn_%d,%[2]s,,-7.00,0.00,-7.00,usd,2026-10-08 09:10,2026-10-10 00:00"},
	} {
		for kind, names := range c.kinds {
			text := c.header + "\n"
			for i, name := range strings.Fields(names) {
				text += fmt.Sprintf(c.line, i, name) + "\n"
			}
			out := feedtest.Read[pipeline.SettlementLine](t, "s.csv", []byte(text), nil)
			if out.Err != nil || len(out.Rejects) > 0 || len(out.Rows) != len(strings.Fields(names)) {
				t.Errorf("%s of %s: %v %q", kind, c.header, out.Err, feedtest.Texts(out.Rejects))
			}
			for _, row := range out.Rows {
				if row.Kind != kind || pipeline.Amount(row.NetAmount).String() != "-7" {
					t.Errorf("%s of %s: %+v", kind, c.header, row)
				}
			}
		}
	}
}

// The configuration says what a category is, before carat does.
func TestStripeKindsOfTheConfiguration(t *testing.T) {
	text := "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category\n" +
		"txn_1,2026-10-08 09:10:11,usd,-7.00,0.00,-7.00,moon_levy\ntxn_2,2026-10-08 09:10:11,usd,-7.00,0.00,-7.00,contribution\ntxn_3,2026-10-08 09:10:11,usd,-7.00,0.00,-7.00,advance\n"
	out := feedtest.Read[pipeline.SettlementLine](t, "s.csv", []byte(text), func(o *feed.Options) {
		o.Kinds = map[string]string{"moon_levy": "tax", "contribution": "fee"}
	})
	if out.Err != nil || len(out.Rows) != 3 || out.Rows[0].Kind != "tax" || *out.Rows[0].TaxAmount != -7_000_000 || out.Rows[1].Kind != "fee" || *out.Rows[1].FeeAmount != -7_000_000 || out.Rows[2].Kind != "adjustment" {
		t.Errorf("%v %q %+v", out.Err, feedtest.Texts(out.Rejects), out.Rows)
	}
}

// The dashboard's export has our order id in a column of metadata.
func TestStripeDashboardOrder(t *testing.T) {
	text := feedtest.ReportFile(t, "stripe-balance-dashboard.csv")
	out := feedtest.Read[pipeline.SettlementLine](t, "s.csv", []byte(text), func(o *feed.Options) { o.TransactionColumn = "Order (metadata)" })
	if out.Err != nil || out.Rows[0].StoreTransactionID != "w-31" || out.Rows[2].StoreTransactionID != "" {
		t.Errorf("%v %+v", out.Err, out.Rows)
	}
}
