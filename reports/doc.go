// Package reports turns result rows into what people read: statements in PDF,
// HTML, CSV and JSON, and the tables of the command line.
//
// It promises that it computes no money: every amount it prints is an amount
// of a row that it was given, so all renderings of one statement agree. (The
// sums that a printed table carries over a page's end are the one exception; a
// test holds them to the summary.) The
// same rows give the same bytes. Every text of a row is taken as hostile: it
// is escaped, isolated and neutralised for the format it goes into, and never
// becomes markup, a formula, a terminal command or a path.
//
// It must not import jobs or the adapters under pipeline/; it reads no flags,
// environment, clock or network, and writes only to the io.Writer it is given.
package reports
