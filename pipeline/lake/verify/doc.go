// Package verify shows whether anything in a lake was changed behind carat's back:
// the chain, the files and their hashes, the rows, the kept sources, the runs.
//
// It promises to name everything that differs, and writes nothing.
//
// It may import every room of the lake but keys, people and compact.
package verify
