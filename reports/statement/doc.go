// Package statement is a creator's statement of a month: what it says, in figures
// and words (words.go and the files named after it), and the files for programs,
// CSV and JSON. The packages html and pdf below it lay the words out.
//
// It promises that it computes no money: every amount that it prints is an amount
// of a row that it was given, so all renderings agree. (The sums that a printed
// table carries over a page's end are the one exception; a test holds them to the
// summary.) The same rows give the same bytes. Every sentence is said once, here,
// so page and paper use the same words. Viewers are never named. It must not import
// its renderings, jobs or the adapters under pipeline/.
package statement
