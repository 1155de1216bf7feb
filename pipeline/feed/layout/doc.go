// Package layout reads files that have somebody's own columns, as carat.yaml
// describes them: delimited text, JSON by the line, and sheets of workbooks.
//
// It promises that a file is read by what its layout says and by nothing else: a
// number, a time or a word that isn't written so is rejected, never guessed; a row
// is left out only by a condition that is counted; and an id that is made of
// content depends on carat's names of the columns and on what their values mean,
// not on how a file calls, orders or spells them. A layout has one text, which is
// kept with what was read by it, so that it can be read again in the same way.
//
// It imports the domain package, lex, published and workbook; no adapter, no
// configuration, no clock.
package layout
