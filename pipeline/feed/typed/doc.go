// Package typed turns the texts of a feed's columns into typed, validated rows:
// each value by its column's kind, then the rules among columns, then the month
// in which the row is booked.
//
// It promises that every record is either handed on as a row or reported as a
// reject, that the lowest column that is wrong is the one named, that sums count
// every value that is a number, and that neither the order of the rejects nor the
// error depends on the number of workers.
//
// It imports the domain package and lex; it knows no format, so that each gives the
// same rows for the same texts.
package typed
