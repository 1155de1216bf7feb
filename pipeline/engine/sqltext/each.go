package sqltext

import (
	"fmt"
	"strconv"
	"strings"

	"carat/pipeline"
)

// RawPrefix begins the name of a feed's raw table in SQL.
const RawPrefix = "raw_"

// The kinds of feeds for which a model can be said once: `each:` of its header.
const (
	eachFeed          = "feed"
	eachReferenceFeed = "reference feed"
)

// ForEachFeed gives the SQL of a model whose header says `each: feed` or
// `each: reference feed`: the query once for every such feed, with `union all`
// between them, so that no list of feeds stands in SQL. What differs is written
// in braces; a word in braces that isn't known here is refused, as is another
// `each:`.
//
//	{feed}       the feed's name, as text
//	{table}      its raw table
//	{key}        what its row is about: its key without the time, parted by "/"
//	{row_key}    its whole key as a rejected row spells it: parted by pipeline.KeySeparator, times in microseconds, days in days
//	{owner}      who it is about, as the feed says; null where it is nobody
//	{currency}   its currency; null where it has none
//	{since}      the instant from which a reference row counts
//	{of_one_day} whether it counts on that day alone
//
// The instant of a feed of days is that of run.time_zone: such a query reads run.
func ForEachFeed(text string) (string, error) {
	comments, query := cutHeader(text)
	var kept []string
	each := ""
	for _, line := range comments {
		if value, ok := strings.CutPrefix(line, "-- each:"); ok && each == "" {
			each = strings.TrimSpace(value)
			continue
		}
		kept = append(kept, line)
	}
	if each == "" {
		return text, nil
	}
	if each != eachFeed && each != eachReferenceFeed {
		return "", fmt.Errorf("`each: %s` is neither %s nor %s", each, eachFeed, eachReferenceFeed)
	}
	var arms []string
	for _, f := range pipeline.Feeds() {
		if each == eachReferenceFeed && !f.Reference {
			continue
		}
		arm, err := armOf(f, query)
		if err != nil {
			return "", err
		}
		arms = append(arms, arm)
	}
	return strings.Join(kept, "\n") + "\n" + strings.Join(arms, "\nunion all\n") + "\n", nil
}

// HeaderLines gives a model's leading comment lines, without their dashes. A line that is set in
// by four goes on with the one before, where that begins with a key of goesOn.
func HeaderLines(text string, goesOn map[string]bool) (lines []string) {
	open := false
	comments, _ := cutHeader(text)
	for _, line := range comments {
		comment := strings.TrimSpace(strings.TrimPrefix(line, "--"))
		if open && strings.HasPrefix(line, "--    ") {
			lines[len(lines)-1] += " " + comment
			continue
		}
		key, _, keyed := strings.Cut(comment, ":")
		open = keyed && goesOn[key]
		lines = append(lines, comment)
	}
	return lines
}

// cutHeader parts a model's leading comment lines from its query.
func cutHeader(text string) (comments []string, query string) {
	for {
		line, rest, more := strings.Cut(text, "\n")
		if !strings.HasPrefix(line, "--") || !more {
			return comments, strings.TrimSpace(text)
		}
		comments, text = append(comments, line), rest
	}
}

// armOf spells a query for one feed.
func armOf(f pipeline.Feed, query string) (string, error) {
	var key, rowKey []string
	since, oneDay := "cast(null as timestamptz)", "false"
	owner, currency := "cast(null as varchar)", "cast(null as varchar)"
	for _, name := range f.Key {
		column, ok := f.Column(name)
		rowKey = append(rowKey, rowKeyPart(name, column, ok))
		switch {
		case ok && column.Kind == pipeline.ColumnTime:
			since = name
		case ok && column.Kind == pipeline.ColumnDate:
			since, oneDay = "day_start("+name+", run.time_zone)", "true"
		case ok && column.Optional:
			key = append(key, "coalesce("+name+", '')")
		default:
			key = append(key, name)
		}
	}
	for _, column := range f.Columns {
		if column.Kind == pipeline.ColumnCurrency {
			currency = column.Name // of a pair the last: what a rate is told in
		}
	}
	if f.Owner != "" {
		owner = f.Owner
	}
	words := []string{"{feed}", "'" + f.Name + "'", "{table}", RawPrefix + f.Name, "{key}", strings.Join(key, " || '/' || "),
		"{row_key}", strings.Join(rowKey, " || chr("+strconv.Itoa(pipeline.KeySeparator)+") || "),
		"{owner}", owner, "{currency}", currency, "{since}", since, "{of_one_day}", oneDay}
	arm := strings.NewReplacer(words...).Replace(query)
	if _, rest, unknown := strings.Cut(arm, "{"); unknown {
		word, _, _ := strings.Cut(rest, "}")
		return "", fmt.Errorf("nothing is known of {%s}, which is to differ by feed", word)
	}
	return arm, nil
}

// rowKeyPart spells one column of a row's key as pipeline.Row.AppendKey does. A
// column that the feed doesn't list is one that ingest adds: the entity.
func rowKeyPart(name string, column pipeline.FeedColumn, listed bool) string {
	switch {
	case listed && column.Kind == pipeline.ColumnTime:
		name = "instant_number(" + name + ")"
	case listed && column.Kind == pipeline.ColumnDate:
		name = "days_between(date '1970-01-01', " + name + ")"
	}
	return "coalesce(cast(" + name + " as varchar), '')"
}
