package pipeline

import (
	"maps"
	"slices"
	"strings"
)

// feedBalances is the feed whose rows are balances, and no events of a month.
const feedBalances = "balances"

// monthFolder begins the Hive-style folder of an accounting month.
const monthFolder = "accounting_month="

// MonthsWithRows gives the accounting months in which events lie, in order.
func MonthsWithRows(tables []TableFiles) []Period {
	months := map[Period]bool{}
	for _, t := range tables {
		if f, ok := FeedByName(t.Name); !ok || f.Reference || t.Name == feedBalances {
			continue
		}
		for _, file := range t.Files {
			if _, rest, ok := strings.Cut(file, monthFolder); ok && len(rest) >= len("2026-10") {
				months[Period(rest[:len("2026-10")])] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(months))
}
