package guess

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"carat/pipeline/feed/layout"
	"carat/pipeline/spelling"
)

// YAML writes a guess as the part of carat.yaml that it is, with what it can't
// know as comments.
func (g draft) yaml(name string) string {
	var b strings.Builder
	l := &g.Layout
	say := func(format string, args ...any) { b.WriteString(spelling.OneLine(fmt.Sprintf(format, args...)) + "\n") }
	say("# A first layout for %s, guessed from its beginning. Look at every line, put it", name)
	say("# into carat.yaml, and try it: carat check; carat ingest --dry-run %s", quoted(name))
	say("feeds:")
	say("  %s:", g.Feed)
	say("    layout:")
	if l.Separator != 0 && l.Separator != ',' {
		say("      separator: %s", map[layout.Separator]string{';': `";"`, '|': `"|"`, '\t': "tab"}[l.Separator])
	}
	if l.Encoding != "" {
		say("      encoding: %s", l.Encoding)
	}
	if len(g.Sheets) > 1 {
		say("      sheet: \"*\" # each that has the columns: %s; name one to have it alone", strings.Join(g.Sheets, ", "))
	} else if l.Sheet != "" {
		say("      sheet: %s", quoted(l.Sheet))
	}
	if l.Rows != "" {
		say("      rows: %s # the array that has them", quoted(l.Rows))
	}
	g.spelling(say)
	if g.Doubts["time_format"] != "" { // `carat check` asks until somebody has looked
		say("      time_format: \"\" # ? %s", g.Doubts["time_format"])
	} else if len(l.TimeFormats) > 0 {
		say("      time_format: %s", listed(l.TimeFormats))
	}
	switch {
	case g.Doubts["time_zone"] != "":
		say("      time_zone: \"\" # ? %s", g.Doubts["time_zone"])
	case l.TimeZone != "":
		say("      time_zone: %s # %s", l.TimeZone, g.Reasons["time_zone"])
	default:
		say("      # time_zone: Europe/Berlin # of times without one, if it isn't that of carat.yaml")
	}
	say("      columns:")
	for _, column := range l.Mapped() {
		if pair, ok := l.Pairs[column]; ok {
			negative := ""
			if pair.DebitNegative {
				negative = ", debit_negative: true"
			}
			say("        %s: {credit: %s, debit: %s%s}", column, quoted(pair.Credit), quoted(pair.Debit), negative)
			continue
		}
		if names, ok := l.Joined[column]; ok {
			say("        %s: [%s]%s", column, each(names), g.example(column, g.Joins[column].example))
			continue
		}
		say("        %s: %s%s", column, quoted(l.Columns[column]), g.example(column, g.Examples[l.Columns[column]]))
	}
	for _, column := range slices.Sorted(maps.Keys(l.Signs)) {
		s := l.Signs[column]
		say("      %s_sign: {column: %s, negative: %s, positive: %s}", column, quoted(s.Column), listed(s.Negative), listed(s.Positive))
	}
	if l.ContentID {
		say("      id: content # nothing in the file looks like an id of its rows")
	}
	g.unknown(say)
	g.outcome(say)
	return b.String()
}

func (g draft) spelling(say func(string, ...any)) {
	s := g.Layout.Spelling
	if doubt := g.Doubts["decimal_comma"]; doubt != "" { // `carat check` asks until somebody has looked
		say("      decimal_comma: \"\" # ? %s", doubt)
	} else if s.DecimalComma {
		say("      decimal_comma: true")
	}
	if s.Thousands != "" && g.Doubts["decimal_comma"] == "" {
		say("      thousands: %s", quoted(s.Thousands))
	}
	if len(s.CurrencySign) > 0 {
		say("      currency_sign: %s", listed(s.CurrencySign))
	}
	if by := g.Layout.CurrencyBySign; len(by) > 0 {
		var pairs []string
		ask := ""
		for _, sign := range slices.Sorted(maps.Keys(by)) {
			code := by[sign]
			if code == "" {
				code, ask = `"?"`, " # ? which currency each is"
			}
			pairs = append(pairs, quoted(sign)+": "+code)
		}
		say("      currency_by_sign: {%s}%s", strings.Join(pairs, ", "), ask)
	}
	if s.BracketsNegative {
		say("      brackets_negative: true")
	}
	switch {
	case len(s.NegativeMarks) > 0 && len(s.PositiveMarks) > 0:
		say("      trailing_sign: {negative: %s, positive: %s}", listed(s.NegativeMarks), listed(s.PositiveMarks))
	case len(s.NegativeMarks) > 0:
		say("      trailing_sign: {negative: %s}", listed(s.NegativeMarks))
	case len(s.PositiveMarks) > 0:
		say("      trailing_sign: {positive: %s}", listed(s.PositiveMarks))
	case s.TrailingSign:
		say("      trailing_sign: true")
	}
}

// unknown writes what has to be said by somebody who knows.
func (g draft) unknown(say func(string, ...any)) {
	constants := g.Layout.Constants
	if len(g.Missing) > 0 {
		say("      constants: # nothing in the file looks like these, which every row needs: a value for all rows, or a column above")
	} else if len(constants) > 0 {
		say("      constants:")
	}
	for _, column := range slices.Sorted(maps.Keys(constants)) {
		say("        %s: %s # %s", column, quoted(constants[column]), g.Reasons[column])
	}
	if len(g.Missing) > 0 {
		for _, column := range g.Missing {
			switch code := oneCurrency(g.Shown); {
			case column == "currency" && code != "":
				say("        currency: %s # the sheet shows the amounts in it", code)
			case column == "currency" && g.Shown != "":
				say("        currency: \"\" # ? the sheet shows the amounts with %s", g.Shown)
			case g.Doubts[column] != "":
				say("        %s: \"\" # ? %s", column, g.Doubts[column])
			default:
				say("        %s: \"\" # ?", column)
			}
		}
	}
	if len(g.Words) > 0 {
		say("      values: # words that carat doesn't know")
		for _, column := range slices.Sorted(maps.Keys(g.Words)) {
			var pairs []string
			ask := ""
			for _, w := range g.Words[column] {
				if own := g.Meant[w]; own != "" {
					pairs = append(pairs, quoted(w)+": "+own)
					continue
				}
				pairs = append(pairs, quoted(w)+`: ""`)
				ask = " # ? one of " + strings.Join(wordsOf(g.Feed, column), ", ")
			}
			say("        %s: {%s}%s", column, strings.Join(pairs, ", "), ask)
		}
	}
	var units []string
	for _, column := range slices.Sorted(maps.Keys(g.Layout.Scale)) {
		text := "minor_units"
		if places := g.Layout.Scale[column]; places != layout.MinorUnits {
			text = fmt.Sprint(places)
		}
		units = append(units, column+": "+text)
	}
	if len(units) > 0 {
		say("      scale: {%s} # as its name says", strings.Join(units, ", "))
	}
	var cents []string
	for _, column := range g.Layout.Mapped() {
		if name := g.Layout.Columns[column]; strings.HasSuffix(column, "amount") && g.Layout.Scale[column] == 0 && g.Examples[name] != "" && !strings.ContainsAny(g.Examples[name], ".,") {
			cents = append(cents, column+": minor_units")
		}
	}
	if len(cents) > 0 {
		say("      # scale: {%s} # if these are in cents: the file has no decimals", strings.Join(cents, ", "))
	}
	g.leftOut(say)
	if len(g.Unused) > 0 {
		say("      # Columns of the file that are not used: %s", strings.Join(g.Unused, ", "))
	}
}

func wordsOf(feed, column string) []string {
	return columnOf(feed, column).Values
}

func (g draft) example(column, example string) string {
	text := ""
	if example != "" {
		text = "such as " + example
	}
	switch d := g.Doubts[column]; {
	case d != "" && text != "":
		return " # ? " + d + "; " + text
	case d != "":
		return " # ? " + d
	case text != "":
		return " # " + text
	}
	return ""
}

// quoted writes a text as a scalar of YAML, on one line.
func quoted(text string) string {
	if strings.ContainsFunc(text, spelling.Hidden) {
		var b strings.Builder
		for _, r := range text {
			switch {
			case r == '"' || r == '\\':
				b.WriteString(`\` + string(r))
			case r == '\n':
				b.WriteString(`\n`)
			case r == '\t':
				b.WriteString(`\t`)
			case spelling.Hidden(r):
				fmt.Fprintf(&b, `\U%08X`, r)
			default:
				b.WriteRune(r)
			}
		}
		return `"` + b.String() + `"`
	}
	plain := text != "" && strings.Trim(text, " ") == text && !strings.ContainsAny(text, `:#{}[],&*!|>'"%@\`+"`\n\t") && strings.Trim(text, "0123456789.-") != "" &&
		!strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "?") && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(text))
	if plain {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(text) + `"`
}

func listed(texts []string) string {
	if len(texts) == 1 {
		return quoted(texts[0])
	}
	return "[" + each(texts) + "]"
}

// each writes texts as the elements of a list.
func each(texts []string) string {
	var all []string
	for _, t := range texts {
		all = append(all, quoted(t))
	}
	return strings.Join(all, ", ")
}
