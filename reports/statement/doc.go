// Package statement makes a creator's statement of a month: a page, a PDF, CSV
// and JSON, and the names of its files.
//
// It promises that it computes no money: every amount that it prints is an amount
// of a row that it was given, so all renderings agree. (The sums that a printed
// table carries over a page's end are the one exception; a test holds them to the
// summary.) The same rows give the same bytes. Viewers are never named. It must
// not import jobs or the adapters under pipeline/.
package statement
