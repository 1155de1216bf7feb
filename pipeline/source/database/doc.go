// Package database takes the rows of a query over a database, PostgreSQL, MySQL,
// MariaDB or Trino, window by window of time, as Parquet with its query beside it.
//
// It promises that the query is one statement in a transaction that can only read,
// that what it asks for is bound and not pasted, and that values keep their last
// digit: decimals and what has no exact type of its own are text, whole numbers are
// INT64, instants are microseconds in UTC. It imports the domain of sources alone.
package database
