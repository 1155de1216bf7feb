// Package duckdb is the embedded DuckDB: it opens a database within bounds of
// memory, disk and folders, loads tables of Parquet by field id and small ones
// by row, tells what a query reads and whether it does more than read, hands out
// rows by column, and writes tables to Parquet and catalog files.
//
// It promises that nothing outside the folders it is given is read or written,
// and that numbers stay exact: a double is told, never rounded. It knows no
// model and no control: it must not import engine, another adapter, jobs or
// reports.
package duckdb
