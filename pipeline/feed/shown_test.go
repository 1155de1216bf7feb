package feed_test

import (
	"testing"

	"github.com/xuri/excelize/v2"

	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// A sheet can say an amount's currency in the format of its cell alone. It gives the row its
// currency where the layout says so, and never counts as another.
func TestCurrenciesThatOnlyFormatsShow(t *testing.T) {
	book := func(column string, rows ...[]any) string {
		return string(feedtest.WorkbookOf(t, func(f *excelize.File) {
			for at, code := range []string{`"€"#,##0.00`, `[$JPY] #,##0`, `"$"#,##0.00`, `#,##0.00`, `[$€-407]#,##0.00;[Red]\-[$€-407]#,##0.00`} {
				id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
				if err != nil {
					t.Fatal(err)
				}
				cell := column + string(rune('2'+at))
				if err := f.SetCellStyle("Sheet1", cell, cell, id); err != nil {
					t.Fatal(err)
				}
			}
		}, rows...))
	}
	own := book("C", []any{"Date", "Ref", "Amount"}, []any{"05/10/2026", "euro", 5.5}, []any{"05/10/2026", "yen", 700}, []any{"05/10/2026", "dollar", 6}, []any{"05/10/2026", "none", 8}, []any{"05/10/2026", "euro", -7})

	out, got := bankTexts(t, "bank_lines.xlsx", own, bankLayout(func(*feed.Layout) {})) // all are in EUR, it says
	checkBank(t, "one currency", got, out.Err, "2 2026-10-05T00:00:00Z 5.5 EUR euro", "5 2026-10-05T00:00:00Z 8 EUR none", "6 2026-10-05T00:00:00Z -7 EUR euro",
		`bank_lines.xlsx:3 amount bad_currency "JPY 700": expected an amount in EUR, as the row is; if the signs tell the currencies, say currency_by_sign: {"JPY": JPY, …} and leave currency out of columns and constants`,
		`bank_lines.xlsx:4 amount bad_currency "$ 6": expected an amount in EUR, as the row is; if the signs tell the currencies, say currency_by_sign: {"$": USD, …} and leave currency out of columns and constants`)

	out, got = bankTexts(t, "bank_lines.xlsx", own, bankLayout(func(l *feed.Layout) {
		delete(l.Constants, "currency")
		l.CurrencyBySign = map[string]string{"€": "EUR", "JPY": "JPY", "$": "CAD"}
	}))
	checkBank(t, "by sign", got, out.Err, "2 2026-10-05T00:00:00Z 5.5 EUR euro", "3 2026-10-05T00:00:00Z 700 JPY yen", "4 2026-10-05T00:00:00Z 6 CAD dollar", "6 2026-10-05T00:00:00Z -7 EUR euro",
		`bank_lines.xlsx:5 currency missing "": expected an ISO 4217 currency code like USD`)

	out, got = bankTexts(t, "bank_lines.xlsx", book("D", []any{"line_id", "account", "booked_at", "amount", "currency", "reference"},
		[]any{"l1", "a", "2026-10-05T00:00:00Z", 5.5, "EUR", "r"}, []any{"l2", "a", "2026-10-05T00:00:00Z", 700, "USD", "r"}, []any{"l3", "a", "2026-10-05T00:00:00Z", 6, "CAD", "r"},
		[]any{"l4", "a", "2026-10-05T00:00:00Z", 8, "GBP", "r"}, []any{"l5", "a", "2026-10-05T00:00:00Z", -7, "USD", "r"}))
	checkBank(t, "carat's own columns", got, out.Err, "2 2026-10-05T00:00:00Z 5.5 EUR r", "4 2026-10-05T00:00:00Z 6 CAD r", "5 2026-10-05T00:00:00Z 8 GBP r",
		`bank_lines.xlsx:3 amount bad_currency "JPY 700": expected an amount in the currency of its row: the sheet shows it in another`,
		`bank_lines.xlsx:6 amount bad_currency "€ -7": expected an amount in the currency of its row: the sheet shows it in another`)

}
