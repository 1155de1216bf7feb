// Package sqltext reads and writes the text of carat's own SQL: which tables a query
// names (Tables), what a model that is said once for every feed says of each
// (ForEachFeed), and what makes a small table (Table). It runs nothing and knows no engine; how the text has to be
// written stands with each function. It imports pipeline alone, for the list of
// feeds.
package sqltext
