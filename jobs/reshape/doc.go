// Package reshape runs the SQL of a layout over the rows of one file, in a process of its
// own.
//
// It promises that such SQL sees that file and nothing else: no other table, no clock, no
// chance, no network; that it has bounds on time, memory and answer; and that every value
// is text. It may import sandbox, and of the pipeline the engine's names and the feed's.
package reshape
