// Package chain is the one hash chain of a lake: what the snapshot of a batch, a
// compaction and a run says of itself, and how each link follows from the one
// before.
//
// It promises that a link, once written, is read and hashed the same way by every
// later carat. It reads no file: the snapshots are handed to it.
//
// It must not import another room of the lake.
package chain
