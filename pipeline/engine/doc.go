// Package engine runs the SQL of sql/ over a snapshot of the lake: it reads
// models and their headers, orders them by what they read, builds them with two
// at work, refuses inexact columns, judges controls, and reads statements from
// result tables. Its folder duckdb holds the database in which all of this runs;
// this package says what is run there, and when.
//
// It promises that nothing outside the folders it is given is read or written,
// and that a query which fails leaves no result. It must not import another
// adapter, jobs or reports; business rules belong in sql/, not here.
package engine
