// Package statements writes the statements of a run below out/PERIOD/statements,
// with an index of all files and their hashes, and sees to the final ones of a
// closed month.
//
// It promises that a file whose rows didn't change is left alone, that a run that
// was broken off is gone on with, and that final statements come out as their
// certificate lists them. It must not import month, which makes them final, nor
// reconcile: a statement says what was published.
package statements
