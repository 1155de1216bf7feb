// Package sqltext reads the text of carat's own SQL: which tables a query names
// (Tables), and what a model that is said once for every feed says of each
// (ForEachFeed). It runs nothing and knows no engine; how the text has to be
// written stands with each function. It imports pipeline alone, for the list of
// feeds.
package sqltext
