// Package pdf lays a statement out on paper: A4, or US Letter where the creator's
// country prints on it.
//
// It promises that every word on the paper is one of the package statement's, and
// every number one of a row, but for the sums that a table carries over a page's
// end. It says nothing itself; a test looks for words here. It must not import the
// other renderings.
package pdf
