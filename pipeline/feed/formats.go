package feed

import (
	"slices"

	"carat/pipeline"
)

// Formats gives the names of the formats that can be read, in the order of the
// documentation: carat's own first.
func Formats() []string {
	names := []string{formatCSV, formatNDJSON, formatParquet, formatXLSX, FormatLayout, formatECBHistory, formatECBDaily, formatGiftList, formatLive}
	for _, a := range adapters() {
		names = append(names, a.name)
	}
	return names
}

// FormatGives gives the feeds that a format can give: every feed for carat's
// own layouts; none if there is no such format.
func FormatGives(format string) []string {
	switch format {
	case formatCSV, formatNDJSON, formatParquet, formatXLSX, FormatLayout:
		return pipeline.FeedNames()
	case formatECBHistory, formatECBDaily:
		return []string{"fx_rates"}
	case formatGiftList:
		return []string{"gift_catalog"}
	case formatLive:
		return []string{"gift_events"}
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
