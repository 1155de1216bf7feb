// Package feed turns one source file into typed, validated rows, streaming:
// CSV, NDJSON and Parquet with carat's own columns, and the adapters for the
// European Central Bank's rate files, gift price lists and recorded live gifts.
//
// It promises that every record of a file is either handed on as a row or
// reported as a reject (read = accepted + rejected), that no number passes
// through a float, that the outcome does not depend on the number of workers,
// and that memory does not grow with the file: at most Workers+2 blocks are
// held. (Two things grow, and are bounded by what they are: the open streaks of
// a live recording, and the explicit validity ranges of a reference feed.)
//
// A row that breaks a rule becomes a pipeline.Reject; a file that breaks one
// fails whole, with a pipeline.Error of KindBadInput. Nothing is committed here:
// rows go to a pipeline.Sink, and the caller decides.
//
// It imports the domain package and parsers of file formats; no other adapter,
// no SQL, no clock.
package feed
