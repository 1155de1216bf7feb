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
}

// judgeSQL says what is wrong with SQL as the engine parses it, and with what it gives.
func (r *layoutReader) judgeSQL(at *yaml.Node) {
	problems, given := reshape.Judge(context.Background(), r.into.SQL, r.feed)
	for _, problem := range problems {
		r.problem(at, "%s sql: %s", r.what, problem)
	}
	if given != nil {
		r.checkRequired(at, given)
	}
}

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
	hint := map[bool]string{false: "map each under columns", true: "name each by `as` in the SQL"}[l.SQL != ""] + ", or give it under constants"
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
	for _, pair := range feed.LayoutsAlike(layouts) {
		y.problem(n, "feeds %s layout: %s and %s use the same columns of the file, so that nothing tells which is meant; say files under each", feedName, pair[0], pair[1])
	}
}
