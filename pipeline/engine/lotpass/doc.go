// Package lotpass hands pipeline/lots the rows of the engine's tables, viewer
// by viewer, and takes what it gives back as tables: those that models of
// sql/ledger/lots would make, which stay the specification. It compares a
// sample of the viewers, or all, with what the SQL gives.
//
// It promises the tables of the models' text that it names, row for row, and
// memory for some viewers at a time. Business rules belong in sql/ and
// pipeline/lots, not here; it must not import jobs, reports or another adapter
// than the database.
package lotpass
