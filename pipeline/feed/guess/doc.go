// Package guess writes a first layout for a file that has somebody's own columns,
// from the file's beginning.
//
// It promises that nothing is taken for certain that the beginning can be read in two
// ways: what it can't know is left open in what it writes, so that carat.yaml isn't
// read until a person has answered.
//
// It imports the domain package, lex, published, packing, workbook and layout; no
// adapter, no configuration, no clock.
package guess
