// Package live reads what recorders of live streams write: the messages of a
// stream, of which the gifts are counted, and price lists of gifts.
//
// It promises that a streak is counted once, by its final state, and that a
// recording made again gives the same ids.
//
// It imports the domain package, lex and published; no provider.
package live
