package feed_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

func germanLayout() *feed.Layout {
	return &feed.Layout{Separator: ';', Encoding: "windows-1252", SkipLines: 1, Spelling: feed.LayoutSpelling{DecimalComma: true, Thousands: "."}, TimeFormats: []string{"DD.MM.YYYY HH:mm:ss"},
		Columns: map[string]string{"purchase_id": "Beleg", "kind": "Vorgang", "original_purchase_id": "Storno zu", "viewer_id": "Käufer", "sku": "Artikel",
			"coins": "Münzen", "gross_amount": "Betrag", "purchased_at": "Zeit", "currency": "Währung"},
		Constants: map[string]string{"channel": "web", "currency": "EUR", "country": "DE"},
		Values:    map[string]map[string]string{"kind": {"Kauf": "purchase", "Rückgabe": "refund"}},
		Absolute:  []string{"coins", "gross_amount"},
	}
}

const germanSheet = "Export vom 01.11.2026\r\nBeleg;Vorgang;Storno zu;Käufer;Artikel;Münzen;Betrag;Zeit;Währung;Notiz\r\n" +
	"K1;Kauf;;v1;coins_1000;1.000;1.234,56;01.10.2026 12:00:00;;\"a;b\"\r\n" +
	"K2;Rückgabe;K1;v1;coins_1000;-1.000;-1.234,56;25.10.2026 12:00:00;CHF;\r\n"

func TestLayout(t *testing.T) {
	content, err := charmap.Windows1252.NewEncoder().String(germanSheet)
	if err != nil {
		t.Fatal(err)
	}
	change := func(o *feed.Options) {
		o.Layouts, o.Zone = []feed.Layout{*germanLayout()}, feedtest.Zone(t, "Europe/Berlin")
	}
	out := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte(content), change)
	if out.Err != nil || len(out.Rejects) > 0 || out.Report.Format.String() != "layout" {
		t.Fatal(out.Err, feedtest.Texts(out.Rejects), out.Report.Format)
	}
	var got []string
	for _, r := range out.Rows {
		got = append(got, fmt.Sprintf("%d %s %s %q %s %s %s %d %s %s %s %s", r.SourceLine, r.PurchaseID, r.Kind, r.OriginalPurchaseID, r.ViewerID, r.Channel, r.SKU, r.Coins,
			pipeline.Amount(r.GrossAmount), r.Currency, r.Country, time.UnixMicro(r.PurchasedAt).UTC().Format(time.RFC3339)))
	}
	want := []string{
		`3 K1 purchase "" v1 web coins_1000 1000 1234.56 EUR DE 2026-10-01T10:00:00Z`,
		`4 K2 refund "K1" v1 web coins_1000 1000 1234.56 CHF DE 2026-10-25T11:00:00Z`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for old, reject := range map[string]string{
		"1.234,56;01.10": `coin_purchases.csv:3 gross_amount not_a_number "1234.56": expected a number like 1.234,56, as the layout says`,
		"1.000;1.234":    `coin_purchases.csv:3 coins not_a_number "1.00": expected a number like 1.234,56, as the layout says`,
		"01.10.2026":     `coin_purchases.csv:3 purchased_at bad_time "2026-10-01 12:00:00": expected a time like DD.MM.YYYY HH:mm:ss, as the layout says`,
		";Kauf":          `coin_purchases.csv:3 kind unknown_value "Verkauf": expected one of purchase, refund, chargeback, chargeback_reversal`,
	} {
		bad := map[string]string{"1.234,56;01.10": "1234.56;01.10", "1.000;1.234": "1.00;1.234", "01.10.2026": "2026-10-01", ";Kauf": ";Verkauf"}[old]
		out := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte(strings.Replace(content, old, bad, 1)), change)
		if out.Err != nil || len(out.Rows) != 1 || len(out.Rejects) != 1 || feedtest.RejectText(out.Rejects[0]) != reject {
			t.Errorf("%s: %v %q", bad, out.Err, feedtest.Texts(out.Rejects))
		}
	}
	lost := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte(strings.Replace(content, "Betrag", "Summe", 1)), change)
	if want := `read coin_purchases.csv:2: column "Betrag", which feeds: coin_purchases: layout says is gross_amount, is not there; found Beleg, Vorgang, Storno zu, Käufer, Artikel, Münzen, Summe, Zeit, Währung, Notiz; say under feeds: coin_purchases: layout in carat.yaml what its columns are called now`; lost.Err == nil || lost.Err.Error() != want {
		t.Errorf("\n got %v\nwant %s", lost.Err, want)
	}
	canonical := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte(purchaseSheet), change)
	if canonical.Err != nil || canonical.Report.Format.String() != "csv" || len(canonical.Rows) != 1 {
		t.Errorf("carat's own columns: %v", canonical.Err)
	}
}

func TestTimeLayout(t *testing.T) {
	for format, want := range map[string]string{
		"DD.MM.YYYY HH:mm:ss": "02.01.2006 15:04:05", "YYYY-MM-DDTHH:mm:ssZ": "2006-01-02T15:04:05Z07:00", "D/M/YY": "2/1/06", "MMM D, YYYY h:mm AM": "Jan 2, 2006 3:04 PM",
		"YYYYMMDD": "20060102", "HH:mm": "", "DD.MM.JJJJ": "",
	} {
		got, err := feed.TimeLayout(format)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", format, got, err)
		}
	}
}

// A file that a spreadsheet saved with semicolons says what to do about it.
func TestSemicolons(t *testing.T) {
	out := feedtest.Read[pipeline.BankLine](t, "bank_lines.csv", []byte("line_id;account;booked_at;amount;currency\nb1;a;2026-10-01T00:00:00Z;1,5;EUR\n"), nil)
	if want := "read bank_lines.csv:1: the columns are parted by semicolons, not by commas; describe the file under feeds: bank_lines: layout in carat.yaml, as docs/formats.md shows"; out.Err == nil || out.Err.Error() != want {
		t.Errorf("%v", out.Err)
	}
}
