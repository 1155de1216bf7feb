// Package escape makes a text that comes from a row fit to stand in a format:
// CSV, JSON, HTML, a terminal.
//
// It promises that what it gives is never a formula, markup, a terminal command
// or a character that turns round the text beside it, and that the text can
// still be read. It imports no other package of carat.
package escape
