// Package table writes rows: as a table for a terminal, CSV, JSON, a workbook,
// Arrow and Parquet; a whole Table, or row by row where memory must not grow.
//
// It promises that no digit of a number is lost, whatever the format, that an
// absent value stays one, and that a row's text is never a formula or a terminal
// command. It may import escape alone of the rooms of reports.
package table
