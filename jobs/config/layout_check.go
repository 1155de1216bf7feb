package config

import (
	"context"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"carat/jobs/reshape"
	"carat/pipeline/feed"
)

// check says what is wrong with a layout as a whole.
func (r *layoutReader) check(n *yaml.Node) {
	l := r.into
	mapped := l.Mapped()
	if l.SQL != "" {
		r.checkSQL(n, mapped)
		return
	}
	if len(mapped) == 0 {
		r.problem(n, "%s needs columns: {%s: its name in the file, …}", r.what, r.known[0])
		return
	}
	if mark := map[bool]string{true: ",", false: "."}[l.DecimalComma]; l.Thousands == mark {
		r.problem(n, "%s: %q can't both group digits and begin the decimals", r.what, mark)
	}
	r.checkRequired(n, mapped)
	r.checkMapped(n, "values", maps.Keys(l.Values), mapped)
	r.checkMapped(n, "scale", maps.Keys(l.Scale), mapped)
	r.checkMapped(n, "negated", slices.Values(l.Negated), mapped)
	r.checkMapped(n, "absolute", slices.Values(l.Absolute), mapped)
	for column := range l.Signs {
		if !slices.Contains(mapped, column) {
			r.problem(n, "%s %s_sign: no column of the file is mapped to %s", r.what, column, column)
		}
		if _, pair := l.Pairs[column]; pair {
			r.problem(n, "%s %s_sign: %s has a column for each direction already", r.what, column, column)
		}
	}
	for column := range l.Pairs {
		if !slices.Contains(r.numbers(), column) {
			r.problem(n, "%s columns %s: credit and debit are for numbers; two columns that belong together are a list, [Date, Time]", r.what, column)
		}
	}
	if by := l.KindBySign; by != nil {
		if !slices.Contains(mapped, by.Of) {
			r.problem(n, "%s kind_by_sign: no column of the file is mapped to %s", r.what, by.Of)
		}
		if slices.Contains(mapped, "kind") || l.Constants["kind"] != "" {
			r.problem(n, "%s kind_by_sign: kind has a column or a constant already", r.what)
		}
	}
	if l.ContentID && slices.Contains(mapped, r.feed.Key[0]) {
		r.problem(n, "%s id: %s is mapped to a column already", r.what, r.feed.Key[0])
	}
}

// checkSQL says what a layout can't say besides its SQL.
func (r *layoutReader) checkSQL(n *yaml.Node, mapped []string) {
	l := r.into
	if len(l.Files) == 0 {
		r.problem(n, "%s sql: say which files it is for, files: [\"wallet-*.csv\"]: no header tells", r.what)
	}
	if len(mapped)+len(l.Values)+len(l.Scale)+len(l.Negated)+len(l.Absolute)+len(l.LeaveOut)+len(l.TimeFormats)+len(l.Signs) > 0 || l.KindBySign != nil {
		r.problem(n, "%s sql: the SQL alone says what the columns are; beside it stand name, files, time_zone, separator, encoding, skip_lines, no_header, constants and id", r.what)
	}
	if reshape.Check(l.SQL) == nil { // else it is told already
		r.later = append(r.later, func() { r.judgeSQL(n) })
	}
}

// judgeSQL says what is wrong with SQL as the engine parses it, and with what it gives.
func (r *layoutReader) judgeSQL(n *yaml.Node) {
	at := n
	if i := slices.IndexFunc(n.Content, func(key *yaml.Node) bool { return key.Value == "sql" }); i >= 0 && i+1 < len(n.Content) {
		at = n.Content[i+1]
	}
	names, all, err := reshape.Gives(context.Background(), r.into.SQL)
	if err != nil {
		r.problem(at, "%s sql: %v", r.what, err)
		return
	}
	given := []string{lineColumn}
	for _, name := range names {
		switch {
		case name == lineColumn:
			given[0] = ""
		case slices.Contains(given, name):
			r.problem(at, "%s sql: it gives %s twice", r.what, name)
		case !slices.Contains(r.known, name):
			r.problem(at, "%s sql: it gives a column %q, which %s doesn't have%s", r.what, name, r.feed.Name, meantBy(name, r.known))
		}
		given = append(given, name)
	}
	if !all {
		return
	}
	if given[0] != "" {
		r.problem(at, "%s sql: it gives no line, by which each row is found again in its file: select line of file as it is", r.what)
	}
	r.checkRequired(at, given[1:])
}

// lineColumn is the column of a row's line in a layout's SQL.
const lineColumn = "line"

// checkRequired says which columns nothing fills.
func (r *layoutReader) checkRequired(n *yaml.Node, mapped []string) {
	l := r.into
	var missing []string
	for _, column := range r.feed.Required() {
		switch {
		case slices.Contains(mapped, column), l.Constants[column] != "":
		case column == "kind" && l.KindBySign != nil, column == "currency" && len(l.CurrencyBySign) > 0:
		case l.ContentID && column == r.feed.Key[0]:
		default:
			missing = append(missing, column)
		}
	}
	if len(missing) == 0 {
		return
	}
	hint := "map each under columns, or give it under constants"
	if l.SQL != "" {
		hint = "name each by `as` in the SQL, or give it under constants"
	}
	if slices.Contains(missing, r.feed.Key[0]) && len(r.feed.Key) == 1 && r.keyIsID() {
		hint += "; where the file has no id, say id: content"
	}
	r.problem(n, "%s: nothing gives %s, which every row of %s needs: %s", r.what, strings.Join(missing, ", "), r.feed.Name, hint)
}

func (r *layoutReader) checkMapped(n *yaml.Node, key string, columns func(func(string) bool), mapped []string) {
	for _, column := range slices.Sorted(columns) {
		if slices.Contains(r.known, column) && !slices.Contains(mapped, column) {
			r.problem(n, "%s %s: no column of the file is mapped to %s", r.what, key, column)
		}
	}
}

// checkLayouts says which layouts of a feed no file can tell apart.
func (y *yamlFile) checkLayouts(n *yaml.Node, feedName string, layouts []feed.Layout) {
	for i := range layouts {
		for j := range layouts[:i] {
			a, b := &layouts[j], &layouts[i]
			if len(a.Files)+len(b.Files) > 0 || a.NoHeader != b.NoHeader || a.Separator != b.Separator {
				continue
			}
			first, second := slices.Sorted(slices.Values(a.Uses())), slices.Sorted(slices.Values(b.Uses()))
			if slices.Equal(first, second) {
				y.problem(n, "feeds %s layout: %s and %s use the same columns of the file, so that nothing tells which is meant; say files under each", feedName, a.Called(), b.Called())
			}
		}
	}
}
