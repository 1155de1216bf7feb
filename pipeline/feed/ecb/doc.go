// Package ecb reads the European Central Bank's euro reference rates, as CSV and as
// XML.
//
// It promises a row for each rate of a day, and none where a currency has none.
//
// It imports lex and published; no provider.
package ecb
