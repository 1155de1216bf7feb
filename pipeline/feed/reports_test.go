package feed

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"carat/pipeline"
)

// reportFile reads one of our own files in a published layout.
func reportFile(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "reports", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lineText is what a settlement line says, without its id.
func lineText(r pipeline.SettlementLine) string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	amount := func(v *int64) string {
		if v == nil {
			return ""
		}
		return pipeline.Amount(*v).String()
	}
	at := func(v *int64) string {
		if v == nil {
			return ""
		}
		return time.UnixMicro(*v).UTC().Format("2006-01-02T15:04:05.999999")
	}
	parts = append(parts, fmt.Sprint(r.SourceLine), r.Channel, r.ReportID, r.Kind)
	add("order", r.StoreTransactionID)
	add("sku", r.SKU)
	add("in", r.Country)
	if r.Quantity != nil {
		parts = append(parts, fmt.Sprint("x", *r.Quantity))
	}
	add("gross", pipeline.Amount(r.GrossAmount).String())
	add("tax", amount(r.TaxAmount))
	add("fee", amount(r.FeeAmount))
	add("net", pipeline.Amount(r.NetAmount).String())
	parts = append(parts, r.Currency)
	add("paid", amount(r.CustomerAmount))
	add("", r.CustomerCurrency)
	add("at", at(r.TransactionAt))
	add("settled", at(r.SettledAt))
	if r.CoversFrom != nil {
		add("covers", at(r.CoversFrom)+"/"+at(r.CoversTo))
	}
	add("bank", r.BankReference)
	return strings.ReplaceAll(strings.Join(parts, " "), "  ", " ")
}

const october = " covers 2026-09-27T07:00:00/2026-11-01T06:59:59.999999"

func TestReports(t *testing.T) {
	for name, want := range map[string][]string{
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
			"5 apple apple-payment-2026-10 adjustment gross 2 net 2 JPY" + october,
			"5 apple apple-payment-2026-10 tax gross 0 tax -37 net -37 JPY" + october,
			"5 apple apple-payment-2026-10 adjustment gross -203 net -203 JPY paid -1.22 EUR" + october,
			"5 apple apple-payment-2026-10 adjustment gross 1.22 net 1.22 EUR paid 203 JPY" + october,
			"7 apple apple-payment-2026-10 payout gross -1012.2 net -1012.2 EUR" + october,
		},
		"apple-sales.txt": {
			"2 apple apple-sales-20261005 adjustment sku coins_100 in DE x12 gross 0 net 0 EUR paid 11.88 EUR covers 2026-10-05T07:00:00/2026-10-06T06:59:59.999999",
			"3 apple apple-sales-20261005 adjustment sku coins_100 in DE x-1 gross 0 net 0 EUR paid -0.99 EUR covers 2026-10-05T07:00:00/2026-10-06T06:59:59.999999",
			"4 apple apple-sales-20261005 adjustment sku com.example.live in AE x7 gross 0 net 0 AED paid 0 AED covers 2026-10-05T07:00:00/2026-10-06T06:59:59.999999",
		},
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
		"stripe-payouts.csv": {
			"2 web stripe-po_20 payout gross -30.29 fee 0 net -30.29 USD at 2026-10-04T01:02:57 settled 2026-10-05T00:00:00 bank po_20",
			"3 web stripe-po_21 payout gross 5 fee 0 net 5 USD at 2026-10-05T01:02:57 settled 2026-10-06T00:00:00 bank po_21",
			"4 web stripe-po_22 adjustment gross 0 fee 0 net 0 USD at 2026-10-06T01:02:57 settled 2026-10-07T00:00:00",
		},
	} {
		out := read[pipeline.SettlementLine](t, name, []byte(reportFile(t, name)), nil)
		if out.err != nil || len(out.rejects) > 0 {
			t.Errorf("%s: %v %q", name, out.err, texts(out.rejects))
			continue
		}
		var got []string
		ids := map[string]bool{}
		for _, r := range out.rows {
			got = append(got, lineText(r))
			ids[r.LineID] = true
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if len(ids) != len(out.rows) {
			t.Errorf("%s: %d ids of %d lines", name, len(ids), len(out.rows))
		}
		stem, _, _ := strings.Cut(name, ".")
		if !strings.HasPrefix(stem, out.report.Format.Name) {
			t.Errorf("%s was taken for %s", name, out.report.Format)
		}
	}
}

// unplaced is a row without what says where it was read.
func unplaced(r pipeline.SettlementLine) pipeline.SettlementLine {
	r.Lineage = pipeline.Lineage{}
	return r
}

func utf16Text(text string, big, mark bool) string {
	var b []byte
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xFEFF}, units...)
	}
	for _, u := range units {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// A report under another name, packed or encoded otherwise, gives the same rows
// with the same ids.
func TestTheSameReportAgain(t *testing.T) {
	files, err := os.ReadDir(filepath.Join("testdata", "reports"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text := reportFile(t, f.Name())
		first := read[pipeline.SettlementLine](t, f.Name(), []byte(text), nil)
		if first.err != nil && strings.Contains(first.err.Error(), "not settlement_lines") {
			continue
		}
		lines := strings.ReplaceAll(text, "\r\n", "\n")
		for name, content := range map[string][]byte{
			"settlement_lines-2.csv": []byte(strings.ReplaceAll(lines, "\n", "\r\n")),
			"a mark.txt":             []byte(byteOrderMark + text),
			"no last end.txt":        []byte(strings.TrimRight(text, "\r\n")),
			"packed.txt.gz":          gzipped(t, text),
			"packed.txt.zst":         zstandard(t, text, 1<<20),
			"packed.zip":             zipped(t, zipEntry{f.Name(), text}),
			"utf-16le.txt":           []byte(utf16Text(text, false, true)),
			"utf-16be.txt":           []byte(utf16Text(text, true, true)),
			"utf-16le bare.txt":      []byte(utf16Text(text, false, false)),
			"utf-16be bare.txt":      []byte(utf16Text(text, true, false)),
			"utf-16.txt.gz":          gzipped(t, utf16Text(text, true, true)),
		} {
			again := read[pipeline.SettlementLine](t, name, content, nil)
			if again.err != nil || len(again.rows) != len(first.rows) || len(again.rejects) > 0 {
				t.Errorf("%s as %s: %d rows, %q, %v", f.Name(), name, len(again.rows), texts(again.rejects), again.err)
				continue
			}
			for i := range again.rows {
				if a, b := unplaced(first.rows[i]), unplaced(again.rows[i]); !reflect.DeepEqual(a, b) {
					t.Errorf("%s as %s, row %d:\n%+v\n%+v", f.Name(), name, i, a, b)
				}
			}
		}
	}
}

// A report that is refused whole says where and why.
func TestRefusedReports(t *testing.T) {
	financial, all, detail, payments, earnings, stripe := reportFile(t, "apple-financial.txt"), reportFile(t, "apple-financial-all.txt"),
		reportFile(t, "apple-detail.txt"), reportFile(t, "apple-payments.csv"), reportFile(t, "google-earnings.csv"), reportFile(t, "stripe-report.csv")
	const again = "; a part of it is missing, or it was changed; download it again"
	lines := strings.SplitAfter(financial, "\n")
	for name, c := range map[string]struct{ content, want string }{
		"a line lost":     {strings.Join(slices.Delete(slices.Clone(lines), 2, 3), ""), `read r.txt:6: the report's own total doesn't match its lines: Total_Rows: expected 5, actual 4` + again},
		"an amount moved": {strings.Replace(financial, "\t6.98\t", "\t6.99\t", 1), `read r.txt:8: the report's own total doesn't match its lines: Total_Amount: expected 10.98, actual 10.99` + again},
		"units moved":     {strings.Replace(financial, "coins_500\t2\t", "coins_500\t3\t", 1), `read r.txt:9: the report's own total doesn't match its lines: Total_Units: expected 10, actual 11` + again},
		"old totals":      {strings.Replace(financial, "Total_Amount\t10.98", "Total_Amount:10.97", 1), `read r.txt:8: the report's own total doesn't match its lines: Total_Amount: expected 10.97, actual 10.98` + again},
		"no number":       {strings.Replace(financial, "\t6.98\t", "\t6,98\t", 1), `read r.txt:8: the report's own total doesn't match its lines: Total_Amount: expected 10.98, actual 4; the line r.txt:4 can't be read; download the report again`},
		"no total":        {strings.Replace(financial, "Total_Units\t10", "Total_Units\tten", 1), `read r.txt:9: Total_Units is "ten", not a number; download the report again`},
		"cut":             {strings.Join(lines[:4], ""), "read r.txt:4: the report ends without Total_Rows: a part of it is missing; download it again"},
		"text behind":     {financial + "hello\n", `read r.txt:10: text behind the totals: "hello"; download the report again`},
		"countries":       {strings.Replace(all, "US\tUSD\t3", "US\tUSD\t4", 1), "read r.txt:9: the table of countries doesn't match the lines: quantity of US USD: expected 4, actual 3; download the report again"},
		"country lost":    {strings.Replace(all, "TR\tUSD\t1\t0.70\r\n", "", 1), "read r.txt:9: the table of countries has no line for TR USD, which the report has lines of; download the report again"},
		"semicolons":      {strings.ReplaceAll(financial, "\t", ";"), "read r.txt:1: its columns are not parted by tabs, as Apple does: a spreadsheet saved it again and may have changed numbers and dates; download the file again and leave it as it is"},
		"column lost":     {strings.Replace(financial, "Country Of Sale", "Country", 1), `read r.txt:1: a report of the format apple-financial without the column "country of sale"; found `},
		"column twice":    {strings.Replace(financial, "Grid", "Quantity", 1), `read r.txt:1: column "Quantity" is there twice, as number 6 and 15`},
		"detail cut":      {strings.Replace(detail, "Total_Rows\t3", "Total_Rows\t4", 1), "read r.txt:8: the report's own total doesn't match its lines: Total_Rows: expected 4, actual 3" + again},
		"other vendor":    {strings.Replace(detail, "Live Inc", "Other Inc", 1), `read r.txt:1: a report of the account "Other Inc", and carat.yaml takes those of Live Inc, com.example.live, EXAMPLE BANK -****1299, acct_1; is this the right file? else add it to feeds: settlement_lines: accounts`},
		"not paid":        {strings.Replace(payments, `"1,012.20" EUR`, `"1,012.21" EUR`, 1), "read r.txt:9: the report's own total doesn't match its lines: proceeds in EUR: expected 1012.21, actual 1012.2" + again},
		"no sum":          {strings.Replace(payments, `"1,012.20" EUR`, "", 1), "read r.txt:9: the summary ends without the sum paid in EUR: a part of it is missing; download it again"},
		"owed":            {strings.Replace(payments, `"203"`, `"204"`, 1), "read r.txt:5: the report's own total doesn't add up: total owed of Japan (JPY): expected 203, actual 204; download the summary again"},
		"no amount":       {strings.Replace(payments, `"1.22"`, `"1.2x"`, 1), `read r.txt:5: proceeds of Japan (JPY) is "1.2x", not an amount; download the summary again`},
		"no region":       {strings.Replace(payments, `Japan (JPY)`, `Japan`, 1), `read r.txt:5: a region that can't be read: "Japan,2,238,240,0,0,-37,203,0.00600,1.22,EUR,"; download the summary again`},
		"other bank":      {strings.Replace(payments, "EXAMPLE BANK", "OTHER BANK", 1), `read r.txt:8: a report of the account "OTHER BANK -****1299", and carat.yaml takes those of `},
		"no month":        {strings.Replace(payments, "October", "Oktober", 1), `read r.txt:1: "Oktober 2026" is no fiscal month; download the summary in English`},
		"saved again":     {strings.ReplaceAll(earnings, ",", ";"), `read r.txt:1: its columns are not parted by commas, as the publisher does: a spreadsheet saved it again and may have changed numbers and dates; download the file again and leave it as it is`},
		"other app":       {strings.Replace(earnings, "com.example.live", "com.example.other", 1), `read r.txt:2: a report of the account "com.example.other", and carat.yaml takes those of `},
		"open quote":      {earnings + `GPA.9,"Oct 1`, `read r.txt:10: a quote that is never closed; download the file again`},
		"not UTF-8":       {strings.Replace(earnings, "Coins", "M\xFCnzen", 1), `read r.txt:2: not UTF-8: byte 0xFC in column 65 of the line; download the file again; a spreadsheet may have saved it in another encoding`},
		"zero byte":       {strings.Replace(earnings, "Coins", "Co\x00ins", 1), `read r.txt:2: a zero byte: this is no text; download the file again`},
		"no net":          {strings.Replace(stripe, ",net,", ",nett,", 1), `read r.txt:1: a report of the format stripe-report without the column "net"; found balance_transaction_id, `},
		"a long line":     {earnings + strings.Repeat("x", MaxRecordBytes+1), "read r.txt:10: a line longer than 1048576 bytes; is this the right file?"},
		"header only":     {stripe[:strings.IndexByte(stripe, '\n')], ""},
	} {
		out := read[pipeline.SettlementLine](t, "r.txt", []byte(c.content), func(o *Options) {
			o.Accounts = []string{"Live Inc", "com.example.live", "EXAMPLE BANK -****1299", "acct_1"}
		})
		got := ""
		if out.err != nil {
			got = out.err.Error()
			if pipeline.KindOf(out.err) != pipeline.KindBadInput {
				t.Errorf("%s: kind %d", name, pipeline.KindOf(out.err))
			}
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" || strings.HasSuffix(c.want, again) && got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
	other := read[pipeline.SettlementLine](t, "45545510_1026_EU.txt", []byte(financial), func(o *Options) { o.Accounts = []string{"45545511"} })
	if want := `read 45545510_1026_EU.txt: a report of the account "45545510", and carat.yaml takes those of 45545511; is this the right file? else add it to feeds: settlement_lines: accounts`; other.err == nil || other.err.Error() != want {
		t.Errorf("other vendor by its name: %v", other.err)
	}
	missing := read[pipeline.SettlementLine](t, "r.csv", []byte(stripe), func(o *Options) { o.TransactionColumn = "payment_metadata[order]" })
	if want := `read r.csv:1: the column "payment_metadata[order]", which carat.yaml says holds the order id, is not there; mend feeds: settlement_lines: transaction_column, or download the report with that column`; missing.err == nil || missing.err.Error() != want {
		t.Errorf("transaction column: %v", missing.err)
	}
	ours := read[pipeline.SettlementLine](t, "r.csv", []byte(stripe), func(o *Options) { o.TransactionColumn = "Payment_Metadata[Order_ID]" })
	if ours.err != nil || ours.rows[0].StoreTransactionID != "w-1" || ours.rows[4].StoreTransactionID != "" {
		t.Errorf("our order id: %+v, %v", ours.rows, ours.err)
	}
}

// A line that can't be read is rejected with what was expected; the others go on.
func TestRejectedLinesOfReports(t *testing.T) {
	earnings, stripe, sales := reportFile(t, "google-earnings.csv"), reportFile(t, "stripe-report.csv"), reportFile(t, "apple-sales.txt")
	financial, balance, payouts := reportFile(t, "apple-financial.txt"), reportFile(t, "stripe-balance.csv"), reportFile(t, "stripe-payouts.csv")
	for _, c := range []struct{ text, old, new, want string }{
		{earnings, "3:11:51 AM PDT", "3:11:51 AM CET", `r.txt:2 transaction_at bad_time "Oct 1, 2026 3:11:51 AM CET": expected a time like Oct 1, 2026 3:11:51 AM PDT`},
		{earnings, "3:11:51 AM PDT", "3:11:51\u202fAM PDT", ""},
		{earnings, "Charge,", "Chargeback,", `r.txt:2 kind unknown_value "Chargeback": expected Charge, Google fee, Tax or their refunds in Transaction Type`},
		{earnings, "USD,1.069", "USD,1,069", `r.txt:2  wrong_field_count "GPA.1000-0000-0000-00001,\"Oct 1, 2026\",3:11:51 AM PDT,,Charge,,Coins,com.example.live,1,coins_100,a71x,DE,,00000,EUR,0.9": expected 21 fields, as the header has; found 22`},
		{earnings, "USD,1.069", "USD,1.0690001", `r.txt:2 net_amount too_precise "1.0690001": expected a decimal with a point in Amount (Merchant Currency)`},
		{earnings, "GPA.1000-0000-0000-00001,", ",", `r.txt:2 store_transaction_id missing "": expected the order's id in Description`},
		{earnings, "Coins", `Co"ins`, `r.txt:2  bad_quote "GPA.1000-0000-0000-00001,\"Oct 1, 2026\",3:11:51 AM PDT,,Charge,,Co\"ins,com.example.live,1,coins_100,a71x,DE,,00000,EUR,0.": expected fields quoted as in RFC 4180`},
		{earnings, "Coins", "\"Coi\nns\"", ""},
		{earnings, ",EUR,0.99", ",eur,0.99", `r.txt:2 customer_currency bad_currency "eur": expected an ISO 4217 currency code like USD`},
		{stripe, "9.41,charge", "9.40,charge", `r.txt:2 net_amount not_balanced "9.40": expected gross - fee = 9.41`},
		{stripe, "charge,US", "chargge,US", `r.txt:2 kind unknown_value "chargge": expected a reporting_category that carat knows`},
		{stripe, "usd,10.00", "usd,10.oo", `r.txt:2 gross_amount not_a_number "10.oo": expected a decimal with a point`},
		{stripe, "2026-10-01 10:11:12", "yesterday", `r.txt:2 transaction_at bad_time "yesterday": expected an RFC 3339 time of at most microseconds, like 2026-10-01T12:00:00Z`},
		{balance, "usd,,,59", "ugx,,,59", `r.txt:2 currency bad_currency "UGX": expected a currency whose smallest unit is known`},
		{balance, "59,941", "59.5,941", `r.txt:2 fee_amount not_a_number "59.5": expected a whole number of the smallest unit`},
		{balance, "available,charge", "available,charm", `r.txt:2 kind unknown_value "charm": expected a type of balance transaction that carat knows`},
		{payouts, "usd,paid", "usd,lost", `r.txt:2 kind unknown_value "lost": expected paid, in_transit, pending, failed or canceled`},
		{sales, "\t12\t", "\t1.2\t", `r.txt:2 quantity not_a_number "1.2": expected a whole number in Units`},
		{sales, "10/05/2026\t10/05/2026", "10/05/2026\t10/04/2026", `r.txt:2 covers_to bad_time "10/04/2026": expected a day like 10/31/2026 in End Date, not before Begin Date`},
		{financial, "EUR\tS\t", "EUR\tX\t", `r.txt:2 kind unknown_value "X": expected S or R in Sale or Return`},
		{financial, "09/27/2026", "2026-09-27", `r.txt:2 covers_from bad_time "2026-09-27": expected a day like 10/31/2026 in Start Date`},
		{financial, "\tDE\t", "\tGermany\t", `r.txt:2 country bad_country "Germany": expected two upper-case letters like DE`},
		{financial, "0.99", "0,99", `r.txt:2 customer_amount not_a_number "0,99": expected a decimal with a point in Customer Price`},
	} {
		if !strings.Contains(c.text, c.old) {
			t.Fatalf("no %q", c.old)
		}
		good := read[pipeline.SettlementLine](t, "r.txt", []byte(c.text), nil)
		out := read[pipeline.SettlementLine](t, "r.txt", []byte(strings.Replace(c.text, c.old, c.new, 1)), nil)
		rejected := 1
		if c.want == "" {
			rejected = 0
		}
		if out.err != nil || len(out.rejects) != rejected || len(out.rows) != len(good.rows)-rejected {
			t.Errorf("%q: %d rows, %q, %v", c.new, len(out.rows), texts(out.rejects), out.err)
			continue
		}
		if rejected == 1 && rejectText(out.rejects[0]) != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.new, rejectText(out.rejects[0]), c.want)
		}
	}
}

func TestGoogleSales(t *testing.T) {
	text := reportFile(t, "google-sales.csv")
	out := read[pipeline.CoinPurchase](t, "salesreport_202610.csv", []byte(text), func(o *Options) {
		o.SKUCoins = map[string]int64{"coins_100": 100, "coins_10000": 10_000}
	})
	if out.err != nil || len(out.rejects) > 0 || out.report.Format.String() != "google-sales" {
		t.Fatal(out.err, texts(out.rejects), out.report.Format)
	}
	var got []string
	for _, r := range out.rows {
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
	unknown := read[pipeline.CoinPurchase](t, "s.csv", []byte(strings.Replace(text, "Refund", "Partial refund", 1)), func(o *Options) {
		o.SKUCoins = map[string]int64{"coins_100": 100}
	})
	if want := []string{
		`s.csv:3 coins unknown_value "coins_10000": expected a SKU that feeds: coin_purchases: sku_coins in carat.yaml has`,
		`s.csv:4 kind unknown_value "Partial refund": expected Charged or Refund in Financial Status; of a partial refund the coins can't be known`,
	}; !slices.Equal(texts(unknown.rejects), want) {
		t.Errorf("%q", texts(unknown.rejects))
	}
	bare := read[pipeline.CoinPurchase](t, "s.csv", []byte(text), nil)
	if bare.err == nil || !strings.HasPrefix(bare.err.Error(), "read s.csv: a sales report of Google Play, which doesn't say how many coins a SKU has; if your own orders are not in another feed, list the SKUs in carat.yaml: feeds: coin_purchases: sku_coins: ") {
		t.Error(bare.err)
	}
}
