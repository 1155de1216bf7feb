// Package feed turns one source file into typed, validated rows, streaming:
// CSV, NDJSON and Parquet with carat's own columns, and the adapters for what
// stores, providers, banks and live recorders publish (see Formats). Which
// format a file has, its content decides; docs/formats.md says what is read.
//
// It promises that every record of a file is either handed on as a row or
// reported as a reject (read = accepted + rejected), that no number passes
// through a float, that the outcome does not depend on the number of workers,
// and that memory does not grow with the file: at most Workers+2 blocks are
// held. (What grows is bounded by what it is: the open streaks of a live
// recording, the explicit validity ranges of a reference feed, and a hash for
// each line of a report whose lines have no ids of their own.)
//
// A row that breaks a rule becomes a pipeline.Reject; a file that breaks one
// fails whole, with a pipeline.Error of KindBadInput. Nothing is committed here:
// rows go to a pipeline.Sink, and the caller decides.
//
// Here a file is recognised and unpacked, and carat's own layouts are read. What
// the texts become is package typed's; the formats of each provider have a package
// of their own, in the frame of package published, and know neither each other nor
// this one: formats.go lists them.
//
// It imports the domain package, the packages below it and parsers of file
// formats; no other adapter, no SQL, no clock.
package feed
