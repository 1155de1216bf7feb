package feed_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// unreadHeads are the beginnings of files that carat knows and doesn't read, and
// what it says they are and what to do.
var unreadHeads = map[string][2]string{
	"id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Fee,Status\nch_1,2026-10-03 10:00:00,9.00,0.00,usd,true,0.56,Paid\n":                                  {"Stripe's dashboard export of payments", "Payout reconciliation"},
	"id,Description,Seller Message,Created (UTC),Amount,Amount Refunded,Currency\nch_1,coins,Payment complete.,2026-10-03 10:00,9.00,0.00,usd\n":                          {"Stripe's dashboard export of payments", "Payout reconciliation"},
	"Company Account;Merchant Account;Psp Reference;Type;Gross Currency;Gross Debit (GC);Gross Credit (GC);Net Debit (NC);Net Credit (NC);Batch Number\nACo;AMe;8X;;;;\n": {"a settlement detail report of Adyen without all of its columns", "layout of settlement_lines"},
	"Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Booking Date,TimeZone,Main Currency,Main Amount,Record Type\n":                      {"a report of Adyen", "settlement detail report"},
	"id,Amount,Created (UTC),Currency,Arrival Date (UTC),Source Type,Status\npo_1,9.00,2026-10-03 10:00,usd,2026-10-05 00:00,card,paid\n":                                 {"Stripe's dashboard export of payouts", "Payout reconciliation"},
	"reporting_category,currency,count,gross,fee,net\ncharge,usd,3,9.00,0.30,8.70\n":                                                                                      {"Stripe's summary by category", "itemized"},
	"\"Datum\";\"Uhrzeit\";\"Zeitzone\";\"Name\";\"Typ\";\"Status\";\"Währung\";\"Brutto\";\"Entgelt\";\"Netto\"\n":                                                       {"PayPal's activity download in another language than English, or without its columns", "STL"},
}

// A file that carat knows and doesn't read is named, with what to fetch instead,
// whatever it is called and whichever feed it is given as.
func TestUnread(t *testing.T) {
	for text, want := range unreadHeads {
		for _, name := range []string{"export.csv", "settlement_lines-10.csv", "export.bin"} {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, hint := range []string{"", "settlement_lines", "bank_lines"} {
				_, err := feed.Recognise(path, hint)
				if pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(err.Error(), "it is "+want[0]+", which carat doesn't read; ") || !strings.Contains(err.Error(), want[1]) {
					t.Errorf("%.40q as %q: %v", text, hint, err)
				}
			}
			file, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := feed.Unread(file, name); err == nil || !strings.Contains(err.Error(), want[0]) {
				t.Errorf("%.40q: %v", text, err)
			}
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A layout that describes such a file reads it, and so do carat's own columns.
func TestUnreadDescribed(t *testing.T) {
	text := "id,Created (UTC),Amount,Amount Refunded,Currency\nch_1,2026-10-03T10:00:00Z,9.00,0.00,USD\n"
	out := feedtest.Read[pipeline.SettlementLine](t, "payments.csv", []byte(text), func(o *feed.Options) {
		o.Layouts = []feed.Layout{{Separator: ',', Columns: map[string]string{"line_id": "id", "transaction_at": "Created (UTC)", "gross_amount": "Amount", "net_amount": "Amount", "currency": "Currency"},
			Constants: map[string]string{"channel": "web", "kind": "sale", "report_id": "payments"}}}
	})
	if out.Err != nil || len(out.Rows) != 1 || len(out.Rejects) > 0 {
		t.Errorf("%v %q %+v", out.Err, feedtest.Texts(out.Rejects), out.Rows)
	}
}
