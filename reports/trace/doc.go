// Package trace writes what leads from one row to others: a tree of records down
// to the lines of source files, and the evidence of an exception.
//
// It promises that what stands on a terminal stands in the JSON too, and that a
// row's text is never a terminal command. It may import table and escape of the
// rooms of reports; what belongs to a row is for jobs to find.
package trace
