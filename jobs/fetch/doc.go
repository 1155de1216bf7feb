// Package fetch brings files into the inbox by themselves, from the sources of
// carat.yaml, before they are ingested.
//
// It promises that a file is in the inbox whole or not at all, that nothing is taken
// twice and nothing missed, that a source that fails holds up no other, and that what
// was taken, whence, when and how is recorded in the chain. It may import books and
// what is below, and no other job.
package fetch
