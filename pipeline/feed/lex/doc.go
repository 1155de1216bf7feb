// Package lex reads what texts are made of: blocks of whole lines or records,
// JSON and XML without building them, characters of other encodings, times and
// decimals. It also says how a file's errors name their place.
//
// It promises that no number passes through a float, that memory is bounded by
// the limits that stand in it, and that an error of a file is a pipeline.Error of
// KindBadInput with the file's name and, where there is one, the line.
//
// It imports the domain package only; it knows no feed and no format.
package lex
