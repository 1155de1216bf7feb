package guess

import (
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/layout"
	"carat/pipeline/feed/published"
)

// wordCurrencies are codes of currencies that are words as well: in small letters, at the
// end of a name, they are no currency.
var wordCurrencies = []string{"all", "ang", "bam", "bob", "cop", "cup", "gel", "mad", "mop", "pen", "ron", "sos", "top", "try"}

// foreignWords are in the names of amounts and currencies that are not what was booked,
// but what it was made of: what a card paid abroad.
var foreignWords = []string{"original", "orig", "foreign", "ursprünglich", "ursprünglicher", "ursprüngliche", "fremdwährung", "originale", "oorspronkelijk", "oorspronkelijke"}

// otherWords are in the names of columns that are of the other party, not of the account.
var otherWords = []string{"partner", "counterparty", "other", "gegenkonto", "tegenrekening", "beneficiary", "begünstigter", "payee", "payer", "recipient", "sender", "empfänger", "zahlungsempfänger"}

// hasWord says whether one of the words is in a name.
func hasWord(name string, words []string) bool {
	return slices.ContainsFunc(strings.Fields(plainName(name)), func(w string) bool { return slices.Contains(words, w) })
}

// ending gives what stands at the end of a name, in its brackets if it has some, and what
// is before it: "created (UTC)" is "created" and "UTC".
func ending(name string) (before, end string, brackets bool) {
	name = strings.TrimSpace(name)
	for _, pair := range []string{"()", "[]"} {
		if open := strings.LastIndexByte(name, pair[0]); open > 0 && name[len(name)-1] == pair[1] {
			return strings.TrimSpace(name[:open]), strings.TrimSpace(name[open+1 : len(name)-1]), true
		}
	}
	if at := strings.LastIndexAny(name, " _-"); at > 0 {
		return name[:at], name[at+1:], false
	}
	return name, "", false
}

// currencySaid gives the currency that a name of amounts says, and the name without it:
// EUR of "Amount (EUR)", "amount_eur", "Betrag (€)" and "Débit euros"; "" of others.
func currencySaid(name string) (code, rest string) {
	before, end, brackets := ending(name)
	before = strings.TrimSuffix(before, " in")
	switch upper := strings.ToUpper(end); {
	case end == "":
	case pipeline.IsCurrency(upper) && (brackets || end == upper || !slices.Contains(wordCurrencies, end)):
		return upper, before
	case upper == "EURO" || upper == "EUROS":
		return "EUR", before
	case !pipeline.IsCurrency(upper) && oneCurrency(end) != "":
		return oneCurrency(end), before
	}
	return "", name
}

// zoneSaid gives the time zone that a name of times says, and the name without it: UTC of
// "created (UTC)" and "created_utc". known says that carat.yaml takes it as it is: CET is of
// winter alone.
func zoneSaid(name string) (zone string, known bool, rest string) {
	before, end, brackets := ending(name)
	upper := strings.ToUpper(end)
	if upper == "UTC" || upper == "GMT" {
		return "UTC", true, before
	}
	if !brackets {
		return "", false, name
	}
	if _, err := time.LoadLocation(end); err == nil && strings.Contains(end, "/") {
		return end, true, before
	}
	if _, ok := published.ZoneOffset(end); ok {
		return end, false, before
	}
	return "", false, name
}

// bareName is the name of a column without the unit, the currency or the zone that it says.
func bareName(name string) string {
	if code, rest := currencySaid(name); code != "" {
		name = rest
	}
	if zone, _, rest := zoneSaid(name); zone != "" {
		name = rest
	}
	plain, _ := unitName(name)
	return plain
}

// unitName gives a name as plainName does, without what says in which unit its numbers
// are, and by how many places that moves the point, as a layout's scale says it:
// amount_cents, price_minor, price_micros. 0: it says no unit.
func unitName(name string) (plain string, places int) {
	plain = plainName(name)
	for _, unit := range []string{" in minor units", " minor units", " minor unit", " minor", " in cents", " cents", " cent", " in pence", " pence", " centimes"} {
		if rest, found := strings.CutSuffix(plain, unit); found {
			return rest, layout.MinorUnits
		}
	}
	for _, unit := range []string{" in micros", " micros", " micro units", " micro"} {
		if rest, found := strings.CutSuffix(plain, unit); found {
			return rest, microPlaces
		}
	}
	return plain, 0
}

// microPlaces are those of a millionth.
const microPlaces = 6

// saidCurrencies takes the currency that the names of the amounts say, before a column
// that says another: of "Amount (EUR)" every row is in EUR.
func (g *draft) saidCurrencies(f pipeline.Feed, columns []guessed) {
	l := &g.Layout
	said := map[string][]string{} // by column of a currency: names of amounts
	codes := map[string][]string{}
	for _, column := range l.Mapped() {
		if kindOf(f.Name, column) != pipeline.ColumnNumber || !strings.HasSuffix(column, "amount") {
			continue
		}
		of := "currency"
		if own := strings.TrimSuffix(column, "amount") + "currency"; columnOf(f.Name, own).Kind == pipeline.ColumnCurrency {
			of = own
		}
		names := []string{l.Columns[column]}
		if pair, ok := l.Pairs[column]; ok {
			names = []string{pair.Credit, pair.Debit}
		}
		for _, name := range names {
			if code, _ := currencySaid(name); code != "" && columnOf(f.Name, of).Kind == pipeline.ColumnCurrency {
				said[of] = append(said[of], name)
				if !slices.Contains(codes[of], code) {
					codes[of] = append(codes[of], code)
				}
			}
		}
	}
	for of, all := range codes {
		if len(all) > 1 {
			delete(l.Columns, of)
			g.Doubts[of] = "the columns are in several, by their names: " + strings.Join(said[of], ", ")
			continue
		}
		i := slices.IndexFunc(columns, func(c guessed) bool { return c.name != "" && c.name == l.Columns[of] })
		if i >= 0 && len(columns[i].texts) > 0 && !slices.ContainsFunc(columns[i].texts, func(t string) bool { return !strings.EqualFold(t, all[0]) }) {
			continue // it says the same
		}
		delete(l.Columns, of)
		l.Constants[of] = all[0]
		g.Reasons[of] = "as " + said[of][0] + " says"
	}
}

// saidZone takes the zone that the names of the times say, where these have none of
// their own.
func (g *draft) saidZone() {
	l := &g.Layout
	zone, by, silent, several := "", "", "", false
	for _, column := range l.Mapped() {
		if kindOf(g.Feed, column) != pipeline.ColumnTime {
			continue
		}
		names := []string{l.Columns[column]}
		if joined, ok := l.Joined[column]; ok {
			names = joined
		}
		found := ""
		for _, name := range names {
			if said, known, _ := zoneSaid(name); said != "" {
				if found, by = said, name; !known {
					g.Doubts["time_zone"] = name + " says " + said + ": name the place, such as Europe/Berlin"
				}
			}
		}
		if found == "" {
			silent = names[0]
		}
		several = several || zone != "" && found != "" && zone != found
		if found != "" {
			zone = found
		}
	}
	own := len(l.TimeFormats) > 0 && !slices.ContainsFunc(l.TimeFormats, func(format string) bool {
		return !strings.HasSuffix(format, "Z") && !strings.HasPrefix(format, "epoch")
	})
	switch {
	case zone == "" || own || len(l.TimeFormats) == 0 && g.Doubts["time_format"] == "": // they say it themselves
		delete(g.Doubts, "time_zone")
	case g.Doubts["time_zone"] != "":
	case several:
		g.Doubts["time_zone"] = "the names of the columns say several"
	case silent != "":
		g.Doubts["time_zone"] = by + " says " + zone + ", " + silent + " says nothing, and one zone is for both"
	default:
		l.TimeZone = zone
		g.Reasons["time_zone"] = "as " + by + " says"
	}
}
