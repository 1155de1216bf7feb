// Package workbook reads a sheet of an Excel workbook whose first row has the
// columns of a feed.
//
// It promises that what a spreadsheet makes of a number is undone or refused: an
// amount is rounded to the digits that a sheet keeps, an id that may have lost one
// is rejected. Memory is bounded, whatever the parts declare.
//
// It imports the domain package, lex and typed.
package workbook
