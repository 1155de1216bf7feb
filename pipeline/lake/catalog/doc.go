// Package catalog is the Iceberg tables of a lake: as they were last seen, and
// how they change. One transaction of the catalog's database (SQLite in the
// lake's folder, or PostgreSQL) moves several tables at once, or none.
//
//	catalog.go        open and claim; tables as last seen
//	apply.go          commit changes of several tables
//	append.go         a change that adds files; shape.go: that makes or widens a table
//	clock.go          the dates of snapshots, whose order no clock disturbs
//	ledger.go         what carat itself committed last to each table
//	move.go           staged files into place before a commit, and out again
//	heads.go          the batches and compactions that the snapshots tell of
//	inventory.go      the list of all files of the history with their hashes
//	manifests.go      the files of a snapshot
//	metadatafiles.go  which metadata files are in use; the sweep of the others
//	lock.go           the writer's lock in PostgreSQL
//	tablefiles.go     the file system that Iceberg reads and writes with
//
// It promises that after a crash at any instant a commit is there whole or not at
// all, and that what it left is removed by whoever locks the lake next.
//
// It may import chain, pages and store, and no other room of the lake. It knows
// neither feeds' files nor people.
package catalog
