// Package published keeps what each run published: of each of its result tables the
// snapshot, the rows, the hash of numbers and the files, and the last batch that it read.
//
// It promises that a run's row is there exactly when its results are, as it is written in
// the transaction that commits them; so snapshots of result tables may expire.
//
// It may import chain. It must not read tables: it is rows of the catalog's database.
package published
