package feed

import (
	"slices"

	"carat/pipeline"
)

// own are the formats of carat's own layouts, in the order of the
// documentation.
func own() []string {
	return []string{formatCSV, formatNDJSON, formatParquet, formatXLSX, FormatLayout}
}

// Formats gives the names of the formats that can be read, in the order of the
// documentation: carat's own first.
func Formats() []string {
	names := own()
	for _, byLines := range []bool{true, false} {
		for _, a := range adapters() {
			if a.lines == byLines {
				names = append(names, a.name)
			}
		}
	}
	return names
}

// FormatGives gives the feeds that a format can give: every feed for carat's
// own layouts; none if there is no such format.
func FormatGives(format string) []string {
	if slices.Contains(own(), format) {
		return pipeline.FeedNames()
	}
	a, _ := adapterOf(format)
	return slices.Clone(a.feeds)
}

// ColumnsOf gives the columns of a feed, in the order of the guide; none if
// there is no such feed.
func ColumnsOf(feed string) []string {
	f, _ := pipeline.FeedByName(feed)
	return f.ColumnNames()
}

// requiredColumns are those that a file of the feed's own layout can't lack.
func requiredColumns(feed string) []string {
	f, _ := pipeline.FeedByName(feed)
	return f.Required()
}
