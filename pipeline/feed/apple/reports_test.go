package apple_test

import (
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// compare ends the refusal of a summary that contradicts itself.
const compare = "; compare it with the same month in App Store Connect: if it was changed on the way, download it again; if Apple shows the same, its layout is one that carat doesn't know"

const october = " covers 2026-09-27T07:00:00/2026-11-01T06:59:59.999999"

func TestAppleReports(t *testing.T) {
	feedtest.CheckReports(t, map[string][]string{
		"apple-financial.txt": {
			"2 apple apple-20260927-20261031-EUR sale sku coins_100 in DE x3 gross 2.97 net 2.1 EUR paid 2.97 EUR" + october,
			"3 apple apple-20260927-20261031-EUR refund sku coins_100 in DE x-1 gross -0.99 net -0.7 EUR paid -0.99 EUR" + october,
			"4 apple apple-20260927-20261031-EUR sale sku coins_500 in FR x2 gross 9.98 net 6.98 EUR paid 9.98 EUR" + october,
			"5 apple apple-20260927-20261031-EUR sale sku coins_500 in FR x1 gross 0 net 0 EUR paid 0 EUR" + october,
			"6 apple apple-20260927-20261031-EUR sale sku coins_100 in BG x4 gross 2.6 net 2.6 EUR paid 7.96 BGN" + october,
		},
		"apple-financial-all.txt": {
			"2 apple apple-20260927-20261031-JPY sale sku coins_100 in JP x2 gross 320 net 238 JPY paid 320 JPY" + october,
			"3 apple apple-20260927-20261031-USD sale sku coins_100 in US x5 gross 4.95 net 3.5 USD paid 4.95 USD" + october,
			"4 apple apple-20260927-20261031-USD refund sku coins_100 in US x-2 gross -1.98 net -1.4 USD paid -1.98 USD" + october,
			"5 apple apple-20260927-20261031-USD sale sku coins_100 in TR x1 gross 0.99 net 0.7 USD paid 0.99 USD" + october,
		},
		"apple-detail.txt": {
			"5 apple apple-detail-20260927-20261031-EU sale sku coins_100 in DE x2 gross 1.98 net 1.4 EUR paid 1.98 EUR at 2026-10-01T07:00:00 settled 2026-10-02T07:00:00" + october,
			"6 apple apple-detail-20260927-20261031-EU sale sku coins_100 in DE x1 gross 0.99 net 0.7 EUR paid 0.99 EUR at 2026-10-02T07:00:00 settled 2026-10-03T07:00:00" + october,
			"7 apple apple-detail-20260927-20261031-EU refund sku coins_100 in DE x-1 gross -0.99 net -0.7 EUR paid -0.99 EUR at 2026-10-02T07:00:00 settled 2026-10-03T07:00:00" + october,
		},
		"apple-payments.csv": {
			"5 apple apple-payment-2026-10 carried gross 2 net 2 JPY" + october,
			"5 apple apple-payment-2026-10 tax gross 0 tax -37 net -37 JPY" + october,
			"5 apple apple-payment-2026-10 conversion gross -203 net -203 JPY paid -1.22 EUR" + october,
			"5 apple apple-payment-2026-10 conversion gross 1.22 net 1.22 EUR paid 203 JPY" + october,
			"7 apple apple-payment-2026-10 payout gross -1012.2 net -1012.2 EUR" + october,
		},
		"apple-sales.txt": {
			"2 apple apple-sales-20261005 adjustment sku coins_100 in DE x12 gross 0 net 0 EUR paid 11.88 EUR covers 2026-10-05T07:00:00/2026-10-06T06:59:59.999999",
			"3 apple apple-sales-20261005 adjustment sku coins_100 in DE x-1 gross 0 net 0 EUR paid -0.99 EUR covers 2026-10-05T07:00:00/2026-10-06T06:59:59.999999",
			"4 apple apple-sales-20261005 adjustment sku com.example.live in AE x7 gross 0 net 0 AED paid 0 AED covers 2026-10-05T07:00:00/2026-10-06T06:59:59.999999",
		},
	})
}

func TestAppleReportsAgain(t *testing.T) { feedtest.CheckTheSameAgain(t) }

// A report that is refused whole says where and why.
func TestAppleRefused(t *testing.T) {
	financial, all, detail, payments := feedtest.ReportFile(t, "apple-financial.txt"), feedtest.ReportFile(t, "apple-financial-all.txt"), feedtest.ReportFile(t, "apple-detail.txt"), feedtest.ReportFile(t, "apple-payments.csv")
	lines := strings.SplitAfter(financial, "\n")
	feedtest.CheckRefused(t, map[string]feedtest.Refusal{
		"a line lost":     {Content: strings.Join(slices.Delete(slices.Clone(lines), 2, 3), ""), Want: `read r.txt:6: the report's own total doesn't match its lines: Total_Rows: expected 5, actual 4` + feedtest.Again},
		"an amount moved": {Content: strings.Replace(financial, "\t6.98\t", "\t6.99\t", 1), Want: `read r.txt:8: the report's own total doesn't match its lines: Total_Amount: expected 10.98, actual 10.99` + feedtest.Again},
		"units moved":     {Content: strings.Replace(financial, "coins_500\t2\t", "coins_500\t3\t", 1), Want: `read r.txt:9: the report's own total doesn't match its lines: Total_Units: expected 10, actual 11` + feedtest.Again},
		"old totals":      {Content: strings.Replace(financial, "Total_Amount\t10.98", "Total_Amount:10.97", 1), Want: `read r.txt:8: the report's own total doesn't match its lines: Total_Amount: expected 10.97, actual 10.98` + feedtest.Again},
		"no number":       {Content: strings.Replace(financial, "\t6.98\t", "\t6,98\t", 1), Want: `read r.txt:8: the report's own total doesn't match its lines: Total_Amount: expected 10.98, actual 4; the line r.txt:4 can't be read; download the report again`},
		"no total":        {Content: strings.Replace(financial, "Total_Units\t10", "Total_Units\tten", 1), Want: `read r.txt:9: Total_Units is "ten", not a number; download the report again`},
		"cut":             {Content: strings.Join(lines[:4], ""), Want: "read r.txt:4: the report ends without Total_Rows: a part of it is missing; download it again"},
		"text behind":     {Content: financial + "hello\n", Want: `read r.txt:10: text behind the totals: "hello"` + compare},
		"countries":       {Content: strings.Replace(all, "US\tUSD\t3", "US\tUSD\t4", 1), Want: "read r.txt:9: the table of countries doesn't match the lines: quantity of US USD: expected 4, actual 3" + compare},
		"country lost":    {Content: strings.Replace(all, "TR\tUSD\t1\t0.70\r\n", "", 1), Want: "read r.txt:9: the table of countries has no line for TR USD, which the report has lines of" + compare},
		"semicolons":      {Content: strings.ReplaceAll(financial, "\t", ";"), Want: "read r.txt:1: its columns are not parted by tabs, as Apple does: a spreadsheet saved it again and may have changed numbers and dates; download the file again and leave it as it is"},
		"column lost":     {Content: strings.Replace(financial, "Country Of Sale", "Country", 1), Want: `read r.txt:1: a report of the format apple-financial without the column "country of sale"; found `},
		"column twice":    {Content: strings.Replace(financial, "Grid", "Quantity", 1), Want: `read r.txt:1: column "Quantity" is there twice, as number 6 and 15`},
		"detail cut":      {Content: strings.Replace(detail, "Total_Rows\t3", "Total_Rows\t4", 1), Want: "read r.txt:8: the report's own total doesn't match its lines: Total_Rows: expected 4, actual 3" + feedtest.Again},
		"other vendor":    {Content: strings.Replace(detail, "Live Inc", "Other Inc", 1), Want: `read r.txt:1: a report of the account "Other Inc", and carat.yaml takes those of Live Inc, com.example.live, EXAMPLE BANK -****1299, acct_1; is this the right file? else add it to feeds: settlement_lines: accounts`},
		"not paid":        {Content: strings.Replace(payments, `"1,012.20" EUR`, `"1,012.21" EUR`, 1), Want: "read r.txt:9: the report's own total doesn't match its lines: proceeds in EUR: expected 1012.21, actual 1012.2" + compare},
		"no sum":          {Content: strings.Replace(payments, `"1,012.20" EUR`, "", 1), Want: "read r.txt:9: the summary ends without the sum paid in EUR: a part of it is missing" + compare},
		"owed":            {Content: strings.Replace(payments, `"203"`, `"204"`, 1), Want: "read r.txt:5: the report's own total doesn't add up: total owed of Japan (JPY): expected 203, actual 204" + compare},
		"no amount":       {Content: strings.Replace(payments, `"1.22"`, `"1.2x"`, 1), Want: `read r.txt:5: proceeds of Japan (JPY) is "1.2x", not an amount` + compare},
		"no region":       {Content: strings.Replace(payments, `Japan (JPY)`, `Japan`, 1), Want: `read r.txt:5: a region that can't be read: "Japan,2,238,240,0,0,-37,203,0.00600,1.22,EUR,"` + compare},
		"other bank":      {Content: strings.Replace(payments, "EXAMPLE BANK", "OTHER BANK", 1), Want: `read r.txt:8: a report of the account "OTHER BANK -****1299", and carat.yaml takes those of `},
		"no month":        {Content: strings.Replace(payments, "October", "Oktober", 1), Want: `read r.txt:1: "Oktober 2026" is no fiscal month; download the summary in English`},
	})
	other := feedtest.Read[pipeline.SettlementLine](t, "45545510_1026_EU.txt", []byte(financial), func(o *feed.Options) { o.Accounts = []string{"45545511"} })
	if want := `read 45545510_1026_EU.txt: a report of the account "45545510", and carat.yaml takes those of 45545511; is this the right file? else add it to feeds: settlement_lines: accounts`; other.Err == nil || other.Err.Error() != want {
		t.Errorf("other vendor by its name: %v", other.Err)
	}
}

// A line that can't be read is rejected with what was expected; the others go on.
func TestAppleRejectedLines(t *testing.T) {
	sales, financial := feedtest.ReportFile(t, "apple-sales.txt"), feedtest.ReportFile(t, "apple-financial.txt")
	feedtest.CheckRejectedLines(t, []feedtest.ChangedLine{
		{Text: sales, Old: "\t12\t", New: "\t1.2\t", Want: `r.txt:2 quantity not_a_number "1.2": expected a whole number in Units`},
		{Text: sales, Old: "10/05/2026\t10/05/2026", New: "10/05/2026\t10/04/2026", Want: `r.txt:2 covers_to bad_time "10/04/2026": expected a day like 10/31/2026 in End Date, not before Begin Date`},
		{Text: financial, Old: "EUR\tS\t", New: "EUR\tX\t", Want: `r.txt:2 kind unknown_value "X": expected S or R in Sale or Return`},
		{Text: financial, Old: "09/27/2026", New: "2026-09-27", Want: `r.txt:2 covers_from bad_time "2026-09-27": expected a day like 10/31/2026 in Start Date`},
		{Text: financial, Old: "\tDE\t", New: "\tGermany\t", Want: `r.txt:2 country bad_country "Germany": expected two upper-case letters like DE`},
		{Text: financial, Old: "-1\t0.70\t-0.70\tEUR\tR", New: "1\t0.70\t-0.70\tEUR\tR", Want: `r.txt:3 quantity out_of_range "1": expected a return (R), whose Quantity and Extended Partner Share are not above zero`},
		{Text: financial, Old: "0.99", New: "0,99", Want: `r.txt:2 customer_amount not_a_number "0,99": expected a decimal with a point in Customer Price`},
	})
}

// A line whose signs contradict what it says it is would count the wrong way, also where
// the report's own totals agree with it.
func TestAppleContradictingSigns(t *testing.T) {
	financial := feedtest.ReportFile(t, "apple-financial.txt")
	const given = "-1\t0.70\t-0.70\tEUR\tR"
	for _, c := range []struct{ line, total, units, want string }{
		{"-1\t0.70\t0.70\tEUR\tR", "12.38", "10", `r.txt:3 net_amount out_of_range "0.70": expected a return (R), whose Quantity and Extended Partner Share are not above zero`},
		{"1\t0.70\t0.70\tEUR\tR", "12.38", "10", `r.txt:3 net_amount out_of_range "0.70": expected a return (R), whose Quantity and Extended Partner Share are not above zero`},
		{"-1\t0.70\t-0.70\tEUR\tS", "10.98", "9", `r.txt:3 net_amount out_of_range "-0.70": expected a sale (S), whose Quantity and Extended Partner Share are not below zero`},
		{"-1\t0.70\t0.70\tEUR\tS", "12.38", "9", `r.txt:3 quantity out_of_range "-1": expected a sale (S), whose Quantity and Extended Partner Share are not below zero`},
	} {
		text := strings.NewReplacer(given, c.line, "Total_Amount\t10.98", "Total_Amount\t"+c.total, "Total_Units\t10", "Total_Units\t"+c.units).Replace(financial)
		out := feedtest.Read[pipeline.SettlementLine](t, "r.txt", []byte(text), nil)
		if got := feedtest.Texts(out.Rejects); out.Err != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("%q: %v %q", c.line, out.Err, got)
		}
	}
}

// What the samples give. The totals were added up outside of carat, and Apple's
// agree with the reports' own control lines; what a summary says was paid is in
// its footer.
func TestAppleSamples(t *testing.T) {
	feedtest.CheckSamples(t, map[string][]string{
		"apple-financial/fedoco-apple-slicer/45545510_0914_CH.txt": {
			`apple sale CHF: 4 lines, 29 units, gross 51, tax 0, fee 0, net 33.15, paid 51`,
		},
		"apple-financial/fedoco-apple-slicer/45545510_0914_EU.txt": {
			`apple refund EUR: 1 lines, -1 units, gross -19.99, tax 0, fee 0, net -12.17, paid -19.99`,
			`apple sale EUR: 5 lines, 20 units, gross 359.82, tax 0, fee 0, net 219.06, paid 359.82`,
		},
		"apple-financial/matisiekpl-appstore-sdk-go/financial.tsv": {
			`apple sale USD: 2 lines, 6 units, gross 49.44, tax 0, fee 0, net 34.65, paid 49.44`,
		},
		"apple-financial/fedoco-apple-slicer/financial_report.csv": {
			`apple conversion CHF: 1 lines, 0 units, gross -33.15, tax 0, fee 0, net -33.15, paid -26.53`,
			`apple conversion EUR: 2 lines, 0 units, gross 27.69, tax 0, fee 0, net 27.69, paid 175.15`,
			`apple conversion JPY: 1 lines, 0 units, gross -142, tax 0, fee 0, net -142, paid -1.16`,
			`apple payout EUR: 1 lines, 0 units, gross -234.58, tax 0, fee 0, net -234.58, paid 0`,
			`apple tax JPY: 1 lines, 0 units, gross 0, tax -37, fee 0, net -37, paid 0`,
		},
		"apple-financial/skymatic-reverse-charger/financial_report.csv": {
			`apple conversion CAD: 1 lines, 0 units, gross -70.1, tax 0, fee 0, net -70.1, paid -48.32`,
			`apple conversion CHF: 1 lines, 0 units, gross -33.15, tax 0, fee 0, net -33.15, paid -26.53`,
			`apple conversion EUR: 4 lines, 0 units, gross 1056.49, tax 0, fee 0, net 1056.49, paid 1328.45`,
			`apple conversion JPY: 1 lines, 0 units, gross -142, tax 0, fee 0, net -142, paid -1.16`,
			`apple conversion USD: 1 lines, 0 units, gross -1083.2, tax 0, fee 0, net -1083.2, paid -980.48`,
			`apple payout EUR: 1 lines, 0 units, gross -1263.38, tax 0, fee 0, net -1263.38, paid 0`,
			`apple tax JPY: 1 lines, 0 units, gross 0, tax -37, fee 0, net -37, paid 0`,
		},
		"apple-sales/matisiekpl-appstore-sdk-go/sales.tsv": {
			`apple adjustment AED: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
			`apple adjustment EUR: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
			`apple adjustment GBP: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
			`apple adjustment ILS: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
			`apple adjustment INR: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
			`apple adjustment KZT: 8 lines, 17 units, gross 0, tax 0, fee 0, net 0, paid 8740`,
			`apple adjustment MXN: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 119`,
			`apple adjustment RUB: 21 lines, 674 units, gross 0, tax 0, fee 0, net 0, paid 63169`,
			`apple adjustment SAR: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 22.99`,
			`apple adjustment USD: 9 lines, 17 units, gross 0, tax 0, fee 0, net 0, paid 4.49`,
			`apple adjustment ZAR: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
		},
	})
}

func FuzzAppleFinancial(f *testing.F) {
	feedtest.AddSamples(f, "apple-financial/fedoco-apple-slicer/*.txt", "apple-financial/matisiekpl-appstore-sdk-go/*")
	feedtest.FuzzReport[pipeline.SettlementLine](f, "apple-financial", nil, feedtest.ReportFile(f, "apple-financial.txt"), feedtest.ReportFile(f, "apple-financial-all.txt"))
}

func FuzzAppleDetail(f *testing.F) {
	feedtest.FuzzReport[pipeline.SettlementLine](f, "apple-detail", nil, feedtest.ReportFile(f, "apple-detail.txt"))
}

func FuzzApplePayments(f *testing.F) {
	feedtest.AddSamples(f, "apple-financial/*/financial_report.csv")
	feedtest.FuzzReport[pipeline.SettlementLine](f, "apple-payments", nil, feedtest.ReportFile(f, "apple-payments.csv"))
}

func FuzzAppleSales(f *testing.F) {
	feedtest.AddSamples(f, "apple-sales/*/*")
	feedtest.FuzzReport[pipeline.SettlementLine](f, "apple-sales", nil, feedtest.ReportFile(f, "apple-sales.txt"))
}
