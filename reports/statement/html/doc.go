// Package html lays a statement out as one self-contained page: no script, no
// other file, nothing to load.
//
// It promises that every word on the page is one of the package statement's, and
// every number one of a row. It says nothing itself; a test looks for words here.
// It must not import the other renderings.
package html
