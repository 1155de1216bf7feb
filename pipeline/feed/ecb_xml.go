package feed

import (
	"encoding/xml"
	"errors"
	"io"
)

// The European Central Bank's rates as XML: a Cube with a day, in it a Cube for
// each currency; one day in the daily file, many in the history. Layout:
// https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml.

// ecbSpace is the namespace of its elements.
const ecbSpace = "http://www.ecb.int/vocabulary/"

func ecbXMLAdapters() []adapter {
	return []adapter{{name: "ecb-xml", feeds: []string{"fx_rates"}, sniff: isXML(ecbSpace), read: readECBXML}}
}

func readECBXML(r *report) error {
	x := newXMLReader(r.text, r.name, r.wrap)
	day, newest, seen := "", "", map[string]bool{}
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			if newest == "" {
				return r.refuse(0, "no day of rates (Cube time) in it")
			}
			r.note("the newest rates are of %s", shown(newest))
			return nil
		}
		if err != nil {
			return err
		}
		cube, ok := token.(xml.StartElement)
		if !ok || cube.Name.Local != "Cube" {
			continue
		}
		if time := attribute(cube.Attr, "time"); time != "" {
			day, newest, seen = time, max(newest, time), map[string]bool{}
		}
		quote := attribute(cube.Attr, "currency")
		if quote == "" {
			continue
		}
		if day == "" || seen[quote] {
			return r.refuse(x.line(), "a rate of %s without a day, or the second of its day", shown(quote)).WithHint("fetch the file again")
		}
		seen[quote] = true
		if err := ecbRate(r, x.line(), day, quote, attribute(cube.Attr, "rate")); err != nil {
			return err
		}
	}
}

// ecbRate makes a row of a currency's rate.
func ecbRate(r *report, line int64, day, quote, rate string) error {
	if err := r.out.begin(line); err != nil {
		return err
	}
	r.out.set("rate_date", day)
	r.out.set("base", ecbBase)
	r.out.set("quote", quote)
	r.out.set("rate", rate)
	return r.out.end()
}
