// Package pages is the frame of every HTML page that carat writes: what is text
// and what is markup, and the measures of pictures.
//
// It promises that a row's text can't be passed where markup is expected, and
// that a picture's geometry is in whole numbers, the same on every machine. It
// knows no page: those lie where their subject does. It may import escape and
// locale.
package pages
