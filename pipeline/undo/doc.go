// Package undo tells what batches that take others out leave to do: which files are to be
// read again, and which batches were read from one file.
//
// It promises that its answers follow from the batches alone, in the order in which they came.
package undo
