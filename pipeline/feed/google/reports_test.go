package google_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
	"carat/pipeline/feed/lex"
)

func TestGoogleReports(t *testing.T) {
	feedtest.CheckReports(t, map[string][]string{
		"google-earnings.csv": {
			"2 google google-2026-10 sale order GPA.1000-0000-0000-00001 sku coins_100 in DE x1 gross 1.069 net 1.069 USD paid 0.99 EUR at 2026-10-01T10:11:51",
			"3 google google-2026-10 fee order GPA.1000-0000-0000-00001 sku coins_100 in DE gross 0 fee -0.32 net -0.32 USD at 2026-10-01T10:11:51",
			"4 google google-2026-11 sale order GPA.1000-0000-0000-00002..0 sku coins_100 in US x1 gross 0.99 net 0.99 USD paid 0.99 USD at 2026-11-01T08:30:00",
			"5 google google-2026-11 tax order GPA.1000-0000-0000-00002..0 sku coins_100 in US gross 0 tax 0.08 net 0.08 USD at 2026-11-01T08:30:00",
			"6 google google-2026-11 sale order GPA.1000-0000-0000-00003 sku coins_100 in US x1 gross 0.99 net 0.99 USD paid 0.99 USD at 2026-11-01T09:30:00",
			"7 google google-2026-11 refund order GPA.1000-0000-0000-00003 sku coins_100 in US x-1 gross -0.99 net -0.99 USD paid -0.99 USD at 2026-11-02T05:00:00",
			"8 google google-2026-11 fee order GPA.1000-0000-0000-00003 sku coins_100 in US gross 0 fee 0.3 net 0.3 USD at 2026-11-02T05:00:00",
			"9 google google-2026-11 refund order GPA.1000-0000-0000-00002..0 sku coins_100 in US gross -0.4 net -0.4 USD paid -0.4 USD at 2026-11-03T05:00:00",
		},
	})
}

func TestGoogleReportsAgain(t *testing.T) { feedtest.CheckTheSameAgain(t) }

// A report that is refused whole says where and why.
func TestGoogleRefused(t *testing.T) {
	earnings := feedtest.ReportFile(t, "google-earnings.csv")
	feedtest.CheckRefused(t, map[string]feedtest.Refusal{
		"saved again": {Content: strings.ReplaceAll(earnings, ",", ";"), Want: `read r.txt:1: its columns are not parted by commas, as the publisher does: a spreadsheet saved it again and may have changed numbers and dates; download the file again and leave it as it is`},
		"other app":   {Content: strings.Replace(earnings, "com.example.live", "com.example.other", 1), Want: `read r.txt:2: a report of the account "com.example.other", and carat.yaml takes those of `},
		"open quote":  {Content: earnings + `GPA.9,"Oct 1`, Want: `read r.txt:10: a quote that is never closed; download the file again`},
		"not UTF-8":   {Content: strings.Replace(earnings, "Coins", "M\xFCnzen", 1), Want: `read r.txt:2: not UTF-8: byte 0xFC in column 65 of the line; download the file again; a spreadsheet may have saved it in another encoding`},
		"zero byte":   {Content: strings.Replace(earnings, "Coins", "Co\x00ins", 1), Want: `read r.txt:2: a zero byte: this is no text; download the file again`},
		"a long line": {Content: earnings + strings.Repeat("x", lex.MaxRecordBytes+1), Want: "read r.txt:10: a line longer than 1048576 bytes; is this the right file?"},
	})
}

// A line that can't be read is rejected with what was expected; the others go on.
func TestGoogleRejectedLines(t *testing.T) {
	earnings := feedtest.ReportFile(t, "google-earnings.csv")
	feedtest.CheckRejectedLines(t, []feedtest.ChangedLine{
		{Text: earnings, Old: "3:11:51 AM PDT", New: "3:11:51 AM CET", Want: `r.txt:2 transaction_at bad_time "Oct 1, 2026 3:11:51 AM CET": expected a time like Oct 1, 2026 3:11:51 AM PDT`},
		{Text: earnings, Old: "3:11:51 AM PDT", New: "3:11:51\u202fAM PDT", Want: ""},
		{Text: earnings, Old: "Charge,", New: "Chargeback,", Want: `r.txt:2 kind unknown_value "Chargeback": expected Charge, Google fee, Tax or their refunds in Transaction Type, or one that carat.yaml explains: feeds: settlement_lines: kinds: {Chargeback: adjustment}`},
		{Text: earnings, Old: "USD,1.069", New: "USD,1,069", Want: `r.txt:2  wrong_field_count "GPA.1000-0000-0000-00001,\"Oct 1, 2026\",3:11:51 AM PDT,,Charge,,Coins,com.example.live,1,coins_100,a71x,DE,,00000,EUR,0.9": expected 21 fields, as the header has; found 22`},
		{Text: earnings, Old: "USD,1.069", New: "USD,1.0690001", Want: `r.txt:2 net_amount too_precise "1.0690001": expected a decimal with a point in Amount (Merchant Currency)`},
		{Text: earnings, Old: "GPA.1000-0000-0000-00001,", New: ",", Want: `r.txt:2 store_transaction_id missing "": expected the order's id in Description`},
		{Text: earnings, Old: "USD,1.069", New: "USD,-1.069", Want: `r.txt:2 net_amount out_of_range "-1.069": expected an amount that is not below zero, of a Charge`},
		{Text: earnings, Old: "USD,-0.32", New: "USD,0.32", Want: `r.txt:3 net_amount out_of_range "0.32": expected an amount that is not above zero, of a Google fee`},
		{Text: earnings, Old: "1.000000,USD,-0.99", New: "1.000000,USD,0.99", Want: `r.txt:7 net_amount out_of_range "0.99": expected an amount that is not above zero, of a Charge refund`},
		{Text: earnings, Old: "1.000000,USD,0.30", New: "1.000000,USD,-0.30", Want: `r.txt:8 net_amount out_of_range "-0.30": expected an amount that is not below zero, of a Google fee refund`},
		{Text: earnings, Old: "Coins", New: `Co"ins`, Want: `r.txt:2  bad_quote "GPA.1000-0000-0000-00001,\"Oct 1, 2026\",3:11:51 AM PDT,,Charge,,Co\"ins,com.example.live,1,coins_100,a71x,DE,,00000,EUR,0.": expected fields quoted as in RFC 4180`},
		{Text: earnings, Old: "Coins", New: "\"Coi\nns\"", Want: ""},
		{Text: earnings, Old: ",EUR,0.99", New: ",eur,0.99", Want: `r.txt:2 customer_currency bad_currency "eur": expected an ISO 4217 currency code like USD, in capital letters (a layout says it: values: {customer_currency: {eur: EUR}})`},
	})
}

func TestGoogleSales(t *testing.T) {
	text := feedtest.ReportFile(t, "google-sales.csv")
	out := feedtest.Read[pipeline.CoinPurchase](t, "salesreport_202610.csv", []byte(text), func(o *feed.Options) {
		o.SKUCoins = map[string]int64{"coins_100": 100, "coins_10000": 10_000}
	})
	if out.Err != nil || len(out.Rejects) > 0 || out.Report.Format.String() != "google-sales" {
		t.Fatal(out.Err, feedtest.Texts(out.Rejects), out.Report.Format)
	}
	var got []string
	for _, r := range out.Rows {
		got = append(got, fmt.Sprintf("%s %s %q %s %s %d coins %s %s tax %s %s %s", r.PurchaseID, r.Kind, r.OriginalPurchaseID, r.ViewerID, r.StoreTransactionID, r.Coins,
			pipeline.Amount(r.GrossAmount), r.Currency, pipeline.Amount(*r.TaxAmount), r.Country, time.UnixMicro(r.PurchasedAt).UTC().Format(time.RFC3339)))
	}
	want := []string{
		`GPA.1000-0000-0000-00001 purchase "" google-GPA.1000-0000-0000-00001 GPA.1000-0000-0000-00001 100 coins 0.99 EUR tax 0.16 DE 2026-10-01T10:11:51Z`,
		`GPA.1000-0000-0000-00004 purchase "" google-GPA.1000-0000-0000-00004 GPA.1000-0000-0000-00004 10000 coins 12000 KRW tax 0 KR 2026-10-01T10:13:20Z`,
		`GPA.1000-0000-0000-00001-refund refund "GPA.1000-0000-0000-00001" google-GPA.1000-0000-0000-00001 GPA.1000-0000-0000-00001 100 coins 0.99 EUR tax 0.16 DE 2026-10-02T10:11:51Z`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	unknown := feedtest.Read[pipeline.CoinPurchase](t, "s.csv", []byte(strings.Replace(text, "Refund", "Partial refund", 1)), func(o *feed.Options) {
		o.SKUCoins = map[string]int64{"coins_100": 100}
	})
	if want := []string{
		`s.csv:3 coins unknown_value "coins_10000": expected a SKU that feeds: coin_purchases: sku_coins in carat.yaml has`,
		`s.csv:4 kind unknown_value "Partial refund": expected Charged or Refund in Financial Status; of a partial refund the coins can't be known`,
	}; !slices.Equal(feedtest.Texts(unknown.Rejects), want) {
		t.Errorf("%q", feedtest.Texts(unknown.Rejects))
	}
	below := feedtest.Read[pipeline.CoinPurchase](t, "s.csv", []byte(strings.NewReplacer("0.83,0.16,0.99", "0.83,0.16,-0.99", "0.00,\"12,000\"", "0.00,\"-12,000\"").Replace(text)), func(o *feed.Options) {
		o.SKUCoins = map[string]int64{"coins_100": 100, "coins_10000": 10_000}
	})
	if want := []string{
		`s.csv:2 gross_amount negative "-0.99": expected an amount that is not below zero, as of what was Charged`,
		`s.csv:3 gross_amount negative "-12000": expected an amount that is not below zero, as of what was Charged`,
		`s.csv:4 tax_amount negative "0.16": expected taxes on the same side of zero as Charged Amount`,
	}; !slices.Equal(feedtest.Texts(below.Rejects), want) {
		t.Errorf("%q", feedtest.Texts(below.Rejects))
	}
	bare := feedtest.Read[pipeline.CoinPurchase](t, "s.csv", []byte(text), nil)
	if bare.Err == nil || !strings.HasPrefix(bare.Err.Error(), "read s.csv: a sales report of Google Play, which doesn't say how many coins a SKU has; if your own orders are not in another feed, list the SKUs in carat.yaml: feeds: coin_purchases: sku_coins: ") {
		t.Error(bare.Err)
	}
}

// What the samples give. The totals were added up outside of carat, and Apple's
// agree with the reports' own control lines; what a summary says was paid is in
// its footer.
func TestGoogleSamples(t *testing.T) {
	feedtest.CheckSamples(t, map[string][]string{
		"google-earnings/uituit-process-PlayApps-csv/PlayApps_yyyymm.csv": {
			`google fee HKD: 5 lines, 0 units, gross 0, tax 0, fee -61.93, net -61.93, paid 0`,
			`google refund HKD: 1 lines, -1 units, gross -58, tax 0, fee 0, net -58, paid -248`,
			`google sale HKD: 4 lines, 4 units, gross 82.883, tax 0, fee 0, net 82.883, paid 105`,
		},
	})
}

func FuzzGoogleEarnings(f *testing.F) {
	feedtest.AddSamples(f, "google-earnings/*/*")
	feedtest.FuzzReport[pipeline.SettlementLine](f, "google-earnings", nil, feedtest.ReportFile(f, "google-earnings.csv"))
}

func FuzzGoogleSales(f *testing.F) {
	feedtest.FuzzReport[pipeline.CoinPurchase](f, "google-sales", func(o *feed.Options) { o.SKUCoins = map[string]int64{"coins_100": 100} }, feedtest.ReportFile(f, "google-sales.csv"))
}
