package books

import "carat/pipeline"

// TableRejects is the one raw table that is no feed.
const TableRejects = "rejects"

// IsRaw says whether a table holds what was ingested, and not results.
func IsRaw(table string) bool {
	_, feed := pipeline.FeedByName(table)
	return feed || table == TableRejects
}
