package ecb

import (
	"encoding/xml"
	"errors"
	"io"

	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// The European Central Bank's rates as XML: a Cube with a day, in it a Cube for
// each currency; one day in the daily file, many in the history. Layout:
// https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml.

// ecbSpace is the namespace of its elements.
const ecbSpace = "http://www.ecb.int/vocabulary/"

// XMLFormats gives the format of the bank's XML files.
func XMLFormats() []published.Format {
	return []published.Format{{Name: "ecb-xml", Feeds: []string{"fx_rates"}, Sniff: lex.IsXML(ecbSpace), Read: readECBXML}}
}

func readECBXML(r *published.Report) error {
	x := lex.NewXML(r.Text, r.Name, r.Wrap)
	day, newest, seen, days := "", "", map[string]bool{}, map[string]int64{}
	for {
		token, err := x.Next()
		if errors.Is(err, io.EOF) {
			if newest == "" {
				return r.Refuse(0, "no day of rates (Cube time) in it")
			}
			r.Note("the newest rates are of %s", lex.Shown(newest))
			return nil
		}
		if err != nil {
			return err
		}
		cube, ok := token.(xml.StartElement)
		if !ok || cube.Name.Local != "Cube" {
			continue
		}
		if time := lex.Attribute(cube.Attr, "time"); time != "" {
			if first, twice := days[time]; twice {
				return r.Refuse(x.Line(), "a second day %s, which line %d has the rates of: which are right can't be seen", lex.Shown(time), first).WithHint("%s", fetchAgain)
			}
			days[time] = x.Line()
			day, newest, seen = time, max(newest, time), map[string]bool{}
		}
		quote := lex.Attribute(cube.Attr, "currency")
		if quote == "" {
			continue
		}
		if day == "" || seen[quote] {
			return r.Refuse(x.Line(), "a rate of %s without a day, or the second of its day", lex.Shown(quote)).WithHint("fetch the file again")
		}
		seen[quote] = true
		if err := ecbRate(r, x.Line(), day, quote, lex.Attribute(cube.Attr, "rate")); err != nil {
			return err
		}
	}
}

// ecbRate makes a row of a currency's rate.
func ecbRate(r *published.Report, line int64, day, quote, rate string) error {
	if err := r.Out.Begin(line); err != nil {
		return err
	}
	r.Out.Set("rate_date", day)
	r.Out.Set("base", ecbBase)
	r.Out.Set("quote", quote)
	r.Out.Set("rate", rate)
	return r.Out.End()
}
