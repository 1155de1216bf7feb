package books

import (
	"maps"
	"slices"
	"strings"

	"carat/pipeline"
)

// TableRejects is the one raw table that is no feed.
const TableRejects = "rejects"

// IsRaw says whether a table holds what was ingested, and not results.
func IsRaw(table string) bool {
	_, feed := pipeline.FeedByName(table)
	return feed || table == TableRejects
}

// monthFolder begins the Hive-style folder of an accounting month.
const monthFolder = "accounting_month="

// MonthsWithRows gives the accounting months in which events lie, in order.
func MonthsWithRows(tables []pipeline.TableFiles) []pipeline.Period {
	months := map[pipeline.Period]bool{}
	for _, t := range tables {
		if f, ok := pipeline.FeedByName(t.Name); !ok || f.Reference || t.Name == FeedBalances {
			continue
		}
		for _, file := range t.Files {
			if _, rest, ok := strings.Cut(file, monthFolder); ok && len(rest) >= len("2026-10") {
				months[pipeline.Period(rest[:len("2026-10")])] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(months))
}
