package feed_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// inBerlin gives the first row of a sheet whose times are written as days.
func inBerlin[T any](t *testing.T, feedName, sheet string) T {
	t.Helper()
	days := strings.ReplaceAll(sheet, "T00:00:00Z", "")
	if strings.Contains(days, "T00") || days == sheet {
		t.Fatalf("%s: no times to change", feedName)
	}
	out := feedtest.Read[T](t, feedName+".csv", []byte(days), func(o *feed.Options) { o.Zone = feedtest.Zone(t, "Europe/Berlin") })
	if out.Err != nil || len(out.Rows) != 1 {
		t.Fatalf("%s: %v %q", feedName, out.Err, feedtest.Texts(out.Rejects))
	}
	return out.Rows[0]
}

// A plain day is a time wherever a time is read: its beginning in the feed's zone.
func TestDaysAsTimes(t *testing.T) {
	at := feedtest.Micros
	summer := func(name string, got int64, day string) {
		t.Helper()
		if want := at(day + "T00:00:00+02:00"); got != want {
			t.Errorf("%s: %s, want the beginning of %s", name, time.UnixMicro(got).UTC(), day)
		}
	}
	winter := func(name string, got int64, day string) {
		t.Helper()
		if want := at(day + "T00:00:00+01:00"); got != want {
			t.Errorf("%s: %s, want the beginning of %s", name, time.UnixMicro(got).UTC(), day)
		}
	}
	summer("bank_lines", inBerlin[pipeline.BankLine](t, "bank_lines", bankSheet).BookedAt, "2026-10-03")
	summer("provider_payments", inBerlin[pipeline.ProviderPayment](t, "provider_payments", providerSheet).BookedAt, "2026-10-03")
	summer("coin_purchases", inBerlin[pipeline.CoinPurchase](t, "coin_purchases", purchaseSheet).PurchasedAt, "2026-10-01")
	summer("coin_adjustments", inBerlin[pipeline.CoinAdjustment](t, "coin_adjustments", coinAdjSheet).AdjustedAt, "2026-10-03")
	payout := inBerlin[pipeline.Payout](t, "payouts", payoutSheet)
	summer("requested_at", payout.RequestedAt, "2026-10-01")
	summer("paid_at", *payout.PaidAt, "2026-10-03")
	summer("updated_at", payout.UpdatedAt, "2026-10-04")
	line := inBerlin[pipeline.SettlementLine](t, "settlement_lines", settlementSheet)
	winter("settled_at", *line.SettledAt, "2026-11-03")
	summer("covers_from", *line.CoversFrom, "2026-10-01")
	winter("covers_to", *line.CoversTo, "2026-11-01")
	rate := inBerlin[pipeline.ConversionRate](t, "conversion_rates", rateSheet)
	winter("valid_from", rate.ValidFrom, "2026-01-01")
	winter("valid_to", *rate.ValidTo, "2026-02-01")
	winter("creators", inBerlin[pipeline.Creator](t, "creators", creatorSheet).ValidFrom, "2026-01-01")
	winter("coin_packages", inBerlin[pipeline.CoinPackage](t, "coin_packages", packageSheet).ValidFrom, "2026-01-01")
	winter("payout_rules", inBerlin[pipeline.PayoutRule](t, "payout_rules", ruleSheet).ValidFrom, "2026-01-01")
	winter("resellers", inBerlin[pipeline.Reseller](t, "resellers", resellerSheet).ValidFrom, "2026-01-01")
	winter("balances", inBerlin[pipeline.Balance](t, "balances", balanceSheet).AsOf, "2026-11-01")
}

// The published input.
func TestBankLineWithADay(t *testing.T) {
	out := feedtest.ReadPath[pipeline.BankLine](t, feedtest.CaseFile(t, "26-bank-line-with-a-day/A4-day.csv"), func(o *feed.Options) {
		o.Zone, o.Format = feedtest.Zone(t, "Europe/Berlin"), "csv"
	})
	if out.Err != nil || len(out.Rows) != 1 || out.Rows[0].BookedAt != feedtest.Micros("2026-10-05T22:00:00Z") {
		t.Errorf("%v %q %+v", out.Err, feedtest.Texts(out.Rejects), out.Rows)
	}
}

// Days in a workbook, in Parquet, in NDJSON and by a layout are the same times,
// also where the zone's clocks go forward over midnight.
func TestDaysInEveryFormat(t *testing.T) {
	type dated struct {
		LineID   string `parquet:"line_id"`
		Account  string `parquet:"account"`
		BookedAt int32  `parquet:"booked_at,date"`
		Amount   string `parquet:"amount"`
		Currency string `parquet:"currency"`
	}
	day := time.Date(2026, 4, 24, 0, 0, 0, 0, time.UTC)
	book := feedtest.WorkbookOf(t, func(w *excelize.File) {
		style, err := w.NewStyle(&excelize.Style{NumFmt: 14})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SetCellStyle("Sheet1", "C2", "C2", style); err != nil {
			t.Fatal(err)
		}
	}, []any{"line_id", "account", "booked_at", "amount", "currency"}, []any{"b1", "a", 46136, 1, "EUR"})
	columns := map[string]string{"line_id": "id", "account": "konto", "booked_at": "tag", "amount": "betrag", "currency": "w"}
	for name, c := range map[string]struct {
		content []byte
		layout  []feed.Layout
	}{
		"bank_lines.csv":     {content: []byte("line_id,account,booked_at,amount,currency\nb1,a,2026-04-24,1,EUR\n")},
		"bank_lines.ndjson":  {content: []byte(`{"line_id":"b1","account":"a","booked_at":"2026-04-24","amount":"1","currency":"EUR"}`)},
		"bank_lines.parquet": {content: parquetBytes(t, []dated{{"b1", "a", int32(day.Unix() / 86_400), "1", "EUR"}})},
		"bank_lines.xlsx":    {content: book},
		"bank_lines-2.csv": {content: []byte("id;konto;tag;betrag;w\nb1;a;24.04.2026;1;EUR\n"),
			layout: []feed.Layout{{Separator: ';', TimeFormats: []string{"DD.MM.YYYY"}, Columns: columns}}},
	} {
		out := feedtest.Read[pipeline.BankLine](t, name, c.content, func(o *feed.Options) {
			o.Zone, o.Layouts = feedtest.Zone(t, "Africa/Cairo"), c.layout
		})
		if out.Err != nil || len(out.Rows) != 1 || out.Rows[0].BookedAt != feedtest.Micros("2026-04-23T22:00:00Z") {
			t.Errorf("%s: %v %q %+v", name, out.Err, feedtest.Texts(out.Rejects), out.Rows)
		}
	}
}

// Midnight in UTC isn't midnight everywhere: balances that are nearly as of the first month's
// start are told once.
func TestOpeningsBesideTheStart(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	notes := func(first pipeline.Period, rows string) []string {
		out := feedtest.Read[pipeline.Balance](t, "balances-x.csv", []byte("subject_kind,subject_id,as_of,coins\n"+rows), func(o *feed.Options) {
			o.Zone, o.Calendar, o.FirstPeriod = zone, pipeline.NewCalendar(zone, ""), first
		})
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		return out.Report.Notes
	}
	const late = "viewer,v1,2026-10-01T00:00:00Z,5\nviewer,v2,2026-10-01T00:00:00Z,6\nviewer,v3,2026-09-30T22:00:00Z,7\n"
	want := []string{"2 balances are, the first as of 2026-10-01T00:00:00Z, less than a day from 2026-09-30T22:00:00Z, when 2026-10 begins here: an opening is as of that instant; a later one opens nothing, and an earlier one misses what came between"}
	if got := notes("2026-10", late); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for rows, want := range map[string]int{
		"viewer,v3,2026-09-30T22:00:00Z,7\n": 0, "viewer,v3,2026-09-29T22:00:00Z,7\n": 0, "viewer,v3,2026-10-01T22:00:00Z,7\n": 0,
		"viewer,v3,2026-09-30T21:59:59Z,7\n": 1, "viewer,v3,2026-11-01T00:00:00Z,7\n": 0,
	} {
		if got := notes("2026-10", rows); len(got) != want {
			t.Errorf("%s: %q", rows, got)
		}
	}
	if got := notes("", late); len(got) != 0 {
		t.Errorf("without a first month: %q", got)
	}
}
