// Package written keeps by hash what carat writes into a month's folder for people to
// file, import and sign: the close package, the journal, the files of its taxes.
//
// It promises that each writing is a row of the chained state, the newest of a month in
// force, so that a file which anything else changed is told from one that carat wrote
// anew. Final statements aren't of it: their certificate lists them. It may import books
// and what is below.
package written
