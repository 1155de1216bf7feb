package feed_test

import (
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// A name over two lines in a report's heading, as of metadata that somebody made, hides no
// report: each gives the rows that it gives without that column.
func TestAReportWithANameOfTwoLines(t *testing.T) {
	for format, text := range map[string]string{
		"stripe-report":    "automatic_payout_id,balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,charge_id\npo_1,txn_1,2026-10-01 10:00:00,eur,19.99,0.55,19.44,charge,ch_1\n",
		"stripe-balance":   "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Transfer\ntxn_1,charge,ch_1,10.00,0.59,9.41,usd,2026-10-03 09:15,2026-10-05 00:00,po_1\n",
		"paypal-activity":  "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,Transaction ID,Reference Txn ID\n10/25/2026,10:30:00,America/Los_Angeles,A,Express Checkout Payment,Completed,USD,\"1,019.99\",-10.50,\"1,009.49\",5AB,\n",
		"adyen-settlement": "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Batch Number\nCo,Mer,PSP1,ord1,visa,2026-10-05 10:00:00,CEST,Settled,M1,EUR,,100.00,1,EUR,,98.10,,0.60,0.30,1.00,42\n",
	} {
		head, rows, _ := strings.Cut(text, "\n")
		for what, more := range map[string]string{
			"first": "\"metadata[my\nfield]\"," + head + "\n\"a\nb\"," + rows,
			"last":  head + ",\"metadata[my\r\nfield]\"\r\n" + strings.TrimSuffix(rows, "\n") + ",x\r\n",
		} {
			read := func(text string) feedtest.Outcome[pipeline.SettlementLine] {
				return feedtest.Read[pipeline.SettlementLine](t, "report.csv", []byte(text), func(*feed.Options) {})
			}
			want, got := read(text), read(more)
			if want.Err != nil || len(want.Rows) != 1 || want.Report.Format.Name != format {
				t.Fatalf("%s: %v %+v", format, want.Err, want.Report)
			}
			if got.Err != nil || len(got.Rows) != 1 || got.Report.Format.Name != format || got.Rows[0].LineID != want.Rows[0].LineID || got.Rows[0].NetAmount != want.Rows[0].NetAmount {
				t.Errorf("%s, %s: %v %+v %+v", format, what, got.Err, got.Report, got.Rows)
			}
		}
	}
}
