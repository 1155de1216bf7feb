// Package statement is a creator's statement of a month: what it says, in figures
// and words (words.go and the files named after it). The packages html and pdf below
// it lay the words out; data is its files for programs.
//
// It promises that it computes no money: every amount that it prints is an amount
// of a row that it was given, so all renderings agree. Two exceptions, each with its
// test: the sums that a printed table carries over a page's end, and the rounding of
// the steps from opening to closing to whole minor units, beside which the exact
// amount always stands. The same rows give the same bytes. Every sentence is said
// once, here, so page and paper use the same words. Viewers are never named. It must
// not import its renderings, jobs or the adapters under pipeline/.
package statement
