// Package uploads keeps files that people bring by a page until they are taken in, or
// are not: one folder of its own for each, outside the lake and the inbox.
//
// It promises that a file lies under the name that it was given, where that can be the
// name of a feed's file, and nowhere else; that only whoever brought a file is given it
// again; that how many are kept, and how large, is bounded; and that none outlives the
// server. It imports the standard library and pipeline alone.
package uploads
