package feed_test

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// What a spreadsheet made of an id is none: many become alike, and all but one would be
// taken for the same row.
func TestIDsThatASpreadsheetRewrote(t *testing.T) {
	for _, id := range []string{"1.23457E+12", `"1,23457E+12"`, "-9.9E+15", "1E+15", "#NAME?", "#REF!", "#N/A", "#value!"} {
		text := strings.Replace(purchaseSheet, "\np1,", "\n"+id+",", 1)
		out := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte(text+"\n"), nil)
		if got := strings.Join(feedtest.Texts(out.Rejects), "\n"); len(out.Rows) != 0 || !strings.Contains(got, "purchase_id bad_id") || !strings.Contains(got, "a spreadsheet rewrote this one") {
			t.Errorf("%s: %d rows, %s", id, len(out.Rows), got)
		}
	}
	for _, id := range []string{"1.23457e12x", "E+12", "1.5E+7a", "A1.2E+12", "12.3E+12", "#1", "#REF", "1E+5"} {
		text := strings.Replace(purchaseSheet, "\np1,", "\n"+id+",", 1)
		if out := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte(text+"\n"), nil); len(out.Rows) != 1 || out.Rows[0].PurchaseID != id {
			t.Errorf("%s: %v", id, feedtest.Texts(out.Rejects))
		}
	}
}

// A cell that a spreadsheet shows as a date is no amount, though it holds a number, nor is
// a yes or no; in a text it is what it shows. A sheet that is hidden isn't read.
func TestWorkbookCellsOfOtherKinds(t *testing.T) {
	german := "dd/mm/yyyy;@"
	book := func(own bool) []byte {
		header := []any{"line_id", "account", "booked_at", "amount", "currency", "reference"}
		if !own {
			header = []any{"No", "Account", "Day", "Paid", "Currency", "Text"}
		}
		return feedtest.WorkbookOf(t, func(f *excelize.File) {
			date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
			if err != nil {
				t.Fatal(err)
			}
			custom, err := f.NewStyle(&excelize.Style{CustomNumFmt: &german})
			if err != nil {
				t.Fatal(err)
			}
			money := `#,##0.00\ "EUR days";[Red]-#,##0.00`
			plain, err := f.NewStyle(&excelize.Style{CustomNumFmt: &money})
			if err != nil {
				t.Fatal(err)
			}
			for cell, style := range map[string]int{"D2": date, "D3": custom, "D5": plain, "F6": date, "A7": date} {
				if err := f.SetCellStyle("Sheet1", cell, cell, style); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := f.NewSheet("Old"); err != nil {
				t.Fatal(err)
			}
			if err := f.SetSheetRow("Old", "A1", &[]any{"nothing"}); err != nil {
				t.Fatal(err)
			}
			if err := f.MoveSheet("Old", "Sheet1"); err != nil {
				t.Fatal(err)
			}
			f.SetActiveSheet(1)
			if err := f.SetSheetVisible("Old", false); err != nil {
				t.Fatal(err)
			}
		}, header,
			[]any{"a", "x", "2026-10-01", 46300, "EUR", "r"},
			[]any{"b", "x", "2026-10-01", 46300, "EUR", "r"},
			[]any{"c", "x", "2026-10-01", true, "EUR", "r"},
			[]any{"d", "x", "2026-10-01", 12.5, "EUR", "r"},
			[]any{"e", "x", "2026-10-01", 13.5, "EUR", 46300},
			[]any{46300, "x", "2026-10-01", 14.5, "EUR", "r"})
	}
	layout := feed.Layout{Columns: map[string]string{"line_id": "No", "account": "Account", "booked_at": "Day", "amount": "Paid", "currency": "Currency", "reference": "Text"}}
	for _, own := range []bool{true, false} {
		out := feedtest.Read[pipeline.BankLine](t, "bank_lines.xlsx", book(own), func(o *feed.Options) {
			if !own {
				o.Layouts = []feed.Layout{layout}
			}
		})
		var rows []string
		for _, r := range out.Rows {
			rows = append(rows, r.LineID+" "+pipeline.Amount(r.Amount).String()+" "+r.Reference)
		}
		if got := strings.Join(rows, "; "); out.Err != nil || got != "d 12.5 r; e 13.5 2026-10-05" {
			t.Errorf("own columns %v: %v %s", own, out.Err, got)
		}
		rejects := strings.Join(feedtest.Texts(out.Rejects), "\n")
		for _, want := range []string{":2 amount ", ":3 amount ", ":4 amount ", ":7 line_id "} {
			if !strings.Contains(rejects, want) {
				t.Errorf("own columns %v: no %q in\n%s", own, want, rejects)
			}
		}
	}
}
