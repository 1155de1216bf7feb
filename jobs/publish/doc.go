// Package publish says what the history holds: which tables there are and what
// their columns mean, and a DuckDB file of views over them that any client opens
// without carat.
//
// It promises that what it lists is what a query finds, and that after an error
// nothing is left. It must not import ask, month or guard.
package publish
