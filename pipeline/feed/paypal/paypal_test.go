package paypal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
	"carat/pipeline/feed/paypal"
)

// settlementText gives what matters of a settlement line.
func settlementText(r pipeline.SettlementLine) string {
	fee := "-"
	if r.FeeAmount != nil {
		fee = pipeline.Amount(*r.FeeAmount).String()
	}
	return fmt.Sprintf("%d %s %s %s fee %s net %s %s %s %s", r.SourceLine, r.StoreTransactionID, r.Kind, pipeline.Amount(r.GrossAmount), fee,
		pipeline.Amount(r.NetAmount), r.Currency, time.UnixMicro(r.EventAt).UTC().Format(time.RFC3339), r.BankReference)
}

const payPalHead = `"RH",2026/10/07 02:05:05 -0700,"A","ACME1",009,
"FH",01
"SH",2026/10/06 00:00:00 -0700,2026/10/06 23:59:59 -0700,"ACME1",""
"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code","Transaction Initiation Date","Transaction Completion Date",Transaction Debit or Credit,"Gross Transaction Amount","Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency","Custom Field","Bank Reference ID"
`

// payPalBody is a row of the report: direction, amount and fee in minor units.
func payPalBody(id, code, direction, amount, currency, fee string) string {
	feeCells := `"",,""`
	if fee != "" {
		feeDirection := "DR"
		if rest, credit := strings.CutPrefix(fee, "+"); credit {
			feeDirection, fee = "CR", rest
		}
		feeCells = fmt.Sprintf(`"%s",%s,"%s"`, feeDirection, fee, currency)
	}
	return fmt.Sprintf("\"SB\",%s,\"inv\",\"\",\"TXN\",\"%s\",2026/10/06 00:00:30 -0700,2026/10/06 00:00:31 -0700,\"%s\",%s,\"%s\",%s,\"a, \"\"b\"\"\",%s\n",
		id, code, direction, amount, currency, feeCells, map[bool]string{true: "BANK77"}[code == "T0400"])
}

func payPalFoot(kind, currency string, grossCR, grossDR, feeCR, feeDR, rows int) string {
	return fmt.Sprintf("\"%s\",\"%s\",%d,%d,%d,%d,\"CR\",0,\"CR\",0,\"CR\",0,\"CR\",0,\"CR\",0,\"CR\",0,%d\n", kind, currency, grossCR, grossDR, feeCR, feeDR, rows)
}

// payPalReport is a whole report of six events in two currencies.
func payPalReport() string {
	return payPalHead +
		payPalBody("A1", "T0006", "CR", "10000", "USD", "320") +
		payPalBody("A2", "T1107", "DR", "2500", "USD", "+10") +
		payPalBody("A3", "T1201", "DR", "500", "USD", "") +
		payPalBody("A4", "T0106", "DR", "2000", "USD", "") +
		payPalBody("A5", "T0400", "DR", "4690", "USD", "") +
		payPalBody("A6", "T0001", "DR", "1000", "EUR", "25") +
		payPalFoot("SF", "USD", 10000, 9690, 10, 320, 5) + payPalFoot("SF", "EUR", 0, 1000, 0, 25, 1) + "\"SC\",6\n" +
		payPalFoot("RF", "USD", 10000, 9690, 10, 320, 5) + payPalFoot("RF", "EUR", 0, 1000, 0, 25, 1) + "\"RC\",6\n\"FF\",6\n"
}

func TestPayPalReport(t *testing.T) {
	report := payPalReport()
	utf16 := func(order bool) string {
		var b strings.Builder
		for _, r := range "\uFEFF" + report {
			if order {
				b.WriteByte(byte(r >> 8))
			}
			b.WriteByte(byte(r))
			if !order {
				b.WriteByte(byte(r >> 8))
			}
		}
		return b.String()
	}
	want := []string{
		"5 A1 sale 100 fee -3.2 net 96.8 USD 2026-10-06T07:00:30Z ",
		"6 A2 refund -25 fee 0.1 net -24.9 USD 2026-10-06T07:00:30Z ",
		"7 A3 chargeback -5 fee - net -5 USD 2026-10-06T07:00:30Z ",
		"8 A4 dispute_fee -20 fee - net -20 USD 2026-10-06T07:00:30Z ",
		"9 A5 payout -46.9 fee - net -46.9 USD 2026-10-06T07:00:30Z BANK77",
		"10 A6 disbursement -10 fee -0.25 net -10.25 EUR 2026-10-06T07:00:30Z ",
	}
	var ids []string
	for name, text := range map[string]string{
		"plain": report, "byte order mark": "\uFEFF" + report, "no last end of line": strings.TrimSuffix(report, "\n"),
		"Windows line ends": strings.ReplaceAll(report, "\n", "\r\n"), "UTF-16": utf16(false), "UTF-16, big end first": utf16(true),
	} {
		out := feedtest.Read[pipeline.SettlementLine](t, "settlement_lines-STL.CSV", []byte(text), nil)
		if out.Err != nil {
			t.Errorf("%s: %v", name, out.Err)
			continue
		}
		var got, keys []string
		for _, r := range out.Rows {
			got, keys = append(got, settlementText(r)), append(keys, r.LineID)
			if r.Channel != "web" || r.ReportID != "paypal-ACME1-2026-10-06" || r.CoversFrom == nil || r.SettledAt == nil {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if !slices.Equal(got, want) || out.Report.Format.Name != "paypal-report" || len(out.Report.Notes) != 0 {
			t.Errorf("%s: %s %q\n got %q\nwant %q", name, out.Report.Format, out.Report.Notes, got, want)
		}
		if ids != nil && !slices.Equal(keys, ids) {
			t.Errorf("%s: other keys: %q, %q", name, keys, ids)
		}
		ids = keys
	}
}

// What can't be right refuses the whole file, with its line.
func TestPayPalRefused(t *testing.T) {
	report := payPalReport()
	change := func(old, new string) string {
		if !strings.Contains(report, old) {
			t.Fatalf("no %q to change", old)
		}
		return strings.Replace(report, old, new, 1)
	}
	lines := strings.SplitAfter(report, "\n")
	without := func(n int) string { return strings.Join(slices.Delete(slices.Clone(lines), n-1, n), "") }
	for name, c := range map[string]struct{ text, want string }{
		"a lost row":          {without(6), `:10: the section's own totals (SF) don't match its rows: gross debits of USD: expected 9690, added up 7190, difference -2500, in minor units; fetch the report again`},
		"a row twice":         {change(lines[4], lines[4]+lines[4]), `:12: the section's own totals (SF) don't match its rows: gross credits of USD: expected 10000, added up 20000, difference 10000, in minor units; fetch the report again`},
		"a wrong count":       {change(",0,5\n", ",0,4\n"), `:11: the report's own count (SF) doesn't match its rows: rows of the section in USD: expected 4, found 5; fetch the report again`},
		"a wrong SC":          {change("\"SC\",6", "\"SC\",7"), `:13: the report's own count (SC) doesn't match its rows: rows of the section: expected 7, found 6; fetch the report again`},
		"a wrong RF":          {strings.Join(lines[:13], "") + strings.Replace(lines[13], ",320,", ",321,", 1) + strings.Join(lines[14:], ""), `:14: the report's own totals (RF) don't match its rows: fee debits of USD: expected 321, added up 320, difference -1, in minor units; fetch the report again`},
		"a wrong FF":          {change("\"FF\",6", "\"FF\",20039"), `:17: the report's own count (FF) doesn't match its rows: rows of the report: expected 20039, found 6; fetch the report again`},
		"cut off":             {strings.Join(lines[:8], ""), `:8: the report ends with SB, without the file's end (FF): it was cut off; fetch the report again`},
		"cut in a footer":     {strings.Join(lines[:11], ""), `:11: the report ends with SF, without the file's end (FF): it was cut off; fetch the report again`},
		"cut behind the sums": {strings.Join(lines[:15], ""), `:15: the report ends with RF, without the file's end (FF): it was cut off; fetch the report again`},
		"cut before its end":  {strings.TrimSuffix(report, "\"FF\",6\n"), `:16: the report ends with RC, without the file's end (FF): it was cut off; fetch the report again`},
		"a further file, cut": {strings.Join(lines[1:16], ""), `:15: the report ends with RC, without the file's end (FF): it was cut off; fetch the report again`},
		"no section foot":     {without(12), `:13: the section that begins in line 3 has no totals (SF) of EUR; fetch the report again`},
		"no direction":        {change(`"CR",10000`, `"",10000`), `:5: Gross Transaction Amount is not as PayPal writes it: 10000 with "" beside it, where CR or DR belongs`},
		"a point":             {change(`"CR",10000`, `"CR",100.00`), `:5: Gross Transaction Amount is not as PayPal writes it: "100.00", where a whole number of minor units belongs`},
		"a sign":              {change(`,320,"USD"`, `,-320,"USD"`), `:5: Fee Amount is not as PayPal writes it: "-320", where a whole number of minor units belongs`},
		"fee currency":        {change(`,320,"USD"`, `,320,"EUR"`), `:5: a fee in EUR on an amount in USD`},
		"no currency":         {change(`"USD","DR",320,"USD"`, `"","DR",320,"USD"`), `:5: Gross Transaction Currency is "", no currency`},
		"yen":                 {strings.ReplaceAll(report, "EUR", "JPY"), `:10: amounts in JPY have no point, and whether PayPal's last digits are decimals isn't known; compare one amount with PayPal's pages and say so in carat.yaml: feeds: settlement_lines: minor_digits: {JPY: 0} if 10000 means 10,000, {JPY: 2} if it means 100`},
		"a field less":        {change(`,"a, ""b""",`, `,`), `:5: 15 fields, where the columns (CH) are 16; fetch the report again`},
		"a row behind":        {strings.Join(lines[:11], "") + lines[4] + strings.Join(lines[11:], ""), `:12: a row in USD behind the section's totals (SF) of USD; fetch the report again`},
		"a strange row":       {change(`"SC",6`, `"SX",6`), `:13: a row of kind "SX", which is none of RH, FH, SH, CH, SB, SF, SC, RF, RC, FF`},
		"two reports":         {report + report, `:18: a row behind the file's end (FF); fetch each report as a file of its own`},
		"two, no FF":          {strings.TrimSuffix(report, "\"FF\",6\n") + report, `:17: a second report begins (RH); fetch each report as a file of its own`},
		"no columns":          {without(4), `:4: a row (SB) before its section (SH) and its columns (CH)`},
		"lost column":         {change(`"Fee Amount"`, `"Fee"`), `:4: column "Fee Amount" is missing`},
		"a broken quote":      {change(`"a, ""b"""`, `"a, "b"`), `:5: broken quotes: "\"SB\",A1,\"inv\",\"\",\"TXN\",\"T0006\",2026/10/06 00:00:30 -0700,2026/10/06 00:00:31 -07"; fetch the report again`},
		"section times":       {change(`"SH",2026/10/06 00:00:00 -0700`, `"SH",2026-10-06`), `:3: a section (SH) whose times are "2026-10-06" and "2026/10/06 23:59:59 -0700"; PayPal writes times like 2026/01/06 00:00:00 -0800`},
	} {
		out := feedtest.Read[pipeline.SettlementLine](t, "STL.CSV", []byte(c.text), nil)
		if out.Err == nil || out.Err.Error() != "read STL.CSV"+c.want || pipeline.KindOf(out.Err) != pipeline.KindBadInput {
			t.Errorf("%s:\n got %v\nwant read STL.CSV%s", name, out.Err, c.want)
		}
	}
	other := feedtest.Read[pipeline.SettlementLine](t, "STL.CSV", []byte(report), func(o *feed.Options) { o.Accounts = []string{"ACME2", "ACME3"} })
	if want := "read STL.CSV:3: account ACME1 is none of ours; carat.yaml names them: feeds: settlement_lines: accounts: [ACME2, ACME3]"; other.Err == nil || other.Err.Error() != want {
		t.Errorf("another account: %v", other.Err)
	}
	own := feedtest.Read[pipeline.SettlementLine](t, "STL.CSV", []byte(report), func(o *feed.Options) { o.Accounts = []string{"acme1"} })
	if own.Err != nil || len(own.Rows) != 6 {
		t.Errorf("our account: %v", own.Err)
	}
}

// Rows whose money is good but whose time or id is not are rejected; the
// totals still hold. What moves no money is left out, and told.
func TestPayPalRows(t *testing.T) {
	text := strings.Replace(payPalReport(), "A2,\"inv\",\"\",\"TXN\",\"T1107\",2026/10/06 00:00:30 -0700", "A2,\"inv\",\"\",\"TXN\",\"T1107\",06.10.2026", 1)
	text = strings.Replace(text, `"T0001"`, `"T1300"`, 1)
	out := feedtest.Read[pipeline.SettlementLine](t, "STL.CSV", []byte(text), func(o *feed.Options) { o.MaxRejectShare = 500_000_000 })
	if want := []string{`STL.CSV:6 transaction_at bad_time "06.10.2026": expected an RFC 3339 time of at most microseconds, like 2026-10-01T12:00:00Z, or a day`}; out.Err != nil || !slices.Equal(feedtest.Texts(out.Rejects), want) {
		t.Errorf("%v %q", out.Err, feedtest.Texts(out.Rejects))
	}
	if want := []string{"left out: 1 authorisations, which move no money"}; len(out.Rows) != 4 || !slices.Equal(out.Report.Notes, want) {
		t.Errorf("%d rows, notes %q", len(out.Rows), out.Report.Notes)
	}
	yen := feedtest.Read[pipeline.SettlementLine](t, "STL.CSV", []byte(strings.ReplaceAll(payPalReport(), "EUR", "JPY")), func(o *feed.Options) { o.MinorDigits = map[string]int{"JPY": 0} })
	if yen.Err != nil || settlementText(yen.Rows[5]) != "10 A6 disbursement -1000 fee -25 net -1025 JPY 2026-10-06T07:00:30Z " {
		t.Errorf("%v", yen.Err)
	}
}

// The published samples. Their footers are invented and mostly wrong, so that
// they are refused; with footers that are right they are read to the last cent.
func TestPayPalSamples(t *testing.T) {
	folder := filepath.Join(feedtest.SamplesFolder(t), "paypal-stl", "wikimedia-SmashPig")
	sample := func(name string) string {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	sums := func(rows []pipeline.SettlementLine) string {
		by := map[string]int64{}
		for _, r := range rows {
			by[r.Currency+" gross"] += r.GrossAmount
			by[r.Currency+" net"] += r.NetAmount
		}
		var all []string
		for k, v := range by {
			all = append(all, k+" "+pipeline.Amount(v).String())
		}
		slices.Sort(all)
		return fmt.Sprintf("%d rows, %s", len(rows), strings.Join(all, ", "))
	}
	yen := func(o *feed.Options) { o.MinorDigits = map[string]int{"JPY": 0} }
	stl := sample("stl.csv")
	stl = strings.ReplaceAll(stl, `"GBP",834,134,87,47,`, `"GBP",834,234,47,87,`)
	stl = strings.ReplaceAll(stl, `"CR",0,1`, `"CR",0,3`)
	stl = strings.ReplaceAll(stl, `"AUD",5735,0,300,600,`, `"AUD",5735,0,0,300,`)
	for name, c := range map[string]struct {
		text   string
		change func(*feed.Options)
		want   string // "" when it is refused
		err    string
		notes  int
	}{
		"stl.csv": {text: sample("stl.csv"), err: `x.csv:8: the section's own totals (SF) don't match its rows: gross debits of GBP: expected 134, added up 234, difference 100, in minor units; fetch the report again`},
		// 52 + 5.35; 8.34 - 1.34 - 1.00, by hand
		"stl.csv, right footers": {text: stl, want: "5 rows, AUD gross 57.35, AUD net 54.35, GBP gross 6, GBP net 5.6"},
		"stl_dr_payment.csv":     {text: sample("stl_dr_payment.csv"), err: `x.csv:5: the report's own count (RF) doesn't match its rows: rows of the report in USD: expected 1, found 2; fetch the report again`},
		"stl_dr_payment.csv, right count": {text: strings.Replace(sample("stl_dr_payment.csv"), `"CR",0,1`, `"CR",0,2`, 1),
			want: "2 rows, USD gross 370, USD net 363", notes: 1},
		"stl_currency_convert.csv":    {text: sample("stl_currency_convert.csv"), want: "3 rows, BRL gross 3.6, BRL net 0, USD gross 3.27, USD net 3.27", notes: 1},
		"stl_chargeback_with_fee.csv": {text: sample("stl_chargeback_with_fee.csv"), want: "2 rows, USD gross -23, USD net -23", notes: 1},
		"trr, yen not told": {text: sample("trr_express_with_non_data_rows.csv"),
			err: `x.csv:5: amounts in JPY have no point, and whether PayPal's last digits are decimals isn't known; compare one amount with PayPal's pages and say so in carat.yaml: feeds: settlement_lines: minor_digits: {JPY: 0} if 10000 means 10,000, {JPY: 2} if it means 100`},
		"trr": {text: sample("trr_express_with_non_data_rows.csv"), change: yen, err: `x.csv:6: the report's own count (SF) doesn't match its rows: rows of the section: expected 20039, found 1; fetch the report again`},
		"trr, right counts": {text: strings.ReplaceAll(sample("trr_express_with_non_data_rows.csv"), ",20039", ",1"), change: yen,
			want: "1 rows, JPY gross 15000, JPY net 10700"},
	} {
		out := feedtest.Read[pipeline.SettlementLine](t, "x.csv", []byte(c.text), c.change)
		if c.want == "" {
			if out.Err == nil || out.Err.Error() != "read "+c.err {
				t.Errorf("%s:\n got %v\nwant read %s", name, out.Err, c.err)
			}
			continue
		}
		if out.Err != nil || sums(out.Rows) != c.want || len(out.Rejects) != 0 || len(out.Report.Notes) != c.notes {
			t.Errorf("%s: %v\n got %s %q\nwant %s", name, out.Err, sums(out.Rows), out.Report.Notes, c.want)
		}
	}
}

func FuzzPayPal(f *testing.F) {
	feedtest.AddSamples(f, "paypal-stl/*/*.csv")
	f.Add([]byte(payPalReport()))
	f.Add([]byte(strings.Replace(payPalReport(), "EUR", "JPY", -1)))
	f.Add([]byte("SH,2026/10/06 00:00:00 -0700,2026/10/06 23:59:59 -0700,X\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		feedtest.CheckIdentity[pipeline.SettlementLine](t, "settlement_lines.csv", content)
		feedtest.CheckIdentity[pipeline.SettlementLine](t, "settlement_lines.csv", append([]byte(payPalHead), content...))
	})
}

// What moves the balance without an order of ours is told by its code: holds and
// reserves, conversions, payouts to creators, fees of disputes.
func TestPayPalKinds(t *testing.T) {
	for code, want := range map[string]string{
		"T0006": "sale", "T0103": "fee", "T0106": "dispute_fee", "T0114": "dispute_fee", "T1108": "fee", "T0200": "conversion", "T0201": "conversion",
		"T0001": "disbursement", "T1114": "disbursement", "T1115": "disbursement", "T0300": "payout", "T0400": "payout", "T1101": "payout", "T1107": "refund",
		"T1201": "chargeback", "T1106": "chargeback", "T1110": "reserve", "T1111": "reserve", "T1501": "reserve", "T2103": "reserve", "T2104": "reserve",
		"T2001": "transfer", "T0503": "adjustment", "T9700": "adjustment",
	} {
		if got := paypal.Kind(code, true); got != want {
			t.Errorf("%s is %s, want %s", code, got, want)
		}
	}
	if got := paypal.Kind("T0006", false); got != "adjustment" {
		t.Errorf("a payment that we sent is %s", got)
	}
}
