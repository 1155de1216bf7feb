// Package lake keeps carat's history: Apache Iceberg tables of Parquet files,
// the raw source bytes beside them, and one hash chain over every batch.
//
// A lake folder holds
//
//	lake.json            the lake's id and the root that its Iceberg paths are recorded with
//	lock                 held by the one writer (Lock)
//	catalog.sqlite       the Iceberg catalog, unless it is in PostgreSQL
//	catalog.sqlite-seal  how the files that change in place were left (see seal)
//	carat.db/batches/    the links of the chain, for any reader (see docs/lake.md)
//	carat.db/<table>/    an Iceberg table: metadata/ and data/, in Hive-style folders
//	raw/<aa>/<sha256>.*  the source files as they came, compressed
//	people/              what can be erased: names, addresses, the raw files of creators
//	staging/             what is being written; swept when the lock is taken
//
// Its rooms, each of which a Lake puts together:
//
//	store    where bytes lie
//	identity which lake it is, and where its catalog is
//	catalog  the Iceberg tables: as last seen, commits, the list of files
//	chain    what links and snapshots say of batches, compactions and runs
//	links    where the hash chain lies: the table of links and its mirror
//	published  what each run published
//	fence    one writer: the lock in the catalog's database, and its epoch
//	inventory  the list of all files, with their hashes
//	shape    what an Iceberg table of some columns looks like
//	pages    rows <-> Parquet; rows-sha256
//	keys     repeated keys of a batch
//	raw      kept source files
//	people   what can be erased
//	seal     files that change in place
//	sweep    what crashes left
//	compact  few files instead of many
//	upgrade  the form of today for a lake of before
//	certificates  what locks a month
//	verify   whether all is as the history says
//
// Here are the verbs: stage, drop, commit and publish; a state as of a batch or a
// time; lock, sweep, tag, certificates and upgrade.
//
// It promises that a batch or a run is there whole or not at all after a crash
// at any instant, that raw tables only ever grow, that the bytes written for
// the same rows are the same on any machine, and that a copied or moved lake
// works as it is. Verify shows whether anything was changed behind its back.
//
// It must not import the other adapters below pipeline/ (feed, engine, state),
// jobs or reports, and it computes no money.
package lake
