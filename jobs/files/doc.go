// Package files says what came in: the batches, how much of each was taken, and the
// rows that were not, with the text that was wrong.
//
// It promises to change nothing but the record of accesses, and to read as many rows as
// are shown. It must not import ask, month or guard.
package files
