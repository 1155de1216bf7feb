package stripe_test

import (
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

func TestStripeReports(t *testing.T) {
	feedtest.CheckReports(t, map[string][]string{
		"stripe-report.csv": {
			"2 web stripe-po_1 sale order ch_1 x1 gross 10 fee -0.59 net 9.41 USD paid 9.2 EUR at 2026-10-01T10:11:12 settled 2026-10-04T00:00:00",
			"3 web stripe-po_1 refund order ch_1 gross -4 fee 0 net -4 USD paid -3.68 EUR at 2026-10-02T12:30:00 settled 2026-10-04T00:00:00",
			"4 web stripe-po_1 chargeback order ch_2 gross -30 fee -15 net -45 USD paid -30 USD at 2026-10-02T12:31:00 settled 2026-10-04T00:00:00",
			"5 web stripe-2026-10 chargeback order ch_2 gross 30 fee 0 net 30 USD paid 30 USD at 2026-10-03T03:16:29 settled 2026-10-03T03:16:29",
			"6 web stripe-po_1 fee gross 0 fee -0.5 net -0.5 USD at 2026-10-03T12:30:00 settled 2026-10-04T00:00:00",
			"7 web stripe-po_1 payout gross -5.41 fee 0 net -5.41 USD at 2026-10-04T00:00:00 settled 2026-10-04T00:00:00 bank tr_77",
		},
		"stripe-balance.csv": {
			"2 web stripe-po_10 sale order ch_10 x1 gross 10 fee -0.59 net 9.41 USD at 2026-10-01T10:11:12 settled 2026-10-03T00:00:00",
			"3 web stripe-po_11 sale order ch_11 x1 gross 1200 fee -80 net 1120 JPY at 2026-10-01T10:12:12 settled 2026-10-03T00:00:00",
			"4 web stripe-po_12 sale order py_12 x1 gross 12.345 fee -0.005 net 12.34 KWD at 2026-10-01T10:12:13 settled 2026-10-03T00:00:00",
			"5 web stripe-po_10 payout gross -9.41 fee 0 net -9.41 USD at 2026-10-04T00:00:00 settled 2026-10-04T00:00:00 bank po_10",
		},
		"stripe-balance-dashboard.csv": {
			"2 web stripe-po_31 sale order ch_31 x1 gross 1250 fee -36.55 net 1213.45 USD paid 1150 EUR at 2026-10-06T08:05:00 settled 2026-10-09T00:00:00",
			"3 web stripe-2026-10 sale order ch_32 x1 gross 1500 fee -84 net 1416 JPY paid 1500 JPY at 2026-10-06T08:06:00 settled 2026-10-08T00:00:00",
			"4 web stripe-po_31 refund gross -4 fee 0 net -4 USD paid -4 USD at 2026-10-06T09:00:00 settled 2026-10-09T00:00:00",
			"5 web stripe-po_31 fee gross 0 fee -2 net -2 USD at 2026-10-07T00:00:00 settled 2026-10-09T00:00:00",
			"6 web stripe-po_31 reserve gross -200 fee 0 net -200 USD at 2026-10-08T00:00:00 settled 2026-10-09T00:00:00",
			"7 web stripe-po_31 payout gross -1007.45 fee 0 net -1007.45 USD at 2026-10-09T00:00:00 settled 2026-10-09T00:00:00 bank po_31",
		},
		"stripe-payouts.csv": {
			"2 web stripe-po_20 payout gross -30.29 fee 0 net -30.29 USD at 2026-10-04T01:02:57 settled 2026-10-05T00:00:00 bank po_20",
			"3 web stripe-po_21 payout gross 5 fee 0 net 5 USD at 2026-10-05T01:02:57 settled 2026-10-06T00:00:00 bank po_21",
			"4 web stripe-po_22 adjustment gross 0 fee 0 net 0 USD at 2026-10-06T01:02:57 settled 2026-10-07T00:00:00",
		},
	})
}

func TestStripeReportsAgain(t *testing.T) { feedtest.CheckTheSameAgain(t) }

// A report that is refused whole says where and why.
func TestStripeRefused(t *testing.T) {
	stripe := feedtest.ReportFile(t, "stripe-report.csv")
	feedtest.CheckRefused(t, map[string]feedtest.Refusal{
		"no net":      {Content: strings.Replace(stripe, ",net,", ",nett,", 1), Want: `read r.txt:1: a report of the format stripe-report without the column "net"; found balance_transaction_id, `},
		"header only": {Content: stripe[:strings.IndexByte(stripe, '\n')], Want: ""},
	})
	missing := feedtest.Read[pipeline.SettlementLine](t, "r.csv", []byte(stripe), func(o *feed.Options) { o.TransactionColumn = "payment_metadata[order]" })
	if want := `read r.csv:1: the column "payment_metadata[order]", which carat.yaml says holds the order id, is not there; mend feeds: settlement_lines: transaction_column, or download the report with that column`; missing.Err == nil || missing.Err.Error() != want {
		t.Errorf("transaction column: %v", missing.Err)
	}
	ours := feedtest.Read[pipeline.SettlementLine](t, "r.csv", []byte(stripe), func(o *feed.Options) { o.TransactionColumn = "Payment_Metadata[Order_ID]" })
	if ours.Err != nil || ours.Rows[0].StoreTransactionID != "w-1" || ours.Rows[4].StoreTransactionID != "" {
		t.Errorf("our order id: %+v, %v", ours.Rows, ours.Err)
	}
}

// A line that can't be read is rejected with what was expected; the others go on.
func TestStripeRejectedLines(t *testing.T) {
	dashboard := feedtest.ReportFile(t, "stripe-balance-dashboard.csv")
	stripe, balance, payouts := feedtest.ReportFile(t, "stripe-report.csv"), feedtest.ReportFile(t, "stripe-balance.csv"), feedtest.ReportFile(t, "stripe-payouts.csv")
	feedtest.CheckRejectedLines(t, []feedtest.ChangedLine{
		{Text: stripe, Old: "9.41,charge", New: "9.40,charge", Want: `r.txt:2 net_amount not_balanced "9.40": expected gross - fee = 9.41`},
		{Text: stripe, Old: "charge,US", New: "chargge,US", Want: `r.txt:2 kind unknown_value "chargge": expected a reporting_category that carat knows, or one that carat.yaml explains: feeds: settlement_lines: kinds: {chargge: adjustment}`},
		{Text: stripe, Old: "usd,10.00", New: "usd,10.oo", Want: `r.txt:2 gross_amount not_a_number "10.oo": expected a decimal with a point`},
		{Text: stripe, Old: "2026-10-01 10:11:12", New: "yesterday", Want: `r.txt:2 transaction_at bad_time "yesterday": expected an RFC 3339 time of at most microseconds, like 2026-10-01T12:00:00Z, or a day`},
		{Text: balance, Old: "usd,,,59", New: "ugx,,,59", Want: `r.txt:2 currency bad_currency "UGX": expected a currency whose smallest unit Stripe's exports fix, as carat knows them; download the report with decimals in place of the API's export (Reports > Balance), or say under feeds: settlement_lines how many digits its amounts have, such as minor_digits: {UGX: 2} where 500 is 5 shillings`},
		{Text: balance, Old: "59,941", New: "59.5,941", Want: `r.txt:2 fee_amount not_a_number "59.5": expected a whole number of the smallest unit`},
		{Text: balance, Old: "available,charge", New: "available,charm", Want: `r.txt:2 kind unknown_value "charm": expected a type of balance transaction that carat knows, or one that carat.yaml explains: feeds: settlement_lines: kinds: {charm: adjustment}`},
		{Text: dashboard, Old: "txn_33,refund", New: "txn_33,re-fund", Want: `r.txt:4 kind unknown_value "re-fund": expected a type of balance transaction that carat knows, or one that carat.yaml explains: feeds: settlement_lines: kinds: {"re-fund": adjustment}`},
		{Text: dashboard, Old: "1500,84,", New: "1500,-84,", Want: `r.txt:3 net_amount not_balanced "1416": expected gross - fee = 1584`},
		{Text: payouts, Old: "usd,paid", New: "usd,lost", Want: `r.txt:2 kind unknown_value "lost": expected paid, in_transit, pending, failed or canceled`},
	})
}

// A report in a zone of one's own has an hour twice in autumn: the earlier is meant, and
// told; one in UTC has none.
func TestStripeInTheHourThatComesTwice(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	local := strings.Replace(feedtest.ReportFile(t, "stripe-report.csv"), "2026-10-01 10:11:12", "2026-10-25 02:30:00", 1)
	for text, want := range map[string]string{
		local: "2026-10-25T00:30:00Z come twice in Europe/Berlin",
		strings.Replace(strings.Replace(local, ",created,", ",created_utc,", 1), ",available_on,automatic_payout_effective_at,", ",available_on_utc,automatic_payout_effective_at_utc,", 1): "2026-10-25T02:30:00Z ",
	} {
		out := feedtest.Read[pipeline.SettlementLine](t, "r.csv", []byte(text), func(o *feed.Options) { o.Zone, o.TransactionColumn = zone, "" })
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		got := time.UnixMicro(*out.Rows[0].TransactionAt).UTC().Format(time.RFC3339) + " "
		for _, note := range out.Report.Notes {
			if i := strings.Index(note, "come twice in "); i > 0 {
				got += note[i : i+len("come twice in Europe/Berlin")]
			}
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What the samples give. The totals were added up outside of carat, and Apple's
// agree with the reports' own control lines; what a summary says was paid is in
// its footer.
func TestStripeSamples(t *testing.T) {
	feedtest.CheckSamples(t, map[string][]string{
		"stripe/wikimedia-SmashPig/settlement_report.csv": {
			`web chargeback USD: 1 lines, 0 units, gross 3.35, tax 0, fee 0, net 3.35, paid 3.35`,
			`web fee USD: 2 lines, 0 units, gross 0, tax 0, fee -1, net -1, paid 0`,
			`web refund USD: 1 lines, 0 units, gross -10, tax 0, fee 0, net -10, paid -10`,
			`web sale USD: 2 lines, 2 units, gross 35, tax 0, fee -0.95, net 34.05, paid 35`,
			`settlement_report.csv:8 net_amount not_balanced "23.05": expected gross - fee = 24`,
		},
		"stripe/hledger/stripe.csv": {
			`web refund USD: 1 lines, 0 units, gross -0.77, tax 0, fee 0, net -0.77, paid 0`,
			`web sale USD: 1 lines, 1 units, gross 12, tax 0, fee 0, net 12, paid 0`,
		},
		"stripe/fivetran/balance_transaction_data.csv": {
			`web payout USD: 1 lines, 0 units, gross -187.59, tax 0, fee 0, net -187.59, paid 0`,
			`web sale USD: 8 lines, 8 units, gross 211303.18, tax 0, fee -6482.18, net 204821, paid 0`,
		},
		"stripe/fivetran/payout_data.csv": {
			`web payout USD: 15 lines, 0 units, gross -214715.24, tax 0, fee 0, net -214715.24, paid 0`,
		},
		"stripe/fivetran/payout_balance_transaction_data.csv": {
			`read payout_balance_transaction_data.csv:1: a table of links between payouts and balance transactions: it holds no amounts; give the balance transactions, in which payout_id says the same`,
		},
	})
}

// Of a currency of which Stripe's documentation says two things, the configuration says which.
func TestStripeDigitsThatTheConfigurationSays(t *testing.T) {
	ugx := strings.Replace(feedtest.ReportFile(t, "stripe-balance.csv"), "usd,,,59", "ugx,,,59", 1)
	for digits, want := range map[int]string{0: "1000", 2: "10"} {
		o := feedtest.Read[pipeline.SettlementLine](t, "settlement_lines.csv", []byte(ugx), func(o *feed.Options) { o.MinorDigits = map[string]int{"UGX": digits} })
		if o.Err != nil || len(o.Rows) == 0 || o.Rows[0].Currency != "UGX" || pipeline.Amount(o.Rows[0].GrossAmount).String() != want {
			t.Errorf("%d digits: %v, %+v, %v", digits, o.Err, o.Rows, feedtest.Texts(o.Rejects))
		}
	}
}

func FuzzStripeReport(f *testing.F) {
	feedtest.AddSamples(f, "stripe/wikimedia-SmashPig/*", "stripe/hledger/*")
	feedtest.FuzzReport[pipeline.SettlementLine](f, "stripe-report", nil, feedtest.ReportFile(f, "stripe-report.csv"))
}

func FuzzStripeBalance(f *testing.F) {
	feedtest.AddSamples(f, "stripe/fivetran/balance_transaction_data.csv")
	feedtest.FuzzReport[pipeline.SettlementLine](f, "stripe-balance", nil, feedtest.ReportFile(f, "stripe-balance.csv"))
}

func FuzzStripePayouts(f *testing.F) {
	feedtest.AddSamples(f, "stripe/fivetran/payout_data.csv")
	feedtest.FuzzReport[pipeline.SettlementLine](f, "stripe-payouts", nil, feedtest.ReportFile(f, "stripe-payouts.csv"))
}
