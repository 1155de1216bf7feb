package apple_test

import (
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

const (
	summaryTitle = "\"iTunes Connect - Payments and Financial Reports\t(October, 2026)\",,,,,,,,,,\n,,,,,,,,,,\n"
	recentHeader = "Region (Currency),Units Sold,Earned,Pre-Tax Subtotal,Input Tax,Adjustments,Withholding Tax,Total Owed,Exchange Rate,Proceeds,Bank Account Currency,\n"
	olderHeader  = "Region (Currency),Units Sold,Balance,Earned,Input Tax,Adjustments,Withholding Tax,Total Owed,Proceeds,Bank Account Currency,\n"
)

// What summaries give that have regions behind the sums paid, regions that aren't
// paid, and the columns of older years: the money of each row, and what is told.
func TestAppleSummaries(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
		note string
	}{
		"a region behind the sums paid": {
			summaryTitle + recentHeader + `"Brazil (BRL)","4","50.00","50.00","0","0","0","50.00","0.20000","10.00","EUR",
,,,,,,,,,,,,
,,,,,,,,,"22.00 EUR",,
,,,,,,,,,Paid to EXAMPLE BANK -****1299,,
,,,,,,,,,,,,
"Mexico (MXN)","6","250.00","250.00","0","0","-10.00","240.00","0.05000","12.00","EUR",
`, []string{"BRL -50 conversion", "EUR 10 conversion", "MXN -10 tax", "MXN -240 conversion", "EUR 12 conversion", "EUR -22 payout"}, "",
		},
		"one that isn't paid": {
			summaryTitle + recentHeader + `Euro-Zone (EUR),"4","50.00","50.00","0","0","0","50.00","1.00000","50.00","EUR",
,,,,,,,,,,,,
,,,,,,,,,"50.00" EUR,,
"Mexico (MXN)","6","250.00","250.00","0","0","-10.00","240.00","0.05000","","",
`, []string{"MXN -10 tax", "MXN -240 carried", "EUR -50 payout"}, "s.csv:7: Mexico (MXN) isn't paid: Apple owes 240 MXN on",
		},
		"a balance carried over": {
			summaryTitle + olderHeader + `"Japan (JPY)","0","1,400","100","0","0","0","1,500","9.15","EUR",
"Denmark (DKK)","1","0","8.00","2.00","1.00","-1.00","10.00","","EUR",
,,,,,,,,,,
,,,,,,,,"9.15 EUR",,
`, []string{"JPY 1400 carried", "JPY -1500 conversion", "EUR 9.15 conversion", "DKK 2 tax", "DKK 1 adjustment", "DKK -1 tax", "DKK -10 carried", "EUR -9.15 payout"},
			"s.csv:5: Denmark (DKK) isn't paid: Apple owes 10 DKK on",
		},
		"a balance beside its subtotal": {
			summaryTitle + "Country or Region (Currency),Units Sold,Opening Balance,Earned,Pre-Tax Subtotal,Input Tax,Adjustments,Withholding Tax,Total Owed,Exchange Rate,Proceeds,Bank Account Currency\n" +
				"Norway (NOK),1,30.00,20.00,20.00,0,0,0,50.00,0.10000,5.00,USD\nSweden (SEK),1,30.00,20.00,50.00,0,0,0,50.00,0.10000,5.00,USD\n,,,,,,,,,,10.00 USD,\n",
			[]string{"NOK 30 carried", "NOK -50 conversion", "USD 5 conversion", "SEK 30 carried", "SEK -50 conversion", "USD 5 conversion", "USD -10 payout"}, "",
		},
	} {
		out := feedtest.Read[pipeline.SettlementLine](t, "s.csv", []byte(c.text), nil)
		var got []string
		for _, r := range out.Rows {
			got = append(got, r.Currency+" "+pipeline.Amount(r.NetAmount).String()+" "+r.Kind)
		}
		if note := strings.Join(out.Report.Notes, " "); out.Err != nil || !slices.Equal(got, c.want) || note != c.note {
			t.Errorf("%s: %v %q, %q", name, out.Err, got, note)
		}
	}
}

// A summary of a month that isn't paid, and one that has more than is read, are
// refused: nothing is passed over.
func TestAppleSummariesRefused(t *testing.T) {
	paid := summaryTitle + recentHeader + "Euro-Zone (EUR),4,50.00,50.00,0,0,0,50.00,1.00000,50.00,EUR,\n,,,,,,,,,50.00 EUR,,\n"
	feedtest.CheckRefused(t, map[string]feedtest.Refusal{
		"not paid yet": {Content: summaryTitle + "Region (Currency),Units Sold,Earned,Pre-Tax Subtotal,Input Tax,Adjustments,Withholding Tax,Total Owed,\n\"Euro-Zone (EUR)\",3,20.70,20.70,0,0,0,20.70,\n",
			Want: `read r.txt:3: this month isn't paid yet: the summary has no column Proceeds; download it when Apple has paid, about five weeks after the end of the fiscal month; what comes to less than Apple pays out is carried over into the summary of a later month`},
		"not paid yet, older": {Content: summaryTitle + "Region (Currency),Units Sold,Balance,Earned,Total Owed\nEuro-Zone (EUR),3,0,20.70,20.70\n", Want: `read r.txt:3: this month isn't paid yet: `},
		"text behind":         {Content: paid + "All regions,,,,,,,,,,,\n", Want: `read r.txt:6: text behind the sums paid: "All regions,,,,,,,,,,,"` + compare},
		"a region moved":      {Content: paid + ",Croatia (HRK),2,15.00,15.00,0,0,-3.00,12.00,0.14,,USD\n", Want: `read r.txt:6: beside the sums paid: ",Croatia (HRK),2,15.00,15.00,0,0,-3.00,12.00,0.14,,USD"` + compare},
		"a region cut":        {Content: paid + "Croatia (HRK),2,15.00\n", Want: `read r.txt:6: a region that can't be read: "Croatia (HRK),2,15.00"` + compare},
		"no bank":             {Content: strings.Replace(paid, "50.00,EUR,", "50.00,,", 1), Want: `read r.txt:4: proceeds of Euro-Zone (EUR) without the currency of the bank account` + compare},
		"proceeds lost":       {Content: strings.Replace(paid, "1.00000,50.00,", "1.00000,,", 1), Want: "read r.txt:5: the report's own total doesn't match its lines: proceeds in EUR: expected 50, actual 0" + compare},
	})
}

// A total that nobody has described is told, not passed over.
func TestAppleUnknownTotal(t *testing.T) {
	text := feedtest.ReportFile(t, "apple-financial.txt") + "Total_Tax\t0.70\n"
	out := feedtest.Read[pipeline.SettlementLine](t, "r.txt", []byte(text), nil)
	if want := []string{"r.txt:10: Total_Tax is 0.70, which is held against nothing: it is a total that carat doesn't know"}; out.Err != nil || !slices.Equal(out.Report.Notes, want) {
		t.Errorf("%v %q", out.Err, out.Report.Notes)
	}
}

// A fiscal month that began before the books is told, with what to feed beside it.
func TestFiscalMonthThatBeganBeforeTheBooks(t *testing.T) {
	for _, c := range []struct {
		first pipeline.Period
		told  bool
	}{{"2026-10", true}, {"2026-09", false}, {"2026-11", false}, {"", false}} {
		for _, name := range []string{"apple-payments.csv", "apple-financial.txt"} {
			out := feedtest.Read[pipeline.SettlementLine](t, name, []byte(feedtest.ReportFile(t, name)), func(o *feed.Options) { o.FirstPeriod = c.first })
			said := strings.Contains(strings.Join(out.Report.Notes, "\n"), "it covers days from 2026-09-27 on, and the first month is 2026-10")
			if out.Err != nil || said != c.told {
				t.Errorf("%s, first month %q: %q, %v", name, c.first, out.Report.Notes, out.Err)
			}
		}
	}
}
