package feed

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"carat/pipeline"
)

// fuzzReport feeds hostile content to a format's parser: no panic, every record
// is counted, and no accepted row breaks gross + tax + fee = net where the
// format says all of them.
func fuzzReport[T any](f *testing.F, format string, change func(*Options), seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
		f.Add([]byte(strings.ReplaceAll(seed, "\n", "\r\n")))
		f.Add([]byte(seed[:len(seed)/2]))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		out := read[T](t, "report.txt", content, func(o *Options) {
			o.Format = format
			if change != nil {
				change(o)
			}
		})
		if out.err != nil {
			if pipeline.KindOf(out.err) != pipeline.KindBadInput {
				t.Errorf("kind %d: %v", pipeline.KindOf(out.err), out.err)
			}
			return
		}
		again := read[T](t, "other.csv.txt", content, func(o *Options) {
			o.Format, o.BlockBytes, o.Workers = format, 7, 3
			if change != nil {
				change(o)
			}
		})
		if a, b := fmt.Sprint(out.report.RowsRead, out.report.ControlTotals), fmt.Sprint(again.report.RowsRead, again.report.ControlTotals); a != b {
			t.Errorf("the same content gives\n%s\n%s", a, b)
		}
		ids := map[string]bool{}
		for _, row := range out.rows {
			line, ok := any(row).(pipeline.SettlementLine)
			if !ok {
				return
			}
			if strings.HasPrefix(format, "apple") && ids[line.LineID] {
				t.Errorf("two lines have the id %s", line.LineID)
			}
			ids[line.LineID] = true
			sum := line.GrossAmount
			for _, part := range []*int64{line.TaxAmount, line.FeeAmount} {
				if part != nil {
					sum += *part
				}
			}
			if !strings.HasPrefix(format, "apple") && sum != line.NetAmount {
				t.Errorf("%s: gross + tax + fee is %d, net %d", line.LineID, sum, line.NetAmount)
			}
		}
	})
}

func FuzzAppleFinancial(f *testing.F) {
	addSamples(f, "apple-financial/fedoco-apple-slicer/*.txt", "apple-financial/matisiekpl-appstore-sdk-go/*")
	fuzzReport[pipeline.SettlementLine](f, "apple-financial", nil, reportFile(f, "apple-financial.txt"), reportFile(f, "apple-financial-all.txt"))
}

func FuzzAppleDetail(f *testing.F) {
	fuzzReport[pipeline.SettlementLine](f, "apple-detail", nil, reportFile(f, "apple-detail.txt"))
}

func FuzzApplePayments(f *testing.F) {
	addSamples(f, "apple-financial/*/financial_report.csv")
	fuzzReport[pipeline.SettlementLine](f, "apple-payments", nil, reportFile(f, "apple-payments.csv"))
}

func FuzzAppleSales(f *testing.F) {
	addSamples(f, "apple-sales/*/*")
	fuzzReport[pipeline.SettlementLine](f, "apple-sales", nil, reportFile(f, "apple-sales.txt"))
}

func FuzzGoogleEarnings(f *testing.F) {
	addSamples(f, "google-earnings/*/*")
	fuzzReport[pipeline.SettlementLine](f, "google-earnings", nil, reportFile(f, "google-earnings.csv"))
}

func FuzzGoogleSales(f *testing.F) {
	fuzzReport[pipeline.CoinPurchase](f, "google-sales", func(o *Options) { o.SKUCoins = map[string]int64{"coins_100": 100} }, reportFile(f, "google-sales.csv"))
}

func FuzzStripeReport(f *testing.F) {
	addSamples(f, "stripe/wikimedia-SmashPig/*", "stripe/hledger/*")
	fuzzReport[pipeline.SettlementLine](f, "stripe-report", nil, reportFile(f, "stripe-report.csv"))
}

func FuzzStripeBalance(f *testing.F) {
	addSamples(f, "stripe/fivetran/balance_transaction_data.csv")
	fuzzReport[pipeline.SettlementLine](f, "stripe-balance", nil, reportFile(f, "stripe-balance.csv"))
}

func FuzzStripePayouts(f *testing.F) {
	addSamples(f, "stripe/fivetran/payout_data.csv")
	fuzzReport[pipeline.SettlementLine](f, "stripe-payouts", nil, reportFile(f, "stripe-payouts.csv"))
}

func FuzzLayout(f *testing.F) {
	fuzzReport[pipeline.CoinPurchase](f, "layout", func(o *Options) { o.Layout = germanLayout() }, germanSheet, purchaseSheet)
}

// FuzzWorkbook mutates the parts of a workbook; mutating the zip would break
// little but its checksums.
func FuzzWorkbook(f *testing.F) {
	f.Add(`<workbookPr date1904="1"/>`, rateSheetHeader+`<row><c><v>46296</v></c><c t="str"><v>EUR</v></c><c t="str"><v>USD</v></c><c><v>1.16</v></c></row>`, `<sst><si><t>rate</t></si></sst>`)
	f.Add("", `<row r="3">`+rateSheetHeader[len("<row>"):], `<sst><si><r><t>ra</t></r><r><t>te</t></r></si></sst>`)
	f.Fuzz(func(t *testing.T, book, sheet, texts string) {
		out := read[pipeline.FXRate](t, "fx_rates.xlsx", sheetFile(t, book, sheet, zipEntry{"xl/sharedStrings.xml", texts}), nil)
		if out.err != nil && pipeline.KindOf(out.err) != pipeline.KindBadInput {
			t.Errorf("kind %d: %v", pipeline.KindOf(out.err), out.err)
		}
	})
}

// FuzzRecognise looks at anything, whole.
func FuzzRecognise(f *testing.F) {
	addSamples(f, "*/*/*")
	files, err := filepath.Glob(filepath.Join("testdata", "reports", "*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add([]byte(reportFile(f, filepath.Base(file))))
		f.Add([]byte(utf16Text(reportFile(f, filepath.Base(file)), true, true)))
	}
	f.Add(workbookOf(f, func(w *excelize.File) { _, _ = w.NewSheet("x") }, bankHeader))
	f.Add(zipped(f, zipEntry{"a.csv", purchaseSheet}))
	f.Add(gzipped(f, purchaseSheet))
	f.Fuzz(func(t *testing.T, content []byte) {
		out := read[pipeline.SettlementLine](t, "settlement_lines", content, nil)
		if out.err != nil && pipeline.KindOf(out.err) != pipeline.KindBadInput {
			t.Errorf("kind %d: %v", pipeline.KindOf(out.err), out.err)
		}
	})
}
