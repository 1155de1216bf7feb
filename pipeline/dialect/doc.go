// Package dialect spells carat's models for another engine than the embedded
// one. Models call macros; DuckDB has macros of its own, and reads
// sql/dialect/duckdb.sql. Trino has none, so what sql/dialect/trino.sql says of
// each is put in place of the call, as text and with every argument in brackets.
// Types, a few signs and the few functions that the two engines answer otherwise
// are spelled by a table of tokens.
//
// It promises that a text which it can't spell for sure is refused by its file
// and line: a function, a type or a sign that isn't on its lists is no guess. It
// works on text alone: it imports no engine, no driver and no other package of
// carat.
package dialect
