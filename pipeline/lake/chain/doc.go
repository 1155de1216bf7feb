// Package chain is the one hash chain of a lake: what a link says of a batch, a
// compaction or an upgrade, to the byte that is hashed, what a snapshot says of
// itself, and how each link follows from the one before.
//
// It promises that a link, once written, is read and hashed the same way by every
// later carat. It reads no file: links and snapshots are handed to it.
//
// It must not import another room of the lake.
package chain
