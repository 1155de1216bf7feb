// Package raw keeps the source files of a lake as they came: compressed in frames
// that can be entered anywhere, named by the SHA-256 of the original bytes.
//
// It promises that the original bytes come back whole, by any zstd decoder too,
// and that a line is read without unpacking those before it.
//
// It must import no room of the lake but store.
package raw
